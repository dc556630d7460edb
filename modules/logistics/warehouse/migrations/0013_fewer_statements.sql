-- The functions of every order as in 0005 and 0006, with fewer statements in each: what a statement costs by itself is most of a batch of two or three.

-- A reservation as the contract's message: what reservation_json builds, written as text.
CREATE VIEW reservation_answer AS
SELECT x.id, x.body,
       '{"id":"' || x.id || '","reference":"' || x.reference || '","reference_id":"' || x.reference_id || '","attempt":' || x.attempt
       || coalesce(',"customer_id":"' || x.customer_id || '"', '') || coalesce(',"order_id":"' || x.order_id || '"', '') || ',"status":"' || x.status || '"'
       || coalesce(',"expires_at":"' || iso_time(x.expires_at) || '"', '') || ',"version":' || x.version || ',"created_at":"' || iso_time(x.created_at) || '","lines":['
       || coalesce((SELECT string_agg('{"line_no":' || l.line_no || ',"sku":' || to_json(l.sku) || ',"warehouse_id":"' || l.warehouse_id || '","qty":' || l.qty || ',"picked":' || l.picked
                                      || ',"shipped":' || l.shipped || ',"released":' || l.released || '}', ',' ORDER BY l.line_no, l.warehouse_id)
                      FROM reservation_line l WHERE l.reservation_id = x.id), '') || ']}' AS answer
  FROM reservation x WHERE NOT x.is_tombstone;

-- As in 0005: judges a batch of reserve commands in arrival order against rows locked in one order (all-or-nothing per command) and writes all that was accepted at once.
--
-- The caller gives each id once and the distinct pairs and (line_no, pair) of a command once. Lines of command i are line_from[i] .. line_from[i + 1] - 1; line_pair points into the pairs, holder_of at the holder of the limit (0: none).
-- outcome: accepted; stored (this id with this body was answered before); differs (this id with another body); tombstone (released before it came);
-- taken (the reference has another reservation for this attempt); limit; inactive or short, with `detail` naming the lines and what is available now.
CREATE OR REPLACE FUNCTION reserve_batch(
  ids uuid[], bodies uuid[], refs text[], ref_ids uuid[], attempts integer[], customer_ids uuid[], guest_keys text[], holder_of integer[], payments text[], ttl_seconds integer[], traces uuid[],
  holders text[], active_max integer, hot_ttl_seconds integer,
  pair_sku text[], pair_warehouse uuid[],
  line_from integer[], line_pair integer[], line_qty integer[], line_no integer[], line_owner integer[])
RETURNS TABLE (n integer, outcome text, created timestamptz, granted_until timestamptz, detail text) LANGUAGE plpgsql AS $$
DECLARE
  commands constant integer := cardinality(ids);
  pairs constant integer := cardinality(pair_sku);
  available integer[] := array_fill(0, ARRAY[pairs]);
  opening integer[];
  inactive boolean[] := array_fill(false, ARRAY[pairs]);
  hot boolean[] := array_fill(false, ARRAY[pairs]);
  any_hot boolean := false;
  outcomes text[] := array_fill(NULL::text, ARRAY[commands]);
  details text[] := array_fill(NULL::text, ARRAY[commands]);
  untils text[] := array_fill(''::text, ARRAY[commands]);
  until_of text := '';
  until_ttl integer := -1;
  ttls integer[] := ttl_seconds;
  held integer[] := array_fill(0, ARRAY[cardinality(holders)]);
  deltas integer[];
  crossed text[] := '{}';
  accepted integer := 0;
  wanting text;
  is_short boolean;
  is_inactive boolean;
  moment timestamptz;
  r record;
  p integer;
