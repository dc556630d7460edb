-- Signing keys: pending -> active -> retiring -> retired; any -> revoked (identity.md §1 algorithm 2). The two unique indexes decide every race.

-- A key for the place that is free: active when nothing signs yet, else the spare. False when another replica was first.
CREATE FUNCTION key_add(p_kid text, p_sealed bytea, p_jwk text, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  is_first boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('signing_key', 0));
  is_first := NOT EXISTS (SELECT FROM signing_key WHERE state = 'active');
  INSERT INTO signing_key (kid, state, private_sealed, public_jwk, created_at, activated_at)
  VALUES (p_kid, CASE WHEN is_first THEN 'active' ELSE 'pending' END, p_sealed, p_jwk, p_now, CASE WHEN is_first THEN p_now END) ON CONFLICT DO NOTHING;
  IF FOUND AND is_first THEN
    PERFORM outbox_append('auth.key.rotated', p_kid, 1, json_build_object('kid', p_kid)::text, p_trace);
    RETURN true;
  END IF;
  RETURN FOUND;
END $$;

-- Lets the spare sign if it has been published for an hour (AUT-8) and, unless `p_at_once`, the active key is a day old. Answers its kid, or NULL.
CREATE FUNCTION key_rotate(p_at_once boolean, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  spare text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('signing_key', 0));
  UPDATE signing_key SET state = 'retired' WHERE state = 'retiring' AND retires_at <= p_now;
  SELECT kid INTO spare FROM signing_key WHERE state = 'pending' AND created_at <= p_now - interval '1 hour'
     AND (p_at_once OR EXISTS (SELECT FROM signing_key WHERE state = 'active' AND activated_at <= p_now - interval '24 hours'));
  IF spare IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE signing_key SET state = 'retiring', retires_at = p_now + interval '24 hours' WHERE state = 'active';
  UPDATE signing_key SET state = 'active', activated_at = p_now WHERE kid = spare;
  PERFORM outbox_append('auth.key.rotated', spare, 1, json_build_object('kid', spare)::text, p_trace);
  RETURN spare;
END $$;

-- Every key that signs or verifies goes at once; the spare takes over, whatever its age. Answers its kid, or NULL when there is no spare.
CREATE FUNCTION key_emergency(p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  spare text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('signing_key', 0));
  SELECT kid INTO spare FROM signing_key WHERE state = 'pending';
  IF spare IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM outbox_append('auth.key.revoked', kid, 2, json_build_object('kid', kid)::text, p_trace) FROM signing_key WHERE state IN ('active', 'retiring');
  UPDATE signing_key SET state = 'revoked' WHERE state IN ('active', 'retiring');
  UPDATE signing_key SET state = 'active', activated_at = p_now WHERE kid = spare;
  PERFORM outbox_append('auth.key.rotated', spare, 1, json_build_object('kid', spare)::text, p_trace);
  RETURN spare;
END $$;
