-- Bounds are of the statement's clock: clock_timestamp() may differ from row to row, so no index limits what is read by it, and each beat read every bucket there is.
CREATE OR REPLACE FUNCTION gateway_heartbeat(replica uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  t timestamptz := statement_timestamp();
BEGIN
  INSERT INTO gateway_replica VALUES (replica, clock_timestamp()) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at;
  DELETE FROM gateway_replica WHERE id IN (SELECT id FROM gateway_replica WHERE seen_at < t - interval '1 minute' FOR UPDATE SKIP LOCKED);
  DELETE FROM rate_bucket b USING (SELECT policy, subject FROM rate_bucket WHERE at < t - interval '15 minutes' LIMIT 1000 FOR UPDATE SKIP LOCKED) old
  WHERE b.policy = old.policy AND b.subject = old.subject;
  DELETE FROM heard h USING (SELECT kind, subject FROM heard WHERE at < t - interval '2 minutes' LIMIT 1000 FOR UPDATE SKIP LOCKED) old
  WHERE h.kind = old.kind AND h.subject = old.subject;
  RETURN (SELECT count(*)::int FROM gateway_replica WHERE seen_at > t - interval '10 seconds');
END $$;

SELECT plan_functions(ARRAY['gateway_heartbeat'], 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
