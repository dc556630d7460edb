-- Open lines at warehouses that have closed, oldest reservation first: a draining one at once, an offline one after `offline_wait_s` where the buyer has paid.
-- Called every few seconds, so it reads nothing while no warehouse is closed, and otherwise the reservations that are open, never those that are over.
CREATE FUNCTION stranded_lines(offline_wait_s integer, most integer) RETURNS TABLE (reservation uuid, warehouse uuid) LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM warehouse w WHERE w.status IN ('draining', 'offline')) THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT x.id, l.warehouse_id
    FROM (SELECT a.id, a.status, a.created_at FROM reservation a WHERE a.status = 'active'
          UNION ALL
          SELECT c.id, c.status, c.created_at FROM reservation c WHERE c.status = 'confirmed') AS x
    JOIN reservation_line l ON l.reservation_id = x.id
    JOIN warehouse w ON w.id = l.warehouse_id
   WHERE w.status IN ('draining', 'offline') AND l.qty - l.shipped - l.released - l.picked > 0
     AND (w.status = 'draining' OR x.status = 'active' OR w.status_since < statement_timestamp() - make_interval(secs => offline_wait_s))
   GROUP BY x.created_at, x.id, l.warehouse_id ORDER BY x.created_at, x.id LIMIT most;
END $$;

SELECT plan_functions(ARRAY['stranded_lines'], 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
