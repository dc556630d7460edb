-- Buckets that all replicas share. Unlogged: after a crash they are full again, which is what they are without requests.
CREATE UNLOGGED TABLE rate_bucket (
  policy        text NOT NULL,
  subject       text NOT NULL,
  level_milli   bigint NOT NULL,            -- Thousandths of a token; below zero what was used on credit.
  granted_milli bigint NOT NULL,            -- By the last lease.
  at            timestamptz NOT NULL,       -- When the level was that.
  -- What the last lease was asked with; here, so that one statement can create and change.
  debt_milli    bigint NOT NULL,
  want_milli    bigint NOT NULL,
  per_minute    bigint NOT NULL CHECK (per_minute > 0),
  burst_milli   bigint NOT NULL CHECK (burst_milli > 0),
  PRIMARY KEY (policy, subject)
);
CREATE INDEX rate_bucket_at ON rate_bucket (at);

CREATE UNLOGGED TABLE gateway_replica (
  id      uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

-- What is in a bucket by now.
CREATE FUNCTION rate_refilled(b rate_bucket, per_minute bigint, burst_milli bigint, now timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT least(burst_milli, b.level_milli + least(3600000000, greatest(0, (extract(epoch FROM now - b.at) * 1000000)::bigint)) * per_minute / 60000)
$$;

-- Books what was used and grants whole tokens as far as they are there: (granted, level left) per asked bucket, in the order of asking. A bucket is asked for once
-- per call. Rows are locked in the order of their key.
CREATE FUNCTION rate_lease(policies text[], subjects text[], debts bigint[], wants bigint[], rates bigint[], bursts bigint[])
RETURNS TABLE (granted_milli bigint, level_milli bigint) LANGUAGE sql AS $$
  WITH asked AS (
    SELECT * FROM unnest(policies, subjects, debts, wants, rates, bursts) WITH ORDINALITY AS a(policy, subject, debt, want, rate, burst, place)
  ), leased AS (
    INSERT INTO rate_bucket AS b (policy, subject, level_milli, granted_milli, at, debt_milli, want_milli, per_minute, burst_milli)
    SELECT policy, subject, burst - debt - least(want, greatest(0, (burst - debt) / 1000 * 1000)), least(want, greatest(0, (burst - debt) / 1000 * 1000)),
           clock_timestamp(), debt, want, rate, burst
    FROM asked ORDER BY policy, subject
    ON CONFLICT (policy, subject) DO UPDATE SET
      granted_milli = least(excluded.want_milli, greatest(0, (rate_refilled(b, excluded.per_minute, excluded.burst_milli, excluded.at) - excluded.debt_milli) / 1000 * 1000)),
      level_milli = rate_refilled(b, excluded.per_minute, excluded.burst_milli, excluded.at) - excluded.debt_milli
        - least(excluded.want_milli, greatest(0, (rate_refilled(b, excluded.per_minute, excluded.burst_milli, excluded.at) - excluded.debt_milli) / 1000 * 1000)),
      at = greatest(b.at, excluded.at), debt_milli = excluded.debt_milli, want_milli = excluded.want_milli, per_minute = excluded.per_minute, burst_milli = excluded.burst_milli
    RETURNING b.policy, b.subject, b.granted_milli, b.level_milli
  )
  SELECT leased.granted_milli, leased.level_milli FROM asked JOIN leased USING (policy, subject) ORDER BY place
$$;

-- A replica is there: answers how many are, and forgets those that are not and buckets that are full by now.
CREATE FUNCTION gateway_heartbeat(replica uuid) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gateway_replica VALUES (replica, clock_timestamp()) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at;
  DELETE FROM gateway_replica WHERE id IN (SELECT id FROM gateway_replica WHERE seen_at < clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED);
  DELETE FROM rate_bucket b USING (SELECT policy, subject FROM rate_bucket WHERE at < clock_timestamp() - interval '15 minutes' LIMIT 1000 FOR UPDATE SKIP LOCKED) old
  WHERE b.policy = old.policy AND b.subject = old.subject;
  RETURN (SELECT count(*)::int FROM gateway_replica WHERE seen_at > clock_timestamp() - interval '10 seconds');
END $$;
