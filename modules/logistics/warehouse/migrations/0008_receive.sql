-- Goods that come in. Short or damaged lines are recorded, not blocked.
CREATE TABLE receipt (
  id           uuid PRIMARY KEY,
  warehouse_id uuid NOT NULL REFERENCES warehouse,
  kind         text NOT NULL CHECK (kind IN ('purchase', 'opening', 'returned_to_sender')),
  reference    text NOT NULL,
  status       text NOT NULL CHECK (status IN ('expected', 'receiving', 'inspected', 'closed')),
  order_id     uuid,
  shipment_id  uuid,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at    timestamptz,
  version      bigint NOT NULL DEFAULT 1,
  CONSTRAINT receipt_reference UNIQUE (warehouse_id, reference),
  CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX receipt_listed ON receipt (created_at DESC, id DESC);
CREATE TABLE receipt_line (
  receipt_id      uuid NOT NULL REFERENCES receipt,
  line_no         integer NOT NULL CHECK (line_no > 0),
  sku             text COLLATE "C" NOT NULL,
  expected        integer NOT NULL CHECK (expected > 0),
  received        integer NOT NULL DEFAULT 0 CHECK (received >= 0),
  rejected        integer NOT NULL DEFAULT 0 CHECK (rejected >= 0),
  inspected       boolean NOT NULL DEFAULT false,
  unit_cost_minor bigint CHECK (unit_cost_minor >= 0),
  order_line_no   integer,
  PRIMARY KEY (receipt_id, line_no)
);

-- Announces a receipt, once per (warehouse, reference): a repeat answers the first one's id. With `at_once` everything expected is counted as received and put away.
-- Errors: EM404 WAREHOUSE_NOT_FOUND; EM409 WAREHOUSE_CLOSED.
CREATE FUNCTION receipt_create(receipt uuid, warehouse uuid, what text, book_reference text, orders uuid, shipment uuid, skus text[], expected integer[], costs bigint[], order_lines integer[], at_once boolean, who text, trace uuid)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  state text;
  stored uuid;
BEGIN
  SELECT w.status INTO state FROM warehouse w WHERE w.id = warehouse FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'WAREHOUSE_NOT_FOUND', DETAIL = json_build_object('warehouse_id', warehouse)::text;
  END IF;
  INSERT INTO receipt (id, warehouse_id, kind, reference, status, order_id, shipment_id) VALUES (receipt, warehouse, what, book_reference, 'expected', orders, shipment) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT r.id INTO stored FROM receipt r WHERE r.warehouse_id = warehouse AND r.reference = book_reference;
    IF stored IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'RECEIPT_ID_TAKEN';
    END IF;
    RETURN stored;
  END IF;
  IF state = 'closed' THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'WAREHOUSE_CLOSED', DETAIL = json_build_object('warehouse_id', warehouse)::text;
  END IF;
  INSERT INTO receipt_line (receipt_id, line_no, sku, expected, received, inspected, unit_cost_minor, order_line_no)
  SELECT receipt, l.n, l.sku, l.expected, CASE WHEN at_once THEN l.expected ELSE 0 END, at_once, l.cost, l.order_line
    FROM unnest(skus, expected, costs, order_lines) WITH ORDINALITY AS l(sku, expected, cost, order_line, n);
  IF at_once THEN
    PERFORM receipt_put_away(receipt, who, trace);
  END IF;
  RETURN receipt;
END $$;

-- Puts the inspected units of a receipt into stock: good ones to on_hand by a movement, rejected ones to damaged. A closed receipt is left alone.
-- Errors: EM404 RECEIPT_NOT_FOUND; EM409 RECEIPT_STATE (a line is not inspected), WAREHOUSE_CLOSED.
CREATE FUNCTION receipt_put_away(receipt uuid, who text, trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r record;
  skus text[];
  places uuid[];
  good integer[];
  zeros integer[];
  l_skus text[];
  l_good integer[];
  l_lines integer[];
BEGIN
  SELECT * INTO r FROM receipt v WHERE v.id = receipt FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'RECEIPT_NOT_FOUND';
  END IF;
  IF r.status = 'closed' THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM receipt_line l WHERE l.receipt_id = receipt AND NOT l.inspected) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'RECEIPT_STATE', DETAIL = json_build_object('status', r.status)::text;
  END IF;
  IF (SELECT w.status FROM warehouse w WHERE w.id = r.warehouse_id FOR SHARE) = 'closed' THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'WAREHOUSE_CLOSED', DETAIL = json_build_object('warehouse_id', r.warehouse_id)::text;
  END IF;
  SELECT array_agg(u.sku), array_agg(r.warehouse_id), array_agg(u.good), array_agg(0) INTO skus, places, good, zeros
    FROM (SELECT l.sku, sum(l.received)::integer AS good FROM receipt_line l WHERE l.receipt_id = receipt GROUP BY l.sku) AS u;
  PERFORM stock_open(skus, r.warehouse_id);
  PERFORM stock_lock(skus, places);
  UPDATE stock s SET unit_cost_minor = coalesce(u.cost, s.unit_cost_minor), damaged = s.damaged + u.rejected
    FROM (SELECT l.sku, max(l.unit_cost_minor) AS cost, sum(l.rejected)::integer AS rejected FROM receipt_line l WHERE l.receipt_id = receipt GROUP BY l.sku) AS u
   WHERE s.sku = u.sku AND s.warehouse_id = r.warehouse_id AND (u.rejected > 0 OR u.cost <> s.unit_cost_minor);
  SELECT array_agg(l.sku ORDER BY l.line_no), array_agg(l.received ORDER BY l.line_no), array_agg(l.line_no ORDER BY l.line_no) INTO l_skus, l_good, l_lines
    FROM receipt_line l WHERE l.receipt_id = receipt AND l.received > 0;
  IF l_skus IS NOT NULL THEN
    PERFORM movement_append(CASE r.kind WHEN 'returned_to_sender' THEN 'return_receipt' ELSE 'receipt' END, l_skus, array_fill(r.warehouse_id, ARRAY[cardinality(l_skus)]), l_good, l_lines,
                            'receipt', receipt::text, array_fill(r.kind, ARRAY[cardinality(l_skus)]), who);
  END IF;
  PERFORM stock_apply(skus, places, good, zeros, zeros, trace);
  UPDATE receipt v SET status = 'closed', closed_at = clock_timestamp(), version = v.version + 1 WHERE v.id = receipt;
  IF r.kind = 'returned_to_sender' AND r.order_id IS NOT NULL AND r.shipment_id IS NOT NULL THEN
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.return.received', receipt::text, r.version + 1, json_build_object('shipment_id', r.shipment_id, 'order_id', r.order_id, 'lines', f.lines)::text, trace
      FROM (SELECT json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'qty', l.qty, 'disposition', l.disposition) ORDER BY l.line_no) AS lines
              FROM (SELECT coalesce(v.order_line_no, v.line_no) AS line_no, v.sku, d.qty, d.disposition FROM receipt_line v, LATERAL (VALUES (v.received, 'restocked'), (v.rejected, 'damaged')) AS d(qty, disposition)
                     WHERE v.receipt_id = receipt AND d.qty > 0) AS l) AS f;
  END IF;
