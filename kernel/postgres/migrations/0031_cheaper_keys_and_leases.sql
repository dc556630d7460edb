-- What many calls pay for at each turn: a key is written once, a saga's save does not look for repeats that are not there, and leases are kept without waiting.

-- The first answer to a key, or a row of nulls for who uses it first and is to write it with its answer, once, at the end of the same transaction. Who uses it at the
-- same time waits here for that transaction's end; the table's key is the proof. Errors: EM422 IDEMPOTENCY_KEY_REUSED.
CREATE FUNCTION idempotency_first(p_caller text, p_operation text, p_key text, p_sha bytea) RETURNS idempotency LANGUAGE plpgsql AS $$
DECLARE
  known idempotency;
BEGIN
  IF pg_advisory_xact_lock(hashtextextended(p_caller || ' ' || p_operation || ' ' || p_key, 0)) IS NULL THEN  -- An expression, not a statement: cheaper, and never true.
    RETURN NULL;
  END IF;
  SELECT * INTO known FROM idempotency i WHERE i.caller = p_caller AND i.operation = p_operation AND i.key = p_key;
  IF known.request_sha256 <> p_sha THEN
    PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
  END IF;
  RETURN known;
END $$;

-- As in 0010. Repeats are looked for where rows are missing among those moved: a save that was made already moves none. A saga whose owner goes on is as due as it
-- was, should its lease lapse: its place in the index of those due stays, and so does its row's page.
CREATE OR REPLACE FUNCTION saga_save_batch(p_ids uuid[], p_versions bigint[], p_saves uuid[], p_states text[], p_steps text[], p_directions text[], p_tries integer[],
                                p_contexts text[], p_errors text[], p_next timestamptz[], p_deadlines timestamptz[], p_owners text[], p_lease_s integer[], p_log_seqs bigint[],
                                l_saga uuid[], l_seq bigint[], l_step text[], l_direction text[], l_try integer[], l_key text[], l_state text[], l_error text[], l_response text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE saga s SET state = u.state, step = u.step, direction = u.direction, tries = u.tries, context = coalesce(u.context, s.context), error = coalesce(u.error, s.error),
         compensating_since = CASE WHEN u.state = 'compensating' THEN coalesce(s.compensating_since, now()) ELSE s.compensating_since END,
         next_run_at = CASE WHEN u.owner IS NOT NULL AND s.next_run_at <= u.next_at THEN s.next_run_at ELSE u.next_at END, deadline_at = u.deadline, lease_owner = u.owner,
         lease_until = CASE WHEN u.owner IS NULL THEN NULL ELSE now() + make_interval(secs => u.lease_s) END,
         log_seq = u.log_seq, last_save = u.save, version = s.version + 1, updated_at = now()
    FROM unnest(p_ids, p_versions, p_saves, p_states, p_steps, p_directions, p_tries, p_contexts, p_errors, p_next, p_deadlines, p_owners, p_lease_s, p_log_seqs)
         AS u(id, version, save, state, step, direction, tries, context, error, next_at, deadline, owner, lease_s, log_seq)
   WHERE s.id = u.id AND s.version = u.version AND s.last_save IS DISTINCT FROM u.save;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> cardinality(p_ids) AND
     (SELECT count(*) FROM unnest(p_ids, p_saves) AS u(id, save) JOIN saga s ON s.id = u.id AND s.last_save = u.save) <> cardinality(p_ids) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'SAGA_FENCED', DETAIL = '{}';
  END IF;
  INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state, error, request_sha256, response)
  SELECT l.saga, l.seq, l.step, l.direction, l.try, l.key, l.state, l.error, CASE WHEN l.state = 'started' THEN sha256(convert_to(s.context, 'UTF8')) END, l.response
    FROM unnest(l_saga, l_seq, l_step, l_direction, l_try, l_key, l_state, l_error, l_response) AS l(saga, seq, step, direction, try, key, state, error, response)
    JOIN saga s ON s.id = l.saga
  ON CONFLICT (saga_id, seq) DO NOTHING;
END $$;

-- As in 0010, for those whose lease has lost a third of its time. A row that is being saved is not waited for: the save renews it. Waiting, with other rows held, met
-- the batches that save them in a ring, which PostgreSQL breaks after a second.
CREATE OR REPLACE FUNCTION saga_renew(p_ids uuid[], p_owner text, p_lease_s integer) RETURNS void LANGUAGE sql AS $$
  UPDATE saga SET lease_until = now() + make_interval(secs => p_lease_s)
   WHERE id IN (SELECT id FROM saga WHERE id = ANY (p_ids) AND lease_owner = p_owner AND lease_until < now() + make_interval(secs => p_lease_s * 2 / 3.0) FOR UPDATE SKIP LOCKED);
$$;
