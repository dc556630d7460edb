-- The bound is of the statement's clock: clock_timestamp() may differ from row to row, so no index limits what is read by it, and each shortage and each run of the job read every
-- reservation that is active.
CREATE OR REPLACE FUNCTION reservation_expire(most integer, of_skus text[], trace uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
BEGIN
  SELECT array_agg(o.id) INTO ids
    FROM (SELECT x.id FROM reservation x
           WHERE x.status = 'active' AND x.expires_at <= statement_timestamp()
             AND (of_skus IS NULL OR EXISTS (SELECT FROM reservation_line l WHERE l.reservation_id = x.id AND l.sku = ANY (of_skus)))
           ORDER BY x.expires_at LIMIT most FOR NO KEY UPDATE SKIP LOCKED) AS o;
  IF ids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM reservation_free(ids, 'expired', array_fill('expired'::text, ARRAY[cardinality(ids)]), array_fill(trace, ARRAY[cardinality(ids)]));
  RETURN cardinality(ids);
END $$;

SELECT plan_functions(ARRAY['reservation_expire'], 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
