-- Quotes: immutable answers, kept as they were given, with the tax rates that were in force.
CREATE TABLE quote (
  id             uuid PRIMARY KEY,
  caller         text NOT NULL,
  key            text NOT NULL,
  request_hash   uuid NOT NULL,
  body           text NOT NULL,
  tax_pins       text NOT NULL,
  expires_at     timestamptz NOT NULL,
  UNIQUE (caller, key)
);
CREATE INDEX quote_age ON quote (expires_at);

-- Stores quotes, each once per caller and key. One row per command in order: the body that stands, and whether it answers the same request.
CREATE FUNCTION quote_store_batch(p_ids uuid[], p_callers text[], p_keys text[], p_hashes uuid[], p_bodies text[], p_pins text[], p_expires timestamptz[])
RETURNS TABLE (is_same boolean, is_new boolean, body text) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO quote AS q (id, caller, key, request_hash, body, tax_pins, expires_at)
  SELECT u.* FROM unnest(p_ids, p_callers, p_keys, p_hashes, p_bodies, p_pins, p_expires) AS u ORDER BY 2, 3
  ON CONFLICT (caller, key) DO NOTHING;
  RETURN QUERY SELECT q.request_hash = u.hash, q.id = u.id, CASE WHEN q.id = u.id THEN NULL ELSE q.body END
    FROM unnest(p_ids, p_callers, p_keys, p_hashes) WITH ORDINALITY AS u(id, caller, key, hash, place)
    JOIN quote q ON q.caller = u.caller AND q.key = u.key ORDER BY u.place;
END $$;