END $$;

-- Corrections of on_hand, each with its own outcome: adjusted (also on repeats), would_break_reserved, warehouse_not_found, warehouse_closed, out_of_range. The caller names each pair once.
CREATE FUNCTION stock_adjust(warehouses uuid[], skus text[], deltas integer[], why text[], causes text[], who text, trace uuid) RETURNS TABLE (n integer, outcome text, answer text) LANGUAGE plpgsql AS $$
DECLARE
  outcomes text[];
  r record;
BEGIN
  PERFORM 1 FROM warehouse w WHERE w.id = ANY (warehouses) ORDER BY w.id FOR SHARE;
  -- A SKU found where it was never kept opens its row.
  FOR r IN SELECT c.warehouse_id, array_agg(c.sku) AS found FROM unnest(warehouses, skus, deltas) AS c(warehouse_id, sku, delta) JOIN warehouse w ON w.id = c.warehouse_id AND w.status <> 'closed' WHERE c.delta > 0 GROUP BY 1 ORDER BY 1 LOOP
    PERFORM stock_open(r.found, r.warehouse_id);
  END LOOP;
  PERFORM stock_lock(skus, warehouses);
  SELECT array_agg(CASE WHEN m.number IS NOT NULL THEN 'stored' WHEN w.id IS NULL THEN 'warehouse_not_found' WHEN w.status = 'closed' THEN 'warehouse_closed'
                        WHEN coalesce(s.on_hand, 0)::bigint + c.delta < coalesce(s.reserved, 0) THEN 'would_break_reserved' WHEN coalesce(s.on_hand, 0)::bigint + c.delta > 1000000000 THEN 'out_of_range' ELSE 'adjusted' END ORDER BY c.n)
    INTO outcomes
    FROM unnest(warehouses, skus, deltas, causes) WITH ORDINALITY AS c(warehouse_id, sku, delta, cause, n)
    LEFT JOIN warehouse w ON w.id = c.warehouse_id
    LEFT JOIN stock s ON s.sku = c.sku AND s.warehouse_id = c.warehouse_id
    LEFT JOIN movement m ON m.cause_id = c.cause AND m.cause_type = 'adjustment' AND m.line_no = 1 AND m.type = 'adjustment' AND m.sku = c.sku AND m.warehouse_id = c.warehouse_id;
  FOR r IN SELECT c.* FROM unnest(warehouses, skus, deltas, why, causes, outcomes) AS c(warehouse_id, sku, delta, reason, cause, outcome) WHERE c.outcome = 'adjusted' LOOP
    PERFORM movement_append('adjustment', ARRAY[r.sku], ARRAY[r.warehouse_id], ARRAY[r.delta], ARRAY[1], 'adjustment', r.cause, ARRAY[r.reason], who);
    PERFORM stock_apply(ARRAY[r.sku], ARRAY[r.warehouse_id], ARRAY[r.delta], ARRAY[0], ARRAY[0], trace);
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.stock.adjusted', r.warehouse_id || '.' || r.sku, s.version,
        json_build_object('sku', r.sku, 'warehouse_id', r.warehouse_id, 'delta', r.delta, 'reason', split_part(r.reason, ':', 1), 'cause_id', r.cause)::text, trace
      FROM stock s WHERE s.sku = r.sku AND s.warehouse_id = r.warehouse_id;
  END LOOP;
  RETURN QUERY
    SELECT c.n::integer, CASE c.outcome WHEN 'stored' THEN 'adjusted' ELSE c.outcome END, movement_json(m, w.currency)::text
      FROM unnest(warehouses, skus, causes, outcomes) WITH ORDINALITY AS c(warehouse_id, sku, cause, outcome, n)
      LEFT JOIN movement m ON m.cause_id = c.cause AND m.cause_type = 'adjustment' AND m.line_no = 1 AND m.type = 'adjustment' AND m.sku = c.sku AND m.warehouse_id = c.warehouse_id
      LEFT JOIN warehouse w ON w.id = m.warehouse_id
     ORDER BY c.n;
