-- What one replica heard of by an event and all have to know. After a crash the next reading of everything makes up for what is gone.
CREATE UNLOGGED TABLE heard (
  kind    text NOT NULL,
  subject text NOT NULL,
  number  bigint NOT NULL DEFAULT 0,
  at      timestamptz NOT NULL,
  PRIMARY KEY (kind, subject)
);
CREATE INDEX heard_at ON heard (at);

CREATE OR REPLACE FUNCTION gateway_heartbeat(replica uuid) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gateway_replica VALUES (replica, clock_timestamp()) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at;
  DELETE FROM gateway_replica WHERE id IN (SELECT id FROM gateway_replica WHERE seen_at < clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED);
  DELETE FROM rate_bucket b USING (SELECT policy, subject FROM rate_bucket WHERE at < clock_timestamp() - interval '15 minutes' LIMIT 1000 FOR UPDATE SKIP LOCKED) old
  WHERE b.policy = old.policy AND b.subject = old.subject;
  DELETE FROM heard h USING (SELECT kind, subject FROM heard WHERE at < clock_timestamp() - interval '2 minutes' LIMIT 1000 FOR UPDATE SKIP LOCKED) old
  WHERE h.kind = old.kind AND h.subject = old.subject;
  RETURN (SELECT count(*)::int FROM gateway_replica WHERE seen_at > clock_timestamp() - interval '10 seconds');
END $$;
