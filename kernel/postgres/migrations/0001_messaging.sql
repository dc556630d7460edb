-- What every module's database has beside its own tables: outbox, feed positions, inbox, dead letters, idempotency keys, job leases. Source: design.md §4, ADR 0006.

-- Append-only log of the module's events, written in the transaction that makes them true. Read in the order (xid, id) and only below the oldest running
-- transaction, so no later commit can appear behind a place already read. Rows leave by dropping days.
CREATE TABLE outbox (
  xid               xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id                bigint GENERATED ALWAYS AS IDENTITY,
  event_id          uuid NOT NULL DEFAULT gen_random_uuid(),
  topic             text NOT NULL,
  aggregate_id      text NOT NULL CHECK (aggregate_id <> ''),
  aggregate_version bigint NOT NULL,
  occurred_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  trace             uuid,
  data              text NOT NULL
) PARTITION BY RANGE (occurred_at);
CREATE INDEX outbox_order ON outbox (xid, id);
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;

CREATE FUNCTION outbox_append(p_topic text, p_aggregate_id text, p_aggregate_version bigint, p_data text, p_trace uuid DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$  -- Not LANGUAGE sql: that is planned again at every call.
BEGIN
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace) VALUES (p_topic, p_aggregate_id, p_aggregate_version, p_data, p_trace);
END $$;

-- Makes the partitions of today and of the days ahead, and drops those whose last day is older than `p_keep`. Safe to repeat. Answers how many were dropped.
CREATE FUNCTION outbox_roll(p_keep interval, p_days_ahead integer DEFAULT 3) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  day date;
  part record;
  dropped integer := 0;
BEGIN
  FOR i IN 1 .. p_days_ahead LOOP
    day := (now() AT TIME ZONE 'UTC')::date + i;
    IF to_regclass('outbox_' || to_char(day, 'YYYYMMDD')) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L)', 'outbox_' || to_char(day, 'YYYYMMDD'),
                     day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
    END IF;
  END LOOP;
  FOR part IN SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'outbox'::regclass AND c.relname ~ '^outbox_[0-9]{8}$' LOOP
    IF to_date(substr(part.relname, 8), 'YYYYMMDD') + 1 < (now() - p_keep)::date THEN
      EXECUTE format('DROP TABLE %I', part.relname);
      dropped := dropped + 1;
    END IF;
  END LOOP;
  DELETE FROM outbox_rest WHERE occurred_at < now() - p_keep;
  RETURN dropped;
END $$;

-- How far this module has read each producer's outbox, and which replica reads it.
CREATE TABLE feed_position (
  producer    text PRIMARY KEY,
  xid         bigint NOT NULL DEFAULT 0,
  id          bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz
);

-- Events whose effect is committed, or owed by a dead letter.
CREATE TABLE inbox (
  event_id   uuid PRIMARY KEY,
  topic      text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_age ON inbox (applied_at);

-- Events that could not be applied (parked), later ones of the same aggregate (waiting), those put back in line (due), and how each ended.
CREATE TABLE dead_letter (
  seq               bigint GENERATED ALWAYS AS IDENTITY,
  event_id          uuid PRIMARY KEY,
  producer          text NOT NULL,
  topic             text NOT NULL,
  aggregate_id      text NOT NULL,
  aggregate_version bigint NOT NULL,
  occurred_at       timestamptz NOT NULL,
  trace             uuid,
  data              text NOT NULL,
  error             text NOT NULL,
  tries             integer NOT NULL DEFAULT 0,
  state             text NOT NULL CHECK (state IN ('parked', 'waiting', 'due', 'redelivered', 'skipped')),
  reason            text,
  parked_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letter_open ON dead_letter (producer, aggregate_id) WHERE state IN ('parked', 'waiting', 'due');
CREATE INDEX dead_letter_line ON dead_letter (seq) WHERE state = 'due';

-- First answers by key, written in the transaction of the effect; kept 24 h.
CREATE TABLE idempotency (
  caller         text NOT NULL,
  operation      text NOT NULL,
  key            text NOT NULL,
  request_sha256 bytea NOT NULL,
  status         integer,
  body           text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, operation, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Claims a key inside the transaction of the effect. A second claim waits for the first transaction's end, so an answer is there or the first one rolled back.
CREATE FUNCTION idempotency_claim(p_caller text, p_operation text, p_key text, p_sha bytea, OUT is_first boolean, OUT is_same boolean, OUT status integer, OUT body text)
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO idempotency (caller, operation, key, request_sha256) VALUES (p_caller, p_operation, p_key, p_sha) ON CONFLICT DO NOTHING;
  is_first := FOUND;
  SELECT i.request_sha256 = p_sha, i.status, i.body INTO is_same, status, body FROM idempotency i
   WHERE i.caller = p_caller AND i.operation = p_operation AND i.key = p_key;
END $$;

CREATE TABLE job_lease (
  name            text PRIMARY KEY,
  owner           text,
  until           timestamptz,
  fencing         bigint NOT NULL DEFAULT 0,
  last_success_at timestamptz
);