END $$;

-- Records what arrived of one line; the last call before put-away counts. Errors: EM404 RECEIPT_NOT_FOUND; EM409 RECEIPT_STATE once put away; EM422 OVER_RECEIPT above 105 % of what is expected.
CREATE FUNCTION receipt_inspect(receipt uuid, line integer, good integer, bad integer) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  r record;
  l record;
BEGIN
  SELECT * INTO r FROM receipt v WHERE v.id = receipt FOR NO KEY UPDATE;
  SELECT * INTO l FROM receipt_line v WHERE v.receipt_id = receipt AND v.line_no = line;
  IF l.line_no IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'RECEIPT_NOT_FOUND';
  END IF;
  IF r.status = 'closed' THEN
    IF l.received = good AND l.rejected = bad THEN RETURN receipt_json(receipt); END IF;
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'RECEIPT_STATE', DETAIL = json_build_object('status', r.status)::text;
  END IF;
  IF (good + bad)::bigint * 100 > l.expected::bigint * 105 THEN
    RAISE EXCEPTION USING ERRCODE = 'EM422', MESSAGE = 'OVER_RECEIPT', DETAIL = json_build_object('line_no', line, 'expected', l.expected)::text;
  END IF;
  IF NOT l.inspected OR l.received <> good OR l.rejected <> bad THEN
    UPDATE receipt_line v SET received = good, rejected = bad, inspected = true WHERE v.receipt_id = receipt AND v.line_no = line;
    UPDATE receipt v SET version = v.version + 1, status = CASE WHEN EXISTS (SELECT FROM receipt_line o WHERE o.receipt_id = receipt AND NOT o.inspected) THEN 'receiving' ELSE 'inspected' END WHERE v.id = receipt;
  END IF;
  RETURN receipt_json(receipt);
END $$;
