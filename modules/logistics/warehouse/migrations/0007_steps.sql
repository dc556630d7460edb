-- What happens in the warehouse to the lines of a confirmed reservation. A line is (line_no, warehouse_id).

-- One step (pick, put_back, ship, release, or give_up: a release because no warehouse can send it) on some lines, once per cause: lines already done under this cause are left alone.
-- With `loose`, which events use, quantities are cut to what is there and a ship takes units that nobody reported as picked: the goods have left, whatever was recorded.
-- Errors: EM404 RESERVATION_NOT_FOUND, LINE_NOT_FOUND; EM409 RESERVATION_STATE, PICKED_UNITS; EM422 OVER_PICK, OVER_SHIP, each {line_no, requested, available}.
CREATE FUNCTION reservation_step_apply(reservation uuid, kind text, cause text, line_nos integer[], warehouses uuid[], qtys integer[], loose boolean, why text, who text, trace uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  x record;
  bad record;
  t_lines integer[];
  t_warehouses uuid[];
  t_qtys integer[];
  ending text;
  o_lines integer[];
  o_warehouses uuid[];
  o_qtys integer[];
BEGIN
  SELECT * INTO x FROM reservation v WHERE v.id = reservation AND NOT v.is_tombstone FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'RESERVATION_NOT_FOUND', DETAIL = json_build_object('reservation_id', reservation)::text;
  END IF;
  SELECT array_agg(c.line_no), array_agg(c.warehouse_id), array_agg(c.qty) INTO t_lines, t_warehouses, t_qtys
    FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
   WHERE c.qty > 0 AND NOT EXISTS (SELECT FROM reservation_step s WHERE s.reservation_id = reservation AND s.line_no = c.line_no AND s.warehouse_id = c.warehouse_id AND s.step = kind AND s.cause_id = cause);
  IF t_lines IS NULL THEN
    RETURN;
  END IF;
  IF x.status <> 'confirmed' AND NOT (x.status = 'active' AND kind = 'release') THEN
    IF loose THEN RETURN; END IF;
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'RESERVATION_STATE', DETAIL = json_build_object('reservation_id', reservation, 'status', x.status)::text;
  END IF;
  IF loose THEN
    SELECT array_agg(c.line_no), array_agg(c.warehouse_id), array_agg(c.qty) INTO t_lines, t_warehouses, t_qtys
      FROM (SELECT u.line_no, u.warehouse_id, least(u.qty, step_limit(kind, true, l.qty - l.shipped - l.released, l.picked)) AS qty
              FROM unnest(t_lines, t_warehouses, t_qtys) AS u(line_no, warehouse_id, qty)
              JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = u.line_no AND l.warehouse_id = u.warehouse_id) AS c WHERE c.qty > 0;
    IF t_lines IS NULL THEN
      RETURN;
    END IF;
  END IF;
  SELECT c.line_no, c.qty, l.line_no IS NULL AS absent, step_limit(kind, loose, l.qty - l.shipped - l.released, l.picked) AS most, l.qty - l.shipped - l.released AS open INTO bad
    FROM unnest(t_lines, t_warehouses, t_qtys) AS c(line_no, warehouse_id, qty)
    LEFT JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id
   WHERE l.line_no IS NULL OR c.qty > step_limit(kind, loose, l.qty - l.shipped - l.released, l.picked)
   ORDER BY c.line_no LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING
      ERRCODE = CASE WHEN bad.absent THEN 'EM404' WHEN kind IN ('release', 'give_up') THEN 'EM409' ELSE 'EM422' END,
      MESSAGE = CASE WHEN bad.absent THEN 'LINE_NOT_FOUND' WHEN kind IN ('release', 'give_up') THEN CASE WHEN bad.qty <= bad.open THEN 'PICKED_UNITS' ELSE 'RESERVATION_STATE' END WHEN kind = 'ship' THEN 'OVER_SHIP' ELSE 'OVER_PICK' END,
      DETAIL = json_build_object('line_no', bad.line_no, 'requested', bad.qty, 'available', coalesce(bad.most, 0))::text;
  END IF;
  INSERT INTO reservation_step (reservation_id, line_no, warehouse_id, step, cause_id, qty)
  SELECT reservation, c.line_no, c.warehouse_id, kind, cause, c.qty FROM unnest(t_lines, t_warehouses, t_qtys) AS c(line_no, warehouse_id, qty);
  IF kind = 'put_back' THEN
    SELECT array_agg(c.line_no), array_agg(c.warehouse_id), array_agg(least(c.qty, l.owed)) INTO o_lines, o_warehouses, o_qtys
      FROM unnest(t_lines, t_warehouses, t_qtys) AS c(line_no, warehouse_id, qty)
      JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id WHERE l.owed > 0;
  END IF;
  PERFORM step_stock(reservation, kind, cause, t_lines, t_warehouses, t_qtys, why, who, trace);
  UPDATE reservation_line l SET
      picked = l.picked + CASE kind WHEN 'pick' THEN c.qty WHEN 'put_back' THEN -c.qty WHEN 'ship' THEN -least(l.picked, c.qty) ELSE 0 END,
      shipped = l.shipped + CASE kind WHEN 'ship' THEN c.qty ELSE 0 END,
      released = l.released + CASE WHEN kind IN ('give_up', 'release') THEN c.qty ELSE 0 END,
      owed = least(l.owed, l.picked - CASE WHEN kind IN ('put_back', 'ship') THEN least(l.picked, c.qty) ELSE 0 END)
    FROM unnest(t_lines, t_warehouses, t_qtys) AS c(line_no, warehouse_id, qty)
   WHERE l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id;
  SELECT CASE WHEN sum(l.qty - l.shipped - l.released) > 0 THEN x.status WHEN sum(l.shipped) > 0 THEN 'fulfilled' ELSE 'released' END INTO ending
    FROM reservation_line l WHERE l.reservation_id = reservation;
  UPDATE reservation v SET status = ending, expires_at = CASE WHEN ending = 'active' THEN v.expires_at END, version = v.version + 1 WHERE v.id = reservation;
  PERFORM step_publish(reservation, kind, t_lines, t_warehouses, t_qtys, why, trace);
  IF o_lines IS NOT NULL THEN
    PERFORM reservation_step_apply(reservation, 'release', cause || ':owed', o_lines, o_warehouses, o_qtys, false, 'cancelled', who, trace);
  END IF;
END $$;

-- How many units of a line a step may take.
CREATE FUNCTION step_limit(kind text, loose boolean, open integer, picked integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN kind IN ('pick', 'give_up', 'release') THEN open - picked WHEN kind = 'ship' AND loose THEN open ELSE picked END
$$;

-- The effect of a step on stock and ledger, before the lines change.
CREATE FUNCTION step_stock(reservation uuid, kind text, cause text, line_nos integer[], warehouses uuid[], qtys integer[], why text, who text, trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  skus text[];
  places uuid[];
  d_on_hand integer[];
  d_reserved integer[];
  d_picked integer[];
  l_skus text[];
  l_deltas integer[];
BEGIN
  SELECT array_agg(p.sku), array_agg(p.warehouse_id), array_agg(p.d_on_hand), array_agg(p.d_reserved), array_agg(p.d_picked)
    INTO skus, places, d_on_hand, d_reserved, d_picked
    FROM (SELECT l.sku, l.warehouse_id,
                 sum(CASE WHEN kind = 'ship' THEN -c.qty ELSE 0 END)::integer AS d_on_hand,
                 sum(CASE WHEN kind IN ('ship', 'give_up', 'release') THEN -c.qty ELSE 0 END)::integer AS d_reserved,
                 sum(CASE kind WHEN 'pick' THEN c.qty WHEN 'put_back' THEN -c.qty WHEN 'ship' THEN -least(l.picked, c.qty) ELSE 0 END)::integer AS d_picked
            FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
            JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id GROUP BY 1, 2) AS p;
  PERFORM stock_lock(skus, places);
  IF kind = 'ship' THEN
    SELECT array_agg(l.sku ORDER BY c.n), array_agg(-c.qty ORDER BY c.n) INTO l_skus, l_deltas
      FROM unnest(line_nos, warehouses, qtys) WITH ORDINALITY AS c(line_no, warehouse_id, qty, n)
      JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id;
    PERFORM movement_append('shipment', l_skus, warehouses, l_deltas, line_nos, 'fulfillment', cause, array_fill(why, ARRAY[cardinality(line_nos)]), who);
  END IF;
  PERFORM stock_apply(skus, places, d_on_hand, d_reserved, d_picked, trace);
END $$;

CREATE FUNCTION step_publish(reservation uuid, kind text, line_nos integer[], warehouses uuid[], qtys integer[], why text, trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  x record;
  touched json;
BEGIN
  SELECT * INTO x FROM reservation v WHERE v.id = reservation;
  IF kind = 'ship' THEN
    SELECT json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'warehouse_id', l.warehouse_id, 'qty', c.qty, 'unit_cost', json_build_object('amount', s.unit_cost_minor, 'currency', w.currency)) ORDER BY l.line_no) INTO touched
      FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
      JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id
      JOIN stock s ON s.sku = l.sku AND s.warehouse_id = l.warehouse_id JOIN warehouse w ON w.id = l.warehouse_id;
    PERFORM outbox_append('warehouse.reservation.fulfilled', reservation::text, x.version, json_build_object('reservation_id', reservation, 'order_id', x.order_id, 'lines', touched)::text, trace);
  ELSIF kind = 'release' THEN
    SELECT json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'warehouse_id', l.warehouse_id, 'qty', c.qty) ORDER BY l.line_no) INTO touched
      FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
      JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id;
    PERFORM outbox_append('warehouse.reservation.released', reservation::text, x.version,
      json_strip_nulls(json_build_object('reservation_id', reservation, 'reference', x.reference, 'reference_id', x.reference_id, 'order_id', x.order_id, 'reason', why, 'lines', touched))::text, trace);
  ELSIF kind = 'give_up' THEN
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.reservation.shorted', reservation::text, x.version,
        json_build_object('reservation_id', reservation, 'order_id', x.order_id, 'line_no', l.line_no, 'sku', l.sku, 'warehouse_id', l.warehouse_id, 'missing', c.qty)::text, trace
      FROM unnest(line_nos, warehouses, qtys) AS c(line_no, warehouse_id, qty)
      JOIN reservation_line l ON l.reservation_id = reservation AND l.line_no = c.line_no AND l.warehouse_id = c.warehouse_id;
  END IF;
