-- Judges a batch of reserve commands in arrival order against rows locked in one order (all-or-nothing per command) and writes all that was accepted at once.
--
-- The caller gives each id once and the distinct pairs and (line_no, pair) of a command once. Lines of command i are line_from[i] .. line_from[i + 1] - 1; line_pair points into the pairs, holder_of at the holder of the limit (0: none).
-- outcome: accepted; stored (this id with this body was answered before); differs (this id with another body); tombstone (released before it came);
-- taken (the reference has another reservation for this attempt); limit; inactive or short, with `detail` naming the lines and what is available now.
CREATE FUNCTION reserve_batch(
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
  pair_json text[];
  untils text[] := array_fill(''::text, ARRAY[commands]);
  until_of text := '';
  until_ttl integer := -1;
  ttls integer[] := ttl_seconds;
  held integer[] := array_fill(0, ARRAY[cardinality(holders)]);
  deltas integer[];
  crossed text[];
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
  SELECT array_agg(',"sku":' || to_json(l.sku) || ',"warehouse_id":"' || l.warehouse_id || '"' ORDER BY l.n) INTO pair_json FROM unnest(pair_sku, pair_warehouse) WITH ORDINALITY AS l(sku, warehouse_id, n);
  moment := clock_timestamp();

  -- Read after the locks: who held them before us has committed by now.
  FOR r IN
    SELECT c.n, x.is_tombstone, x.body = c.body AS same FROM unnest(ids, bodies) WITH ORDINALITY AS c(id, body, n) JOIN reservation x ON x.id = c.id
  LOOP
    outcomes[r.n] := CASE WHEN r.is_tombstone THEN 'tombstone' WHEN r.same THEN 'stored' ELSE 'differs' END;
  END LOOP;
  FOR r IN
    SELECT c.n FROM unnest(ids, ref_ids, attempts) WITH ORDINALITY AS c(id, ref_id, attempt, n)
      JOIN reservation x ON x.reference_id = c.ref_id AND x.attempt = c.attempt AND x.id <> c.id
  LOOP
    outcomes[r.n] := coalesce(outcomes[r.n], 'taken');
  END LOOP;
  IF cardinality(holders) > 0 THEN
    FOR r IN
      SELECT c.n, count(*)::integer AS held FROM (SELECT DISTINCT h.holder, h.customer_id, h.guest_key FROM unnest(holder_of, customer_ids, guest_keys) AS h(holder, customer_id, guest_key)) AS c(n, customer_id, guest_key)
        JOIN reservation x ON (x.customer_id = c.customer_id OR x.guest_key = c.guest_key) AND x.status = 'active' AND x.reference = 'checkout' AND x.expires_at > moment
       WHERE c.n > 0 GROUP BY c.n
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
        wanting := wanting || ',{"line_no":' || line_no[j] || pair_json[p] || ',"requested":' || line_qty[j] || ',"available":' || greatest(0, available[p] + line_qty[j]) || '}';
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
    SELECT array_agg(o.was - o.is_now ORDER BY o.n), coalesce(array_agg(o.sku) FILTER (WHERE o.was > 0 AND o.is_now <= 0), '{}')
      INTO deltas, crossed
      FROM unnest(opening, available, pair_sku) WITH ORDINALITY AS o(was, is_now, sku, n);
    UPDATE stock s SET reserved = s.reserved + d.delta, version = s.version + 1, updated_at = moment
      FROM unnest(pair_sku, pair_warehouse, deltas) AS d(sku, warehouse_id, delta)
     WHERE s.sku = d.sku AND s.warehouse_id = d.warehouse_id AND d.delta > 0;
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
    INSERT INTO reservation_line (reservation_id, line_no, warehouse_id, sku, qty)
    SELECT ids[l.owner], l.line_no, pair_warehouse[l.pair], pair_sku[l.pair], l.qty
      FROM unnest(line_pair, line_qty, reserve_batch.line_no, line_owner) AS l(pair, qty, line_no, owner) WHERE outcomes[l.owner] = 'accepted';
    -- Written as text: three times cheaper than json_build_object, and nothing but the SKUs needs escaping.
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT 'warehouse.reservation.created', c.id::text, 1,
        '{"reservation_id":"' || c.id || '","reference":"' || c.ref || '","reference_id":"' || c.ref_id || '","attempt":' || c.attempt || ',"expires_at":"' || c.until || '","lines":[' || g.lines || ']}', c.trace
      FROM unnest(ids, refs, ref_ids, attempts, untils, traces) WITH ORDINALITY AS c(id, ref, ref_id, attempt, until, trace, n)
      JOIN (SELECT l.owner, string_agg('{"line_no":' || l.line_no || pair_json[l.pair] || ',"qty":' || l.qty || '}', ',') AS lines
              FROM unnest(line_pair, line_qty, reserve_batch.line_no, line_owner) AS l(pair, qty, line_no, owner) WHERE outcomes[l.owner] = 'accepted' GROUP BY 1) AS g ON g.owner = c.n;
    PERFORM stock_publish(array_agg(d.sku), array_agg(d.warehouse_id), crossed, traces[1]) FROM unnest(pair_sku, pair_warehouse, deltas) AS d(sku, warehouse_id, delta) WHERE d.delta > 0;
  END IF;
  RETURN QUERY
    SELECT c.n::integer, c.outcome, moment, CASE WHEN c.outcome = 'accepted' THEN moment + make_interval(secs => c.ttl) END, c.detail
      FROM unnest(outcomes, ttls, details) WITH ORDINALITY AS c(outcome, ttl, detail, n) ORDER BY c.n;
END $$;
