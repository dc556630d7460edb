-- The rows of an order as one transaction: what a shop with one database and one function would write. The tables are the modules' own, made by their migrations
-- before this file runs, with every index and CHECK. Their triggers are off, and nothing is written twice: no state in between, no saga, no key, no cart.
--
-- Needs the variable `skus`: articles per warehouse.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT format('%I', c.relname) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') LOOP
    EXECUTE 'ALTER TABLE ' || name || ' DISABLE TRIGGER USER';
  END LOOP;
END $$;

INSERT INTO warehouse (id, code, name, type, status, priority, country, address, timezone, accepts_returns, handling_cost_minor, pick_cost_minor, currency)
SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'W' || n, 'W' || n, 'fulfillment', 'active', n, 'GB', '{}', 'Europe/London', true, 50, 5, 'GBP'
  FROM generate_series(1, 3) AS n;
INSERT INTO stock (sku, warehouse_id, on_hand) SELECT 'B' || 999 + s, w.id, 1000000 FROM generate_series(1, :skus) AS s, warehouse w ORDER BY 1, 2;

-- Three articles, given in their order, one unit each, from one warehouse. Answers the order's number.
CREATE FUNCTION ceiling_order(p_warehouse integer, p_a integer, p_b integer, p_c integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  moment    constant timestamptz := clock_timestamp();
  -- Ordered by time, as the platform's own ids.
  v_order   constant uuid := (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
  v_saga    constant uuid := gen_random_uuid();
  v_number  constant text := 'EM-' || upper(substr(replace(v_saga::text, '-', ''), 1, 12));  -- 48 random bits: two alike would end the bench.
  v_session constant uuid := gen_random_uuid();
  v_hold    constant uuid := gen_random_uuid();
  v_payment constant uuid := gen_random_uuid();
  v_group   constant uuid := gen_random_uuid();
  v_place   constant uuid := ('00000000-0000-7000-8000-00000000000' || p_warehouse)::uuid;
  v_skus    constant text[] := ARRAY['B' || p_a, 'B' || p_b, 'B' || p_c];
  v_trace   constant uuid := gen_random_uuid();
  v_address constant text := '{"name":"Guest of the shop","country":"GB","region_code":"GB-ENG","city":"London","line1":"1 Market Street","postal_code":"EC1A 1BB"}';
  v_stock   text[] := '{}';
  v_version bigint;
  v_reserved integer;
  v_facts   text;
  v_lines   text := '';
  v_held    text := '';
BEGIN
  FOR i IN 1 .. 3 LOOP
    UPDATE stock SET reserved = reserved + 1, version = version + 1, updated_at = moment
     WHERE sku = v_skus[i] AND warehouse_id = v_place AND on_hand - reserved - buffer >= 1 RETURNING version, reserved INTO v_version, v_reserved;
    IF NOT FOUND THEN RAISE EXCEPTION 'out of stock: %', v_skus[i]; END IF;
    v_stock := v_stock || ('{"sku":"' || v_skus[i] || '","warehouse_id":"' || v_place || '","on_hand":1000000,"reserved":' || v_reserved || ',"available":'
                           || 1000000 - v_reserved || ',"status":"in_stock","version":' || v_version || '}');
    v_held := v_held || CASE WHEN i > 1 THEN ',' ELSE '' END || '{"line_no":' || i || ',"sku":"' || v_skus[i] || '","warehouse_id":"' || v_place || '","qty":1}';
    v_lines := v_lines || CASE WHEN i > 1 THEN ',' ELSE '' END || '{"line_no":' || i || ',"product_id":"' || v_session || '","sku":"' || v_skus[i]
               || '","name":"Article of the bench","qty":1,"cancelled_qty":0,"unit_price":{"amount":450,"currency":"GBP"},"total":{"amount":450,"currency":"GBP"},'
               || '"allocations":[{"warehouse_id":"' || v_place || '","qty":1,"reservation_id":"' || v_hold || '"}]}';
  END LOOP;

  INSERT INTO reservation (id, body, reference, reference_id, attempt, guest_key, order_id, status, payment_method, ttl, created_at, version)
  VALUES (v_hold, v_trace, 'checkout', v_saga, 1, v_saga::text || v_session, v_order, 'confirmed', 'cod', interval '10 minutes', moment, 2);
  INSERT INTO reservation_line (reservation_id, line_no, warehouse_id, sku, qty)
  VALUES (v_hold, 1, v_place, v_skus[1], 1), (v_hold, 2, v_place, v_skus[2], 1), (v_hold, 3, v_place, v_skus[3], 1);

  INSERT INTO order_header (id, order_number, saga_id, session_id, origin, contact_email, currency, subtotal, discount, shipping, shipping_discount, shipping_tax, tax,
                            payment_fee, points_value, grand_total, line_count, unit_count, shipping_address, billing_address, reservation_id, pricing_quote_id, channel,
                            locale, payment_method, payment_provider, payment_id, payment_status, status, placed_at, confirmed_at, history_seq, request_digest, version)
  VALUES (v_order, v_number, v_saga, v_session, 'checkout', v_session || '@bench.example', 'GBP', 1350, 0, 395, 0, 0, 0, 0, 0, 1745, 3, 3, v_address::jsonb,
          v_address::jsonb, v_hold, v_trace, 'web', 'en', 'cod', 'cod', v_payment, 'cod_pending', 'confirmed', moment, moment, 2, v_trace, 2);
  INSERT INTO order_line (order_id, line_no, product_id, sku, name, unit_price, qty, discount, tax, tax_breakdown, total, allocations)
  SELECT v_order, n, v_session, v_skus[n], 'Article of the bench', 450, 1, 0, 0, '[]', 450,
         ('[{"warehouse_id":"' || v_place || '","qty":1,"reservation_id":"' || v_hold || '"}]')::jsonb
    FROM generate_series(1, 3) AS n;
  INSERT INTO order_shipment_group (order_id, group_id, warehouse_id, method_id, method_name, carrier, service_level, quote_id, fee)
  VALUES (v_order, v_group, v_place, 'standard', 'Standard', 'demo', 'standard', v_trace, 395);
  INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, at)
  VALUES (v_order, 1, NULL, 'pending_payment', 'checkout', moment), (v_order, 2, 'pending_payment', 'confirmed', 'checkout', moment);

  INSERT INTO payment (id, order_id, order_number, attempt_no, method, provider, amount, currency, status, assessment_id, request_digest, transaction_seq, created_at, updated_at)
  VALUES (v_payment, v_order, v_number, 1, 'cod', 'cod', 1745, 'GBP', 'pending_collection', v_trace, v_trace, 1, moment, moment);
  INSERT INTO payment_transaction (payment_id, seq, type, from_status, to_status, amount, outcome, at)
  VALUES (v_payment, 1, 'create', NULL, 'pending_collection', 1745, 'succeeded', moment);

  v_facts := '{"order_id":"' || v_order || '","order_number":"' || v_number || '","saga_id":"' || v_saga || '","contact":{"email":"' || v_session
             || '@bench.example"},"currency":"GBP","totals":{"subtotal":{"amount":1350,"currency":"GBP"},"discount":{"amount":0,"currency":"GBP"},'
             || '"shipping":{"amount":395,"currency":"GBP"},"shipping_discount":{"amount":0,"currency":"GBP"},"tax":{"amount":0,"currency":"GBP"},'
             || '"payment_fee":{"amount":0,"currency":"GBP"},"points_value":{"amount":0,"currency":"GBP"},"grand_total":{"amount":1745,"currency":"GBP"}},"lines":['
             || v_lines || '],"payment":{"method":"cod","provider":"cod","payment_id":"' || v_payment || '","status":"cod_pending"},"shipping_address":' || v_address
             || ',"shipment_groups":[{"id":"' || v_group || '","warehouse_id":"' || v_place || '","method_id":"standard","carrier":"demo","service_level":"standard",'
             || '"quote_id":"' || v_trace || '","fee":{"amount":395,"currency":"GBP"}}],"placed_at":"2010-12-01T08:26:00.000000Z"}';
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace) VALUES
    ('warehouse.stock.changed', v_place || '.' || v_skus[1], 1, v_stock[1], v_trace),
    ('warehouse.stock.changed', v_place || '.' || v_skus[2], 1, v_stock[2], v_trace),
    ('warehouse.stock.changed', v_place || '.' || v_skus[3], 1, v_stock[3], v_trace),
    ('warehouse.reservation.confirmed', v_hold::text, 1, '{"reservation_id":"' || v_hold || '","reference":"checkout","reference_id":"' || v_saga || '","order_id":"'
     || v_order || '","lines":[' || v_held || ']}', v_trace),
    ('order.order.created', v_order::text, 1, v_facts, v_trace),
    ('order.order.confirmed', v_order::text, 2, v_facts, v_trace);
  RETURN v_number;
END $$;