BEGIN
  FOR r IN
    SELECT l.n::integer AS n, s.on_hand - s.reserved - s.buffer AS available, w.status <> 'active' AS inactive, coalesce(f.is_hot, false) AS hot
      FROM unnest(pair_sku, pair_warehouse) WITH ORDINALITY AS l(sku, warehouse_id, n)
      JOIN stock s ON s.sku = l.sku AND s.warehouse_id = l.warehouse_id
      JOIN warehouse w ON w.id = s.warehouse_id
      LEFT JOIN sku_state f ON f.sku = s.sku
     ORDER BY s.sku, s.warehouse_id FOR NO KEY UPDATE OF s
  LOOP
    available[r.n] := r.available;
    IF r.inactive THEN inactive[r.n] := true; END IF;
    IF r.hot THEN hot[r.n] := true; any_hot := true; END IF;
  END LOOP;
  opening := available;
  moment := clock_timestamp();

  -- Read after the locks: who held them before us has committed by now.
  FOR r IN
    SELECT c.n, CASE WHEN x.is_tombstone THEN 'tombstone' WHEN x.body = c.body THEN 'stored' ELSE 'differs' END AS outcome
      FROM unnest(ids, bodies) WITH ORDINALITY AS c(id, body, n) JOIN reservation x ON x.id = c.id
    UNION ALL
    SELECT c.n, 'taken' FROM unnest(ids, ref_ids, attempts) WITH ORDINALITY AS c(id, ref_id, attempt, n)
      JOIN reservation x ON x.reference_id = c.ref_id AND x.attempt = c.attempt AND x.id <> c.id
  LOOP
    IF outcomes[r.n] IS NULL OR r.outcome <> 'taken' THEN outcomes[r.n] := r.outcome; END IF;
  END LOOP;
  IF cardinality(holders) > 0 THEN
    -- Two looks by key, each into its own index: with OR, or with the time as a condition, a plan may read all that is active instead.
    FOR r IN
      SELECT c.n, (SELECT count(*) FILTER (WHERE x.reference = 'checkout' AND x.expires_at > moment) FROM reservation x WHERE x.customer_id = c.customer_id AND x.status = 'active')
                + (SELECT count(*) FILTER (WHERE x.reference = 'checkout' AND x.expires_at > moment AND (c.customer_id IS NULL OR x.customer_id IS DISTINCT FROM c.customer_id)) FROM reservation x
                    WHERE x.guest_key = c.guest_key AND x.status = 'active') AS held
        FROM (SELECT DISTINCT h.holder, h.customer_id, h.guest_key FROM unnest(holder_of, customer_ids, guest_keys) AS h(holder, customer_id, guest_key)) AS c(n, customer_id, guest_key)
       WHERE c.n > 0
    LOOP
      held[r.n] := r.held;
    END LOOP;
  END IF;

  FOR i IN 1 .. commands LOOP
    CONTINUE WHEN outcomes[i] IS NOT NULL;
    IF holder_of[i] > 0 AND held[holder_of[i]] >= active_max THEN
      outcomes[i] := 'limit';
      CONTINUE;
    END IF;
    is_short := false;
    is_inactive := false;
    wanting := '';
    FOR j IN line_from[i] .. line_from[i + 1] - 1 LOOP
      p := line_pair[j];
      available[p] := available[p] - line_qty[j];
      IF available[p] < 0 OR inactive[p] THEN
        is_short := true;
        is_inactive := is_inactive OR inactive[p];
        wanting := wanting || ',{"line_no":' || line_no[j] || ',"sku":' || to_json(pair_sku[p]) || ',"warehouse_id":"' || pair_warehouse[p] || '","requested":' || line_qty[j] || ',"available":' || greatest(0, available[p] + line_qty[j]) || '}';
      END IF;
    END LOOP;
    IF is_short THEN
      FOR j IN line_from[i] .. line_from[i + 1] - 1 LOOP
        available[line_pair[j]] := available[line_pair[j]] + line_qty[j];
      END LOOP;
      outcomes[i] := CASE WHEN is_inactive THEN 'inactive' ELSE 'short' END;
      details[i] := '[' || substr(wanting, 2) || ']';
      CONTINUE;
    END IF;
    outcomes[i] := 'accepted';
    accepted := accepted + 1;
    IF holder_of[i] > 0 THEN held[holder_of[i]] := held[holder_of[i]] + 1; END IF;
    IF any_hot AND ttls[i] > hot_ttl_seconds THEN
      FOR j IN line_from[i] .. line_from[i + 1] - 1 LOOP
        IF hot[line_pair[j]] THEN ttls[i] := hot_ttl_seconds; EXIT; END IF;
      END LOOP;
    END IF;
    IF ttls[i] <> until_ttl THEN
      until_ttl := ttls[i];
      until_of := iso_time(moment + make_interval(secs => until_ttl));
    END IF;
    untils[i] := until_of;
  END LOOP;

  IF accepted > 0 THEN
    FOR i IN 1 .. pairs LOOP
      deltas[i] := opening[i] - available[i];
      IF opening[i] > 0 AND available[i] <= 0 THEN crossed := crossed || pair_sku[i]; END IF;
    END LOOP;
    -- In id order, so that two processes given the same ids wait instead of deadlocking. A conflict here is an id, or a reference, that another process took over other rows: the batch is asked again.
    INSERT INTO reservation (id, body, reference, reference_id, attempt, customer_id, guest_key, status, payment_method, ttl, created_at, expires_at)
    SELECT c.id, c.body, c.ref, c.ref_id, c.attempt, c.customer_id, c.guest_key, 'active', c.payment, make_interval(secs => c.ttl), moment, moment + make_interval(secs => c.ttl)
      FROM unnest(ids, bodies, refs, ref_ids, attempts, customer_ids, guest_keys, payments, ttls, outcomes) AS c(id, body, ref, ref_id, attempt, customer_id, guest_key, payment, ttl, outcome)
     WHERE c.outcome = 'accepted' ORDER BY c.id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS p = ROW_COUNT;
    IF p <> accepted THEN
      RAISE EXCEPTION 'a reservation was made meanwhile' USING ERRCODE = '40001';
    END IF;
    -- The events are written as text: three times cheaper than json_build_object, and nothing but the SKUs needs escaping.
    WITH changed AS (
      UPDATE stock s SET reserved = s.reserved + d.delta, version = s.version + 1, updated_at = moment
        FROM unnest(pair_sku, pair_warehouse, deltas) WITH ORDINALITY AS d(sku, warehouse_id, delta, n)
       WHERE s.sku = d.sku AND s.warehouse_id = d.warehouse_id AND d.delta > 0
      RETURNING d.n, s.sku, s.warehouse_id, s.on_hand, s.reserved, s.on_hand - s.reserved - s.buffer AS available, s.reorder_point, s.version),
    lines AS (
      SELECT l.owner, l.place, l.line_no, pair_sku[l.pair] AS sku, pair_warehouse[l.pair] AS warehouse_id, l.qty
        FROM unnest(line_pair, line_qty, reserve_batch.line_no, line_owner) WITH ORDINALITY AS l(pair, qty, line_no, owner, place) WHERE outcomes[l.owner] = 'accepted'),
    held AS (
      INSERT INTO reservation_line (reservation_id, line_no, warehouse_id, sku, qty) SELECT ids[l.owner], l.line_no, l.warehouse_id, l.sku, l.qty FROM lines l)
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT e.topic, e.aggregate, e.version, e.data, e.trace
      FROM (SELECT 1 AS part, c.n, 'warehouse.reservation.created' AS topic, c.id::text AS aggregate, 1::bigint AS version,
                   '{"reservation_id":"' || c.id || '","reference":"' || c.ref || '","reference_id":"' || c.ref_id || '","attempt":' || c.attempt || ',"expires_at":"' || c.until || '","lines":['
                   || g.lines || ']}' AS data, c.trace
              FROM unnest(ids, refs, ref_ids, attempts, untils, traces) WITH ORDINALITY AS c(id, ref, ref_id, attempt, until, trace, n)
              JOIN (SELECT l.owner, string_agg('{"line_no":' || l.line_no || ',"sku":' || to_json(l.sku) || ',"warehouse_id":"' || l.warehouse_id || '","qty":' || l.qty || '}', ',' ORDER BY l.place) AS lines
                      FROM lines l GROUP BY 1) AS g ON g.owner = c.n
            UNION ALL
            SELECT 2, s.n, 'warehouse.stock.changed', s.warehouse_id || '.' || s.sku, s.version,
                   '{"sku":' || to_json(s.sku) || ',"warehouse_id":"' || s.warehouse_id || '","on_hand":' || s.on_hand || ',"reserved":' || s.reserved || ',"available":' || greatest(0, s.available)
                   || ',"status":"' || stock_status(s.available, s.reorder_point) || '","version":' || s.version || '}', traces[1]
              FROM changed s) AS e
     ORDER BY e.part, e.n;
    IF cardinality(crossed) > 0 THEN
      PERFORM depletion_publish(crossed, traces[1]);
    END IF;
  END IF;
  created := moment;
  FOR i IN 1 .. commands LOOP
    n := i;
    outcome := outcomes[i];
    granted_until := CASE WHEN outcomes[i] = 'accepted' THEN moment + make_interval(secs => ttls[i]) END;
    detail := details[i];
    RETURN NEXT;
  END LOOP;
