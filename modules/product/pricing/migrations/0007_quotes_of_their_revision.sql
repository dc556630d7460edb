-- A quote binds: it is stored only if the prices and taxes it was made of are still those of the database, whichever replica changed them.
-- As quote_store_batch of 0004, which the build before calls, with the revision that each quote was made of (null: whatever it is). What was made of an older
-- one is not stored and answers a null `is_same`. One row per command, in order.
CREATE FUNCTION quote_store_batch(p_ids uuid[], p_callers text[], p_keys text[], p_hashes uuid[], p_bodies text[], p_pins text[], p_expires timestamptz[],
                                  p_revisions bigint[])
RETURNS TABLE (is_same boolean, body text) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO quote AS q (id, caller, key, request_hash, body, tax_pins, expires_at)
  SELECT u.id, u.caller, u.key, u.hash, u.body, u.pins, u.expires
    FROM tables_revision t, unnest(p_ids, p_callers, p_keys, p_hashes, p_bodies, p_pins, p_expires, p_revisions)
                              AS u(id, caller, key, hash, body, pins, expires, revision)
   WHERE u.revision IS NULL OR u.revision >= t.revision
   ORDER BY 2, 3
  ON CONFLICT (caller, key) DO NOTHING;
  RETURN QUERY SELECT q.request_hash = u.hash, CASE WHEN q.id = u.id THEN NULL ELSE q.body END
    FROM unnest(p_ids, p_callers, p_keys, p_hashes) WITH ORDINALITY AS u(id, caller, key, hash, place)
    LEFT JOIN quote q ON q.caller = u.caller AND q.key = u.key ORDER BY u.place;
END $$;
SELECT plan_functions(ARRAY['quote_store_batch'], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off');