END $$;

-- Moves up to `most` unpicked units of a line to another active warehouse, both pairs in one transaction; a smaller number than asked moves nothing unless `partly`. Answers how many moved.
-- Errors: EM404 RESERVATION_NOT_FOUND, LINE_NOT_FOUND; EM409 RESERVATION_STATE, PICKED_UNITS (nothing left to move), WAREHOUSE_NOT_ACTIVE, INSUFFICIENT_STOCK.
CREATE FUNCTION reservation_move(reservation uuid, line integer, source uuid, target uuid, most integer, partly boolean, trace uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  x record;
  l record;
  units integer;
  free integer;
BEGIN
  SELECT * INTO x FROM reservation v WHERE v.id = reservation AND NOT v.is_tombstone FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'RESERVATION_NOT_FOUND';
  END IF;
  SELECT * INTO l FROM reservation_line v WHERE v.reservation_id = reservation AND v.line_no = line AND v.warehouse_id = source;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'LINE_NOT_FOUND', DETAIL = json_build_object('line_no', line)::text;
  END IF;
  IF x.status NOT IN ('active', 'confirmed') OR l.qty = l.shipped + l.released THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'RESERVATION_STATE', DETAIL = json_build_object('status', x.status)::text;
  END IF;
  units := least(most, l.qty - l.shipped - l.released - l.picked);
  IF units <= 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'PICKED_UNITS', DETAIL = json_build_object('line_no', line)::text;
  END IF;
  IF source = target OR NOT EXISTS (SELECT FROM warehouse w WHERE w.id = target AND w.status = 'active') THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'WAREHOUSE_NOT_ACTIVE', DETAIL = json_build_object('warehouse_id', target)::text;
  END IF;
  PERFORM stock_lock(ARRAY[l.sku, l.sku], ARRAY[source, target]);
  SELECT greatest(0, s.on_hand - s.reserved - s.buffer) INTO free FROM stock s WHERE s.sku = l.sku AND s.warehouse_id = target;
  free := coalesce(free, 0);
  IF free < units AND (free = 0 OR NOT partly) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'INSUFFICIENT_STOCK', DETAIL = json_build_object('sku', l.sku, 'requested', units, 'available', free)::text;
  END IF;
  units := least(units, free);
  PERFORM stock_apply(ARRAY[l.sku, l.sku], ARRAY[source, target], ARRAY[0, 0], ARRAY[-units, units], ARRAY[0, 0], trace);
  IF l.qty = units THEN
    DELETE FROM reservation_line v WHERE v.reservation_id = reservation AND v.line_no = line AND v.warehouse_id = source;
  ELSE
    UPDATE reservation_line v SET qty = v.qty - units WHERE v.reservation_id = reservation AND v.line_no = line AND v.warehouse_id = source;
  END IF;
  INSERT INTO reservation_line AS v (reservation_id, line_no, warehouse_id, sku, qty) VALUES (reservation, line, target, l.sku, units)
  ON CONFLICT (reservation_id, line_no, warehouse_id) DO UPDATE SET qty = v.qty + EXCLUDED.qty;
  UPDATE reservation v SET version = v.version + 1 WHERE v.id = reservation;
  PERFORM outbox_append('warehouse.reservation.resourced', reservation::text, x.version + 1,
    json_strip_nulls(json_build_object('reservation_id', reservation, 'order_id', x.order_id, 'line_no', line, 'sku', l.sku, 'qty', units, 'from_warehouse_id', source, 'to_warehouse_id', target))::text, trace);
  RETURN units;
END $$;

-- Units of a line that are not where the ledger says: they leave on_hand and a count is asked for. What other active warehouses have takes their place, the rest leaves the reservation.
-- Once per (cause, line, warehouse). Answers how many are held elsewhere now and how many nobody has. Errors: EM404 RESERVATION_NOT_FOUND, LINE_NOT_FOUND; EM409 RESERVATION_STATE; EM422 OVER_SHORT {line_no, requested, available}.
CREATE FUNCTION reservation_short(reservation uuid, cause text, line integer, source uuid, units integer, who text, trace uuid) RETURNS TABLE (resourced integer, shorted integer) LANGUAGE plpgsql AS $$
DECLARE
  x record;
  l record;
  done record;
  target record;
  left_over integer := units;
BEGIN
  SELECT * INTO x FROM reservation v WHERE v.id = reservation AND NOT v.is_tombstone FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'RESERVATION_NOT_FOUND';
  END IF;
  SELECT * INTO done FROM reservation_step s WHERE s.reservation_id = reservation AND s.line_no = line AND s.warehouse_id = source AND s.step = 'short' AND s.cause_id = cause;
  IF FOUND THEN
    RETURN QUERY SELECT done.moved, done.qty - done.moved;
    RETURN;
  END IF;
  SELECT * INTO l FROM reservation_line v WHERE v.reservation_id = reservation AND v.line_no = line AND v.warehouse_id = source;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'LINE_NOT_FOUND', DETAIL = json_build_object('line_no', line)::text;
  END IF;
  IF x.status <> 'confirmed' THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'RESERVATION_STATE', DETAIL = json_build_object('status', x.status)::text;
  END IF;
  IF units > l.qty - l.shipped - l.released - l.picked THEN
    RAISE EXCEPTION USING ERRCODE = 'EM422', MESSAGE = 'OVER_SHORT', DETAIL = json_build_object('line_no', line, 'requested', units, 'available', l.qty - l.shipped - l.released - l.picked)::text;
  END IF;
  PERFORM 1 FROM stock s WHERE s.sku = l.sku ORDER BY s.sku, s.warehouse_id FOR NO KEY UPDATE;
  FOR target IN
    SELECT s.warehouse_id FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
     WHERE s.sku = l.sku AND s.warehouse_id <> source AND w.status = 'active' AND s.on_hand - s.reserved - s.buffer > 0
     ORDER BY s.on_hand - s.reserved - s.buffer >= units DESC, w.priority, w.id
  LOOP
    EXIT WHEN left_over = 0;
    left_over := left_over - reservation_move(reservation, line, source, target.warehouse_id, left_over, true, trace);
  END LOOP;
  INSERT INTO reservation_step (reservation_id, line_no, warehouse_id, step, cause_id, qty, moved) VALUES (reservation, line, source, 'short', cause, units, units - left_over);
  PERFORM movement_append('short', ARRAY[l.sku], ARRAY[source], ARRAY[-units], ARRAY[line], 'fulfillment', cause, ARRAY['not found'], who);
  PERFORM stock_apply(ARRAY[l.sku], ARRAY[source], ARRAY[-units], ARRAY[-left_over], ARRAY[0], trace);
  INSERT INTO count_task (sku, warehouse_id, reason) VALUES (l.sku, source, 'shorted');
  IF left_over > 0 THEN
    UPDATE reservation_line v SET released = v.released + left_over WHERE v.reservation_id = reservation AND v.line_no = line AND v.warehouse_id = source;
    UPDATE reservation v SET status = f.ending, version = v.version + 1
      FROM (SELECT CASE WHEN sum(r.qty - r.shipped - r.released) > 0 THEN 'confirmed' WHEN sum(r.shipped) > 0 THEN 'fulfilled' ELSE 'released' END AS ending
              FROM reservation_line r WHERE r.reservation_id = reservation) AS f WHERE v.id = reservation RETURNING v.version INTO x.version;
    PERFORM outbox_append('warehouse.reservation.shorted', reservation::text, x.version,
      json_build_object('reservation_id', reservation, 'order_id', x.order_id, 'line_no', line, 'sku', l.sku, 'warehouse_id', source, 'missing', left_over)::text, trace);
  END IF;
  RETURN QUERY SELECT units - left_over, left_over;
END $$;
