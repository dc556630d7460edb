-- As saga_begin (0010), for many sagas at once; parallel arrays.
CREATE FUNCTION sagas_begin(p_ids uuid[], p_definition text, p_subjects text[], p_contexts text[], p_step text, p_deadlines timestamptz[], p_owner text, p_lease_s integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH begun AS (
    INSERT INTO saga (id, definition, subject, context, step, deadline_at, lease_owner, lease_until, log_seq)
    SELECT u.id, p_definition, u.subject, u.context, p_step, u.deadline, p_owner, now() + make_interval(secs => p_lease_s), 1
      FROM unnest(p_ids, p_subjects, p_contexts, p_deadlines) AS u(id, subject, context, deadline)
    RETURNING id, context)
  INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state, request_sha256)
  SELECT b.id, 1, p_step, 'fwd', 1, b.id || ':' || p_step, 'started', sha256(convert_to(b.context, 'UTF8')) FROM begun b;
END $$;
