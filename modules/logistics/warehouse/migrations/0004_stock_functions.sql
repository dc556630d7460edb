-- What every writer of stock shares. All of them call stock_lock first, with every pair they will touch.

-- Locks the pairs in the one global order.
CREATE FUNCTION stock_lock(skus text[], warehouses uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM stock s JOIN unnest(skus, warehouses) AS p(sku, warehouse_id) ON s.sku = p.sku AND s.warehouse_id = p.warehouse_id
   ORDER BY s.sku, s.warehouse_id FOR NO KEY UPDATE OF s;
END $$;

CREATE FUNCTION stock_status(available integer, reorder_point integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN available <= 0 THEN 'out' WHEN available <= reorder_point THEN 'low' ELSE 'in_stock' END
$$;

-- A SKU is depleted when no active warehouse has a unit to sell. Concurrent writers of two warehouses may each miss the other's last unit; the hourly check calls this for all SKUs.
CREATE FUNCTION depletion_publish(skus text[], trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  told text[];
  versions bigint[];
  depleted boolean[];
  units bigint[];
BEGIN
  PERFORM 1 FROM sku_state WHERE sku = ANY (skus) ORDER BY sku FOR NO KEY UPDATE;
  WITH total AS (
    SELECT s.sku, coalesce(sum(greatest(0, s.on_hand - s.reserved - s.buffer)) FILTER (WHERE w.status = 'active'), 0) AS units
      FROM stock s JOIN warehouse w ON w.id = s.warehouse_id WHERE s.sku = ANY (skus) GROUP BY s.sku),
  changed AS (
    UPDATE sku_state f SET is_depleted = t.units = 0, version = f.version + 1 FROM total t WHERE f.sku = t.sku AND f.is_depleted <> (t.units = 0)
    RETURNING f.sku, f.version, f.is_depleted, t.units)
  SELECT array_agg(c.sku), array_agg(c.version), array_agg(c.is_depleted), array_agg(c.units) INTO told, versions, depleted, units FROM changed c;
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT CASE WHEN c.depleted THEN 'warehouse.stock.depleted' ELSE 'warehouse.stock.replenished' END, c.sku, c.version, json_build_object('sku', c.sku, 'total_available', c.units)::text, trace
    FROM unnest(told, versions, depleted, units) AS c(sku, version, depleted, units);
END $$;

-- Tells others of the new numbers of these pairs; `crossed` are the SKUs of which a pair ran out or came back.
CREATE FUNCTION stock_publish(skus text[], warehouses uuid[], crossed text[], trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.stock.changed', s.warehouse_id || '.' || s.sku, s.version,
    json_build_object('sku', s.sku, 'warehouse_id', s.warehouse_id, 'on_hand', s.on_hand, 'reserved', s.reserved,
                       'available', greatest(0, s.on_hand - s.reserved - s.buffer), 'status', stock_status(s.on_hand - s.reserved - s.buffer, s.reorder_point), 'version', s.version)::text, trace
    FROM unnest(skus, warehouses) AS p(sku, warehouse_id) JOIN stock s ON s.sku = p.sku AND s.warehouse_id = p.warehouse_id;
  IF cardinality(crossed) > 0 THEN
    PERFORM depletion_publish(crossed, trace);
  END IF;
END $$;

-- Adds the deltas to locked pairs (each named once) and publishes. W-I1 is the table's CHECK: a writer that would break it fails as a whole.
CREATE FUNCTION stock_apply(skus text[], warehouses uuid[], d_on_hand integer[], d_reserved integer[], d_picked integer[], trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  crossed text[];
BEGIN
  WITH changed AS (
    UPDATE stock s SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved, picked = s.picked + d.picked, version = s.version + 1, updated_at = clock_timestamp()
      FROM unnest(skus, warehouses, d_on_hand, d_reserved, d_picked) AS d(sku, warehouse_id, on_hand, reserved, picked)
     WHERE s.sku = d.sku AND s.warehouse_id = d.warehouse_id
    RETURNING s.sku, s.on_hand - s.reserved - s.buffer AS available, d.on_hand - d.reserved AS gained)
  SELECT array_agg(sku) INTO crossed FROM changed WHERE (available > 0) <> (available - gained > 0);
  PERFORM stock_publish(skus, warehouses, crossed, trace);
END $$;

-- Appends to the ledger for locked pairs, before stock_apply: several rows of one pair follow each other.
CREATE FUNCTION movement_append(kind text, skus text[], warehouses uuid[], deltas integer[], lines integer[], cause text, cause_key text, reasons text[], who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO movement (sku, warehouse_id, type, on_hand_delta, before, after, reason, cause_type, cause_id, line_no, actor, unit_cost_minor)
  SELECT m.sku, m.warehouse_id, kind, m.delta, s.on_hand + m.total - m.delta, s.on_hand + m.total, m.reason, cause, cause_key, m.line_no, who, s.unit_cost_minor
    FROM (SELECT d.*, sum(d.delta) OVER (PARTITION BY d.sku, d.warehouse_id ORDER BY d.n)::integer AS total
            FROM unnest(skus, warehouses, deltas, lines, reasons) WITH ORDINALITY AS d(sku, warehouse_id, delta, line_no, reason, n)) AS m
    JOIN stock s ON s.sku = m.sku AND s.warehouse_id = m.warehouse_id
   ORDER BY m.n;
END $$;

-- Rows at zero for these SKUs in this warehouse, where missing. Safe to repeat.
CREATE FUNCTION stock_open(skus text[], warehouse uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stock (sku, warehouse_id) SELECT DISTINCT p.sku COLLATE "C", warehouse FROM unnest(skus) AS p(sku) ORDER BY 1 ON CONFLICT DO NOTHING;
  INSERT INTO sku_state (sku) SELECT DISTINCT p.sku COLLATE "C" FROM unnest(skus) AS p(sku) ORDER BY 1 ON CONFLICT DO NOTHING;
END $$;

-- An instant as contracts write it.
CREATE FUNCTION iso_time(moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The open lines of a reservation as its events list them.
CREATE FUNCTION open_lines(reservation uuid) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT coalesce(json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'warehouse_id', l.warehouse_id, 'qty', l.qty - l.shipped - l.released) ORDER BY l.line_no), '[]')
    FROM reservation_line l WHERE l.reservation_id = reservation AND l.qty > l.shipped + l.released);
END $$;
