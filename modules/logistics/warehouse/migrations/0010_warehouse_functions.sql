-- Changes of warehouses that more than one row takes part in.

-- Moves a warehouse from one status to another, if it is still there; answers the warehouse, or nothing if it is not. The planner's topology counts up; SKUs that only it had are told as run out or back.
-- Errors: EM409 NOT_EMPTY when closing one that holds units, open lines or open receipts.
CREATE FUNCTION warehouse_set_status(warehouse uuid, status_from text, status_to text, trace uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  w warehouse;
  counted bigint;
  skus text[];
BEGIN
  UPDATE warehouse v SET status = status_to, status_since = clock_timestamp(), version = v.version + 1, updated_at = clock_timestamp() WHERE v.id = warehouse AND v.status = status_from RETURNING * INTO w;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF status_to = 'closed' AND (
       EXISTS (SELECT FROM stock s WHERE s.warehouse_id = warehouse AND (s.on_hand > 0 OR s.reserved > 0 OR s.damaged > 0))
       OR EXISTS (SELECT FROM reservation x JOIN reservation_line l ON l.reservation_id = x.id WHERE x.status IN ('active', 'confirmed') AND l.warehouse_id = warehouse AND l.qty > l.shipped + l.released)
       OR EXISTS (SELECT FROM receipt r WHERE r.warehouse_id = warehouse AND r.status <> 'closed')) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'NOT_EMPTY', DETAIL = json_build_object('warehouse_id', warehouse)::text;
  END IF;
  UPDATE topology SET version = version + 1 RETURNING version INTO counted;
  PERFORM outbox_append('warehouse.warehouse.status_changed', warehouse::text, w.version, json_build_object('id', warehouse, 'from', status_from, 'to', status_to, 'topology_version', counted)::text, trace);
  SELECT array_agg(s.sku) INTO skus FROM stock s WHERE s.warehouse_id = warehouse AND s.on_hand - s.reserved - s.buffer > 0;
  IF skus IS NOT NULL THEN
    PERFORM depletion_publish(skus, trace);
  END IF;
  RETURN warehouse_json(w, counted);
END $$;

-- Replaces the places a warehouse delivers to. Errors: EM404 WAREHOUSE_NOT_FOUND.
CREATE FUNCTION coverage_put(warehouse uuid, locations uuid[], services text[], hours integer[], trace uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v bigint;
  counted bigint;
BEGIN
  UPDATE warehouse w SET version = w.version + 1, updated_at = clock_timestamp() WHERE w.id = warehouse RETURNING w.version INTO v;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'WAREHOUSE_NOT_FOUND', DETAIL = json_build_object('warehouse_id', warehouse)::text;
  END IF;
  DELETE FROM coverage c WHERE c.warehouse_id = warehouse;
  INSERT INTO coverage (warehouse_id, location_id, service_levels, transit_hours)
  SELECT warehouse, e.location_id, CASE WHEN e.services = '' THEN '{}'::text[] ELSE string_to_array(e.services, ',') END, e.hours FROM unnest(locations, services, hours) AS e(location_id, services, hours);
  UPDATE topology SET version = version + 1 RETURNING version INTO counted;
  PERFORM outbox_append('warehouse.coverage.updated', warehouse::text, v, json_build_object('id', warehouse, 'topology_version', counted)::text, trace);
  RETURN coverage_json(warehouse);
END $$;

-- Takes the unpicked lines of one reservation out of a warehouse that is no longer active: to active warehouses that have the units, best priority first, whole if one can.
-- What fits nowhere: an active reservation expires, so that its checkout reserves anew; a confirmed one gives the units up and its order is told. Answers how many units moved.
CREATE FUNCTION reservation_evacuate(reservation uuid, source uuid, trace uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  x record;
  l record;
  target record;
  left_over integer;
  moved integer := 0;
  stranded_lines integer[] := '{}';
  stranded_qtys integer[] := '{}';
BEGIN
  SELECT * INTO x FROM reservation v WHERE v.id = reservation AND v.status IN ('active', 'confirmed') FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  PERFORM 1 FROM stock s WHERE s.sku IN (SELECT r.sku FROM reservation_line r WHERE r.reservation_id = reservation AND r.warehouse_id = source AND r.qty - r.shipped - r.released - r.picked > 0)
    ORDER BY s.sku, s.warehouse_id FOR NO KEY UPDATE;
  FOR l IN SELECT * FROM reservation_line r WHERE r.reservation_id = reservation AND r.warehouse_id = source AND r.qty - r.shipped - r.released - r.picked > 0 ORDER BY r.line_no LOOP
    left_over := l.qty - l.shipped - l.released - l.picked;
    FOR target IN
      SELECT s.warehouse_id FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
       WHERE s.sku = l.sku AND s.warehouse_id <> source AND w.status = 'active' AND s.on_hand - s.reserved - s.buffer > 0
       ORDER BY s.on_hand - s.reserved - s.buffer >= left_over DESC, w.priority, w.id
    LOOP
      EXIT WHEN left_over = 0;
      left_over := left_over - reservation_move(reservation, l.line_no, source, target.warehouse_id, left_over, true, trace);
    END LOOP;
    moved := moved + l.qty - l.shipped - l.released - l.picked - left_over;
    IF left_over > 0 THEN
      stranded_lines := stranded_lines || l.line_no;
      stranded_qtys := stranded_qtys || left_over;
    END IF;
  END LOOP;
  IF cardinality(stranded_lines) > 0 THEN
    IF x.status = 'active' THEN
      -- The other lines of it are freed too, wherever they are: their pairs are locked here, later than those above, which the deadlock check would repeat.
      PERFORM reservation_free(ARRAY[reservation], 'expired', ARRAY['warehouse not active'], ARRAY[trace]);
    ELSE
      PERFORM reservation_step_apply(reservation, 'give_up', 'evacuate:' || source || ':' || x.version, stranded_lines, array_fill(source, ARRAY[cardinality(stranded_lines)]), stranded_qtys, false, 'warehouse not active', 'svc:warehouse', trace);
    END IF;
  END IF;
  RETURN moved;
END $$;

-- Releases quantities of lines wherever they are held, where no warehouse is named; once per cause and line. With `loose`, no more than is there.
CREATE FUNCTION reservation_release_lines(reservation uuid, cause text, line_nos integer[], warehouses uuid[], qtys integer[], loose boolean, why text, who text, trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t_lines integer[];
  t_warehouses uuid[];
  t_qtys integer[];
BEGIN
  PERFORM 1 FROM reservation v WHERE v.id = reservation FOR NO KEY UPDATE;
  SELECT array_agg(f.line_no), array_agg(f.warehouse_id), array_agg(f.qty) INTO t_lines, t_warehouses, t_qtys
    FROM (SELECT c.line_no, l.warehouse_id,
                 -- What is wanted beyond what the warehouses before this one hold; the last one takes all the rest, so that too much is refused there.
                 CASE WHEN row_number() OVER after_this = 1 AND NOT loose THEN c.qty - l.before ELSE least(l.free, c.qty - l.before) END AS qty
            FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
            JOIN LATERAL (SELECT r.warehouse_id, r.qty - r.shipped - r.released - r.picked AS free,
                                 sum(r.qty - r.shipped - r.released - r.picked) OVER (ORDER BY r.qty - r.shipped - r.released - r.picked DESC, r.warehouse_id) - (r.qty - r.shipped - r.released - r.picked) AS before
                            FROM reservation_line r WHERE r.reservation_id = reservation AND r.line_no = c.line_no AND (c.warehouse_id IS NULL OR r.warehouse_id = c.warehouse_id)) AS l ON true
           WHERE NOT EXISTS (SELECT FROM reservation_step s WHERE s.reservation_id = reservation AND s.line_no = c.line_no AND (c.warehouse_id IS NULL OR s.warehouse_id = c.warehouse_id) AND s.step = 'release' AND s.cause_id = cause)
          WINDOW after_this AS (PARTITION BY c.line_no ORDER BY l.free, l.warehouse_id DESC)) AS f
   WHERE f.qty > 0;
  IF loose THEN
    -- Cancelled units that are picked are owed: they go when they are put back.
    UPDATE reservation_line r SET owed = least(r.picked, r.owed + o.units)
      FROM (SELECT DISTINCT ON (c.line_no) c.line_no, l.warehouse_id, c.qty - sum(l.qty - l.shipped - l.released - l.picked) OVER (PARTITION BY c.line_no) AS units
              FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
              JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND (c.warehouse_id IS NULL OR l.warehouse_id = c.warehouse_id)
             ORDER BY c.line_no, l.picked - l.owed DESC, l.warehouse_id) AS o
     WHERE r.reservation_id = reservation AND r.line_no = o.line_no AND r.warehouse_id = o.warehouse_id AND o.units > 0 AND r.picked > r.owed;
  END IF;
  IF t_lines IS NULL THEN
    IF NOT loose AND EXISTS (SELECT FROM unnest(line_nos) AS c(line_no) WHERE NOT EXISTS (SELECT FROM reservation_line r WHERE r.reservation_id = reservation AND r.line_no = c.line_no)) THEN
      RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'LINE_NOT_FOUND';
    END IF;
    RETURN;
  END IF;
  PERFORM reservation_step_apply(reservation, 'release', cause, t_lines, t_warehouses, t_qtys, loose, why, who, trace);
END $$;

-- A fulfillment will not be sent: what it picked, and has not reported as put back, lies on the shelf again. on_hand does not change, for nothing had left.
CREATE FUNCTION fulfillment_cancelled(reservation uuid, fulfillment uuid, warehouse uuid, line_nos integer[], qtys integer[], trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t_lines integer[];
  t_qtys integer[];
BEGIN
  PERFORM 1 FROM reservation v WHERE v.id = reservation FOR NO KEY UPDATE;
  SELECT array_agg(f.line_no), array_agg(f.qty) INTO t_lines, t_qtys
    FROM (SELECT c.line_no, least(sum(c.qty), (SELECT coalesce(sum(CASE s.step WHEN 'pick' THEN s.qty ELSE -s.qty END), 0) FROM reservation_step s
                                                WHERE s.reservation_id = fulfillment_cancelled.reservation AND s.line_no = c.line_no AND s.warehouse_id = warehouse AND s.step IN ('pick', 'put_back', 'ship')
                                                  AND split_part(s.cause_id, ':', 1) = fulfillment::text))::integer AS qty
            FROM unnest(line_nos, qtys) AS c(line_no, qty) GROUP BY 1) AS f WHERE f.qty > 0;
  IF t_lines IS NOT NULL THEN
    PERFORM reservation_step_apply(reservation, 'put_back', fulfillment || ':cancelled', t_lines, array_fill(warehouse, ARRAY[cardinality(t_lines)]), t_qtys, true, 'fulfillment cancelled', 'svc:fulfillment', trace);
  END IF;
END $$;

-- Tells once of pairs whose available units fell to the reorder point, and watches them again above 1.1 × of it. Answers how many were told.
CREATE FUNCTION low_stock_tell(trace uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  told integer;
BEGIN
  UPDATE stock s SET is_low_told = false WHERE s.reorder_point > 0 AND s.is_low_told AND (s.on_hand - s.reserved - s.buffer)::bigint * 10 > s.reorder_point::bigint * 11;
  WITH low AS (
    SELECT s.sku, s.warehouse_id FROM stock s WHERE s.reorder_point > 0 AND NOT s.is_low_told AND s.on_hand - s.reserved - s.buffer <= s.reorder_point
     ORDER BY s.sku, s.warehouse_id FOR NO KEY UPDATE SKIP LOCKED),
  changed AS (
    UPDATE stock s SET is_low_told = true, version = s.version + 1 FROM low l WHERE s.sku = l.sku AND s.warehouse_id = l.warehouse_id
    RETURNING s.sku, s.warehouse_id, greatest(0, s.on_hand - s.reserved - s.buffer) AS available, s.reorder_point, s.version)
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT 'warehouse.stock.low_detected', c.warehouse_id || '.' || c.sku, c.version,
         json_build_object('sku', c.sku, 'warehouse_id', c.warehouse_id, 'available', c.available, 'reorder_point', c.reorder_point,
                           'level', CASE WHEN c.available = 0 THEN 'critical' WHEN c.available * 4::bigint <= c.reorder_point THEN 'high' WHEN c.available * 2::bigint <= c.reorder_point THEN 'medium' ELSE 'low' END)::text, trace
    FROM changed c;
  GET DIAGNOSTICS told = ROW_COUNT;
  RETURN told;
END $$;
