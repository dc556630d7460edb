-- What a try of a step was asked with and what it learned, and when a saga is due. Expand only: what the binary before this one calls stays.
ALTER TABLE saga_step ADD COLUMN request_sha256 bytea, ADD COLUMN response text;

-- As before; a `started` keeps the hash of the state that the step acts on, any other row what the try changed in it (`l_response`).
CREATE FUNCTION saga_save_batch(p_ids uuid[], p_versions bigint[], p_saves uuid[], p_states text[], p_steps text[], p_directions text[], p_tries integer[],
                                p_contexts text[], p_errors text[], p_next timestamptz[], p_deadlines timestamptz[], p_owners text[], p_lease_s integer[], p_log_seqs bigint[],
                                l_saga uuid[], l_seq bigint[], l_step text[], l_direction text[], l_try integer[], l_key text[], l_state text[], l_error text[], l_response text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moved bigint;
  repeated bigint;
BEGIN
  SELECT count(*) INTO repeated
    FROM unnest(p_ids, p_saves) AS u(id, save) JOIN saga s ON s.id = u.id AND s.last_save = u.save;
  UPDATE saga s SET state = u.state, step = u.step, direction = u.direction, tries = u.tries, context = coalesce(u.context, s.context), error = coalesce(u.error, s.error),
         compensating_since = CASE WHEN u.state = 'compensating' THEN coalesce(s.compensating_since, now()) ELSE s.compensating_since END,
         next_run_at = u.next_at, deadline_at = u.deadline, lease_owner = u.owner,
         lease_until = CASE WHEN u.owner IS NULL THEN NULL ELSE now() + make_interval(secs => u.lease_s) END,
         log_seq = u.log_seq, last_save = u.save, version = s.version + 1, updated_at = now()
    FROM unnest(p_ids, p_versions, p_saves, p_states, p_steps, p_directions, p_tries, p_contexts, p_errors, p_next, p_deadlines, p_owners, p_lease_s, p_log_seqs)
         AS u(id, version, save, state, step, direction, tries, context, error, next_at, deadline, owner, lease_s, log_seq)
   WHERE s.id = u.id AND s.version = u.version AND s.last_save IS DISTINCT FROM u.save;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved + repeated <> cardinality(p_ids) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'SAGA_FENCED', DETAIL = '{}';
  END IF;
  INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state, error, request_sha256, response)
  SELECT l.saga, l.seq, l.step, l.direction, l.try, l.key, l.state, l.error, CASE WHEN l.state = 'started' THEN sha256(convert_to(s.context, 'UTF8')) END, l.response
    FROM unnest(l_saga, l_seq, l_step, l_direction, l_try, l_key, l_state, l_error, l_response) AS l(saga, seq, step, direction, try, key, state, error, response)
    JOIN saga s ON s.id = l.saga
  ON CONFLICT (saga_id, seq) DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION saga_begin(p_id uuid, p_definition text, p_subject text, p_context text, p_step text, p_deadline timestamptz, p_owner text, p_lease_s integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO saga (id, definition, subject, context, step, deadline_at, lease_owner, lease_until, log_seq)
  VALUES (p_id, p_definition, p_subject, p_context, p_step, p_deadline, p_owner, now() + make_interval(secs => p_lease_s), 1);
  INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state, request_sha256)
  VALUES (p_id, 1, p_step, 'fwd', 1, p_id || ':' || p_step, 'started', sha256(convert_to(p_context, 'UTF8')));
END $$;

-- As the one without `p_now`, for an engine whose clock wrote next_run_at: due is what either clock calls due. Leases are judged by the database's clock alone.
CREATE FUNCTION saga_claim_due(p_definition text, p_owner text, p_lease_s integer, p_count integer, p_now timestamptz) RETURNS SETOF saga LANGUAGE sql AS $$
  UPDATE saga SET lease_owner = p_owner, lease_until = now() + make_interval(secs => p_lease_s), version = version + 1, last_save = NULL
   WHERE id IN (SELECT id FROM saga
                 WHERE definition = p_definition AND state NOT IN ('completed', 'failed', 'stuck') AND next_run_at <= greatest(now(), p_now)
                   AND (lease_until IS NULL OR lease_until < now())
                 ORDER BY next_run_at LIMIT p_count FOR UPDATE SKIP LOCKED)
  RETURNING *;
$$;

-- Keeps the leases of sagas that their owner still drives. One that another owner took over is left alone.
CREATE FUNCTION saga_renew(p_ids uuid[], p_owner text, p_lease_s integer) RETURNS void LANGUAGE sql AS $$
  UPDATE saga SET lease_until = now() + make_interval(secs => p_lease_s) WHERE id = ANY (p_ids) AND lease_owner = p_owner AND lease_until IS NOT NULL;
$$;

-- Sagas that people must hear of. `outlived`: still before its pivot, not being undone and driven by nobody, though twice its time has passed. `late`: past its
-- pivot, and the step it repeats began more than five minutes ago.
CREATE FUNCTION saga_overdue(p_definition text, p_forward text[], p_now timestamptz, OUT id uuid, OUT what text, OUT step text) RETURNS SETOF record LANGUAGE sql STABLE AS $$
  SELECT s.id, 'outlived', s.step FROM saga s
   WHERE s.definition = p_definition AND s.state NOT IN ('completed', 'failed', 'stuck') AND s.direction = 'fwd' AND s.step <> ALL (p_forward)
     AND p_now > s.deadline_at + (s.deadline_at - s.created_at) AND (s.lease_until IS NULL OR s.lease_until < now())
  UNION ALL
  SELECT s.id, 'late', s.step FROM saga s
   WHERE s.definition = p_definition AND s.state NOT IN ('completed', 'failed') AND s.direction = 'fwd' AND s.step = ANY (p_forward)
     AND (SELECT max(l.at) FROM saga_step l WHERE l.saga_id = s.id AND l.step = s.step AND l.state = 'started') < p_now - interval '5 minutes';
$$;
