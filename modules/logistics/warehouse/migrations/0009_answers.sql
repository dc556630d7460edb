-- The answers of the contract, as JSON: reads and writes of one row answer the contract's message at once. Those that read tables are not STABLE, so that they see what their statement wrote.

CREATE FUNCTION money_json(amount bigint, currency text) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('amount', amount, 'currency', currency)
$$;

CREATE FUNCTION warehouse_json(w warehouse, topology_version bigint) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object('id', w.id, 'code', w.code, 'name', w.name, 'type', w.type, 'status', w.status, 'priority', w.priority, 'country', w.country,
    'location_id', w.location_id, 'lat', w.lat, 'lng', w.lng, 'address', w.address, 'timezone', w.timezone, 'accepts_returns', w.accepts_returns,
    'handling_cost', money_json(w.handling_cost_minor, w.currency), 'pick_cost', money_json(w.pick_cost_minor, w.currency), 'topology_version', topology_version,
    'version', w.version, 'created_at', iso_time(w.created_at), 'updated_at', iso_time(w.updated_at)))
$$;

CREATE FUNCTION coverage_json(warehouse uuid) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT json_build_object('warehouse_id', warehouse, 'topology_version', (SELECT version FROM topology), 'entries',
    coalesce((SELECT json_agg(json_build_object('location_id', c.location_id, 'service_levels', c.service_levels, 'transit_hours', c.transit_hours) ORDER BY c.location_id) FROM coverage c WHERE c.warehouse_id = warehouse), '[]')));
END $$;

CREATE FUNCTION inventory_json(s stock, hot boolean, currency text) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('id', s.warehouse_id || '.' || s.sku, 'warehouse_id', s.warehouse_id, 'sku', s.sku, 'on_hand', s.on_hand, 'reserved', s.reserved, 'picked', s.picked, 'buffer', s.buffer,
    'damaged', s.damaged, 'available', greatest(0, s.on_hand - s.reserved - s.buffer), 'reorder_point', s.reorder_point, 'hot', coalesce(hot, false), 'unit_cost', money_json(s.unit_cost_minor, currency),
    'version', s.version, 'updated_at', iso_time(s.updated_at))
$$;

CREATE FUNCTION movement_json(m movement, currency text) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object('id', lpad(to_hex(m.number), 32, '0')::uuid, 'warehouse_id', m.warehouse_id, 'sku', m.sku, 'type', m.type, 'on_hand_delta', m.on_hand_delta, 'before', m.before,
    'after', m.after, 'reason', m.reason, 'cause_type', m.cause_type, 'cause_id', m.cause_id, 'line_no', m.line_no, 'actor', m.actor, 'unit_cost', money_json(m.unit_cost_minor, currency), 'at', iso_time(m.occurred_at)))
$$;

CREATE FUNCTION receipt_json(receipt uuid) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT json_strip_nulls(json_build_object('id', r.id, 'warehouse_id', r.warehouse_id, 'kind', r.kind, 'reference', r.reference, 'status', r.status, 'order_id', r.order_id, 'shipment_id', r.shipment_id,
    'created_at', iso_time(r.created_at), 'closed_at', iso_time(r.closed_at), 'version', r.version, 'lines',
    (SELECT json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'expected', l.expected, 'received', l.received, 'rejected', l.rejected, 'inspected', l.inspected,
                                       'unit_cost', CASE WHEN l.unit_cost_minor IS NOT NULL THEN money_json(l.unit_cost_minor, w.currency) END) ORDER BY l.line_no) FROM receipt_line l WHERE l.receipt_id = r.id)))
    FROM receipt r JOIN warehouse w ON w.id = r.warehouse_id WHERE r.id = receipt);
END $$;

CREATE FUNCTION reservation_json(reservation uuid) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT json_strip_nulls(json_build_object('id', x.id, 'reference', x.reference, 'reference_id', x.reference_id, 'attempt', x.attempt, 'customer_id', x.customer_id, 'order_id', x.order_id,
    'status', x.status, 'expires_at', iso_time(x.expires_at), 'version', x.version, 'created_at', iso_time(x.created_at), 'lines',
    coalesce((SELECT json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'warehouse_id', l.warehouse_id, 'qty', l.qty, 'picked', l.picked, 'shipped', l.shipped, 'released', l.released)
                              ORDER BY l.line_no, l.warehouse_id) FROM reservation_line l WHERE l.reservation_id = x.id), '[]')))
    FROM reservation x WHERE x.id = reservation AND NOT x.is_tombstone);
END $$;

-- Thresholds of a pair; the row is opened at zero if it is missing. Errors: EM404 WAREHOUSE_NOT_FOUND; EM409 VERSION_CONFLICT.
CREATE FUNCTION inventory_update(warehouse uuid, of_sku text, wanted_version bigint, new_buffer integer, new_reorder_point integer, hot boolean, trace uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  s stock;
  was_free boolean;
  units text;
BEGIN
  SELECT w.currency INTO units FROM warehouse w WHERE w.id = warehouse;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'WAREHOUSE_NOT_FOUND', DETAIL = json_build_object('warehouse_id', warehouse)::text;
  END IF;
  PERFORM stock_open(ARRAY[of_sku], warehouse);
  SELECT * INTO s FROM stock v WHERE v.sku = of_sku AND v.warehouse_id = warehouse FOR NO KEY UPDATE;
  IF wanted_version IS NOT NULL AND wanted_version <> s.version THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'VERSION_CONFLICT', DETAIL = json_build_object('version', s.version)::text;
  END IF;
  was_free := s.on_hand - s.reserved - s.buffer > 0;
  UPDATE stock v SET buffer = coalesce(new_buffer, v.buffer), reorder_point = coalesce(new_reorder_point, v.reorder_point), version = v.version + 1, updated_at = clock_timestamp()
   WHERE v.sku = of_sku AND v.warehouse_id = warehouse RETURNING * INTO s;
  IF hot IS NOT NULL THEN
    UPDATE sku_state f SET is_hot = hot WHERE f.sku = of_sku AND f.is_hot <> hot;
  END IF;
  PERFORM stock_publish(ARRAY[of_sku], ARRAY[warehouse], CASE WHEN was_free <> (s.on_hand - s.reserved - s.buffer > 0) THEN ARRAY[of_sku] ELSE '{}'::text[] END, trace);
  RETURN inventory_json(s, (SELECT f.is_hot FROM sku_state f WHERE f.sku = of_sku), units);
END $$;
