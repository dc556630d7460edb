-- How a reservation ends: confirmed, released or expired. Every function locks reservations by id, then stock in its order. The caller names each id once.

-- outcome: confirmed (also on repeats), other_order, expired, state, absent. The clock is not asked: an overdue row that the sweep has not taken is still active.
CREATE FUNCTION confirm_batch(ids uuid[], orders uuid[], traces uuid[]) RETURNS TABLE (n integer, outcome text, status text, answer text) LANGUAGE plpgsql AS $$
DECLARE
  taken uuid[];
BEGIN
  PERFORM 1 FROM reservation x WHERE x.id = ANY (ids) ORDER BY x.id FOR NO KEY UPDATE;
  WITH changed AS (
    UPDATE reservation x SET status = 'confirmed', expires_at = NULL, order_id = c.order_id, version = x.version + 1
      FROM unnest(ids, orders) AS c(id, order_id) WHERE x.id = c.id AND x.status = 'active' AND (x.order_id IS NULL OR x.order_id = c.order_id)
    RETURNING x.id)
  SELECT array_agg(id) INTO taken FROM changed;
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.reservation.confirmed', x.id::text, x.version,
      json_build_object('reservation_id', x.id, 'reference', x.reference, 'reference_id', x.reference_id, 'order_id', x.order_id, 'lines', open_lines(x.id))::text, c.trace
    FROM unnest(ids, traces) AS c(id, trace) JOIN reservation x ON x.id = c.id WHERE x.id = ANY (taken);
  RETURN QUERY
    SELECT c.n::integer,
           CASE WHEN x.id IS NULL OR x.is_tombstone THEN 'absent' WHEN x.order_id <> c.order_id THEN 'other_order' WHEN x.status IN ('confirmed', 'fulfilled') THEN 'confirmed'
                WHEN x.status = 'expired' THEN 'expired' ELSE 'state' END,
           coalesce(x.status, ''),
           CASE WHEN x.status IN ('confirmed', 'fulfilled') AND x.order_id = c.order_id THEN reservation_json(x.id)::text END
      FROM unnest(ids, orders) WITH ORDINALITY AS c(id, order_id, n) LEFT JOIN reservation x ON x.id = c.id ORDER BY c.n;
END $$;