END $$;

-- As in 0006. outcome: confirmed (also on repeats), other_order, expired, state, absent. The clock is not asked: an overdue row that the sweep has not taken is still active.
CREATE OR REPLACE FUNCTION confirm_batch(ids uuid[], orders uuid[], traces uuid[]) RETURNS TABLE (n integer, outcome text, status text, answer text) LANGUAGE plpgsql AS $$
DECLARE
  active uuid[];
BEGIN
  SELECT array_agg(l.id) FILTER (WHERE l.status = 'active') INTO active
    FROM (SELECT x.id, x.status FROM reservation x WHERE x.id = ANY (ids) ORDER BY x.id FOR NO KEY UPDATE) AS l;
  -- By the key alone: with `status` as a condition a plan may read all that is active, by one of the indexes that hold only those.
  WITH changed AS (
    UPDATE reservation x SET status = 'confirmed', expires_at = NULL, order_id = c.order_id, version = x.version + 1
      FROM unnest(ids, orders, traces) WITH ORDINALITY AS c(id, order_id, trace, n) WHERE x.id = c.id AND c.id = ANY (active) AND (x.order_id IS NULL OR x.order_id = c.order_id)
    RETURNING x.id, x.version, x.reference, x.reference_id, x.order_id, c.trace, c.n)
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT 'warehouse.reservation.confirmed', x.id::text, x.version,
         '{"reservation_id":"' || x.id || '","reference":"' || x.reference || '","reference_id":"' || x.reference_id || '","order_id":"' || x.order_id || '","lines":['
         || coalesce((SELECT string_agg('{"line_no":' || l.line_no || ',"sku":' || to_json(l.sku) || ',"warehouse_id":"' || l.warehouse_id || '","qty":' || (l.qty - l.shipped - l.released) || '}', ','
                                        ORDER BY l.line_no)
                        FROM reservation_line l WHERE l.reservation_id = x.id AND l.qty > l.shipped + l.released), '') || ']}', x.trace
    FROM changed x ORDER BY x.n;
  RETURN QUERY
    SELECT c.n::integer,
           CASE WHEN x.id IS NULL OR x.is_tombstone THEN 'absent' WHEN x.order_id <> c.order_id THEN 'other_order' WHEN x.status IN ('confirmed', 'fulfilled') THEN 'confirmed'
                WHEN x.status = 'expired' THEN 'expired' ELSE 'state' END,
           coalesce(x.status, ''),
           CASE WHEN x.status IN ('confirmed', 'fulfilled') AND x.order_id = c.order_id THEN (SELECT a.answer FROM reservation_answer a WHERE a.id = x.id) END
      FROM unnest(ids, orders) WITH ORDINALITY AS c(id, order_id, n) LEFT JOIN reservation x ON x.id = c.id ORDER BY c.n;
END $$;

SELECT plan_functions(ARRAY['reserve_batch', 'confirm_batch'],
                      'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
