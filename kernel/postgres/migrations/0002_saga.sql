-- Sagas of the module that owns this database, and what they did. Source: commerce.md §1.1, §4.

CREATE TABLE saga (
  id             uuid PRIMARY KEY,
  definition     text NOT NULL,
  subject        text NOT NULL,                    -- What it acts on: one live saga per subject.
  state          text NOT NULL DEFAULT 'running',  -- running | a waiting state such as awaiting_payment | compensating | stuck | completed | failed
  step           text NOT NULL,                    -- The step being done, or undone.
  direction      text NOT NULL DEFAULT 'fwd' CHECK (direction IN ('fwd', 'comp')),
  tries          integer NOT NULL DEFAULT 0,       -- Of this step in this direction, kept over restarts.
  context        text NOT NULL,                    -- The definition's state, as JSON.
  error          text,                             -- Why it is being undone, as JSON.
  compensating_since timestamptz,
  deadline_at    timestamptz NOT NULL,
  next_run_at    timestamptz NOT NULL DEFAULT now(),
  lease_owner    text,
  lease_until    timestamptz,
  log_seq        bigint NOT NULL DEFAULT 0,
  last_save      uuid,                             -- Tells a repeated save from a foreign one.
  version        bigint NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX saga_live_subject ON saga (definition, subject) WHERE state NOT IN ('completed', 'failed');
CREATE INDEX saga_due ON saga (next_run_at) WHERE state NOT IN ('completed', 'failed', 'stuck');

-- Append-only: a row when a try starts, a row when its outcome is known.
CREATE TABLE saga_step (
  saga_id   uuid NOT NULL,
  seq       bigint NOT NULL,
  step      text NOT NULL,
  direction text NOT NULL,
  try       integer NOT NULL,
  idem_key  text NOT NULL,
  state     text NOT NULL CHECK (state IN ('started', 'succeeded', 'failed', 'unknown', 'waiting', 'note')),
  error     text,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (saga_id, seq)
);

-- Begins a saga inside the transaction that accepts the work: row, lease and the first step's `started`.
CREATE FUNCTION saga_begin(p_id uuid, p_definition text, p_subject text, p_context text, p_step text, p_deadline timestamptz, p_owner text, p_lease_s integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO saga (id, definition, subject, context, step, deadline_at, lease_owner, lease_until, log_seq)
  VALUES (p_id, p_definition, p_subject, p_context, p_step, p_deadline, p_owner, now() + make_interval(secs => p_lease_s), 1);
  INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state) VALUES (p_id, 1, p_step, 'fwd', 1, p_id || ':' || p_step, 'started');
END $$;

-- Moves many sagas at once. A save that meets another version fails the whole call (SAGA_FENCED), which the lane then repeats one by one; a save already made is a no-op.
CREATE FUNCTION saga_save_batch(p_ids uuid[], p_versions bigint[], p_saves uuid[], p_states text[], p_steps text[], p_directions text[], p_tries integer[],
                                p_contexts text[], p_errors text[], p_next timestamptz[], p_deadlines timestamptz[], p_owners text[], p_lease_s integer[], p_log_seqs bigint[],
                                l_saga uuid[], l_seq bigint[], l_step text[], l_direction text[], l_try integer[], l_key text[], l_state text[], l_error text[])
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
  INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state, error)
  SELECT * FROM unnest(l_saga, l_seq, l_step, l_direction, l_try, l_key, l_state, l_error)
  ON CONFLICT (saga_id, seq) DO NOTHING;
END $$;

-- Takes due sagas whose lease is free, with a new lease. The version moves, so an owner that was slow meanwhile is fenced off.
CREATE FUNCTION saga_claim(p_definition text, p_owner text, p_lease_s integer, p_count integer, p_only uuid DEFAULT NULL)
RETURNS SETOF saga LANGUAGE sql AS $$
  UPDATE saga SET lease_owner = p_owner, lease_until = now() + make_interval(secs => p_lease_s), version = version + 1, last_save = NULL
   WHERE id IN (SELECT id FROM saga
                 WHERE definition = p_definition AND state NOT IN ('completed', 'failed', 'stuck') AND next_run_at <= now()
                   AND (lease_until IS NULL OR lease_until < now()) AND (p_only IS NULL OR id = p_only)
                 ORDER BY next_run_at LIMIT p_count FOR UPDATE SKIP LOCKED)
  RETURNING *;
$$;

-- Lets a waiting saga run soon: what an event handler calls in its transaction. Harmless for any other state.
CREATE FUNCTION saga_wake(p_id uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE saga SET next_run_at = now() WHERE id = p_id AND state NOT IN ('completed', 'failed', 'stuck') AND next_run_at > now();
$$;