-- Gives back every open unit of these locked reservations that is not picked, and moves them to `ending` (one with picked units stays confirmed, one with shipped units is fulfilled).
CREATE FUNCTION reservation_free(ids uuid[], ending text, reasons text[], traces uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  skus text[];
  warehouses uuid[];
  freed integer[];
  zeros integer[];
BEGIN
  SELECT array_agg(f.sku), array_agg(f.warehouse_id), array_agg(-f.units), array_agg(0) INTO skus, warehouses, freed, zeros
    FROM (SELECT l.sku, l.warehouse_id, sum(l.qty - l.shipped - l.released - l.picked)::integer AS units FROM reservation_line l
           WHERE l.reservation_id = ANY (ids) GROUP BY 1, 2) AS f WHERE f.units > 0;
  IF skus IS NOT NULL THEN
    PERFORM stock_lock(skus, warehouses);
    PERFORM stock_apply(skus, warehouses, zeros, freed, zeros, traces[1]);
  END IF;
  IF ending = 'expired' THEN
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.reservation.expired', x.id::text, x.version + 1,
        json_strip_nulls(json_build_object('reservation_id', x.id, 'reference', x.reference, 'reference_id', x.reference_id, 'order_id', x.order_id))::text, c.trace
      FROM unnest(ids, traces) AS c(id, trace) JOIN reservation x ON x.id = c.id;
  ELSE
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.reservation.released', x.id::text, x.version + 1,
        json_strip_nulls(json_build_object('reservation_id', x.id, 'reference', x.reference, 'reference_id', x.reference_id, 'order_id', x.order_id, 'reason', c.reason, 'lines', f.lines))::text, c.trace
      FROM unnest(ids, reasons, traces) AS c(id, reason, trace) JOIN reservation x ON x.id = c.id
      JOIN LATERAL (SELECT json_agg(json_build_object('line_no', l.line_no, 'sku', l.sku, 'warehouse_id', l.warehouse_id, 'qty', l.qty - l.shipped - l.released - l.picked) ORDER BY l.line_no) AS lines
                      FROM reservation_line l WHERE l.reservation_id = x.id AND l.qty > l.shipped + l.released + l.picked) AS f ON f.lines IS NOT NULL;
  END IF;
  UPDATE reservation_line l SET released = l.qty - l.shipped - l.picked, owed = l.picked WHERE l.reservation_id = ANY (ids) AND (l.qty > l.shipped + l.released + l.picked OR l.picked > l.owed);
  UPDATE reservation x SET status = CASE WHEN f.picked > 0 THEN 'confirmed' WHEN f.shipped > 0 THEN 'fulfilled' ELSE ending END, expires_at = NULL, version = x.version + 1
    FROM (SELECT l.reservation_id, sum(l.picked) AS picked, sum(l.shipped) AS shipped FROM reservation_line l WHERE l.reservation_id = ANY (ids) GROUP BY 1) AS f
   WHERE x.id = f.reservation_id;
END $$;

-- Releases whole reservations. One that is not known leaves a tombstone, so that its reserve, if it still comes, is refused. Picked units refuse the release, unless `keep_picked`: then they stay held.
-- outcome: released (also on repeats and after expiry: nothing is held), tombstone, picked, state (it was shipped).
CREATE FUNCTION release_batch(ids uuid[], reasons text[], keep_picked boolean[], traces uuid[]) RETURNS TABLE (n integer, outcome text, status text) LANGUAGE plpgsql AS $$
DECLARE
  freed uuid[];
  freed_reasons text[];
  freed_traces uuid[];
BEGIN
  INSERT INTO reservation (id, status, created_at, is_tombstone)
  SELECT c.id, 'released', clock_timestamp(), true FROM unnest(ids) AS c(id) WHERE NOT EXISTS (SELECT FROM reservation x WHERE x.id = c.id) ORDER BY c.id
  ON CONFLICT (id) DO NOTHING;
  PERFORM 1 FROM reservation x WHERE x.id = ANY (ids) ORDER BY x.id FOR NO KEY UPDATE;
  SELECT array_agg(x.id), array_agg(c.reason), array_agg(c.trace) INTO freed, freed_reasons, freed_traces
    FROM unnest(ids, reasons, keep_picked, traces) AS c(id, reason, keeps, trace) JOIN reservation x ON x.id = c.id
   WHERE x.status = 'active' OR (x.status = 'confirmed' AND (c.keeps OR NOT EXISTS (SELECT FROM reservation_line l WHERE l.reservation_id = x.id AND l.picked > 0)));
  IF freed IS NOT NULL THEN
    PERFORM reservation_free(freed, 'released', freed_reasons, freed_traces);
  END IF;
  RETURN QUERY
    SELECT c.n::integer,
           CASE WHEN x.is_tombstone THEN 'tombstone' WHEN x.status IN ('released', 'expired') OR x.id = ANY (freed) THEN 'released' WHEN x.status = 'confirmed' THEN 'picked' ELSE 'state' END,
           x.status
      FROM unnest(ids) WITH ORDINALITY AS c(id, n) JOIN reservation x ON x.id = c.id ORDER BY c.n;
END $$;

-- Lengthens an active reservation, at most to twice its first life. outcome: extended, expired, state, absent.
CREATE FUNCTION reservation_extend(reservation uuid, wanted timestamptz) RETURNS TABLE (outcome text, status text) LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  SELECT x.status, x.is_tombstone, x.expires_at, least(wanted, x.created_at + 2 * x.ttl) AS until INTO r FROM reservation x WHERE x.id = reservation FOR NO KEY UPDATE;
  IF r.status = 'active' AND r.until > r.expires_at THEN
    UPDATE reservation x SET expires_at = r.until, version = x.version + 1 WHERE x.id = reservation;
  END IF;
  RETURN QUERY SELECT CASE WHEN r.status IS NULL OR r.is_tombstone THEN 'absent' WHEN r.status = 'active' THEN 'extended' WHEN r.status = 'expired' THEN 'expired' ELSE 'state' END, coalesce(r.status, '');
END $$;

-- Expires overdue reservations, oldest first; with `of_skus`, only those that hold one of these. It never waits for a confirm: rows locked by others are skipped. Answers how many.
CREATE FUNCTION reservation_expire(most integer, of_skus text[], trace uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
BEGIN
  SELECT array_agg(o.id) INTO ids
    FROM (SELECT x.id FROM reservation x
           WHERE x.status = 'active' AND x.expires_at <= clock_timestamp()
             AND (of_skus IS NULL OR EXISTS (SELECT FROM reservation_line l WHERE l.reservation_id = x.id AND l.sku = ANY (of_skus)))
           ORDER BY x.expires_at LIMIT most FOR NO KEY UPDATE SKIP LOCKED) AS o;
  IF ids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM reservation_free(ids, 'expired', array_fill('expired'::text, ARRAY[cardinality(ids)]), array_fill(trace, ARRAY[cardinality(ids)]));
  RETURN cardinality(ids);
END $$;
