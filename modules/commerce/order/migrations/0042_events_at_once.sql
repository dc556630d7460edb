-- Births and confirmations as in 0011, for a fifth less: all events of a batch are one INSERT (each statement into the partitioned outbox sets up its routing and its checks anew),
-- texts are joined instead of built as JSON, and a batch in which every command did what it asked for is not looked up again for its answer.

-- The payment as the order's events tell it; the same words as order_facts.
CREATE FUNCTION order_payment_fact(p_method text, p_provider text, p_payment uuid, p_status text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT '{"method":"' || p_method || '"' || COALESCE(',"provider":' || to_json(p_provider), '') || COALESCE(',"payment_id":"' || p_payment || '"', '') || ',"status":"' || p_status || '"}'
$$;

-- As in 0011. One answer per command, in order: outcome is 'created', 'repeated' (read the order back), or a refusal: ORDER_CANCELLED, SESSION_HAS_ORDER,
-- IDEMPOTENCY_KEY_REUSED, ORDER_NUMBER_TAKEN (draw another). Lines and groups carry the number (from 1) of the command they belong to.
CREATE OR REPLACE FUNCTION create_orders_batch(
  p_ids uuid[], p_numbers text[], p_sagas uuid[], p_sessions uuid[], p_origins text[], p_customers uuid[], p_emails text[], p_phones text[], p_currencies text[],
  p_subtotals bigint[], p_discounts bigint[], p_shippings bigint[], p_shipping_discounts bigint[], p_shipping_taxes bigint[], p_taxes bigint[], p_fees bigint[],
  p_points bigint[], p_totals bigint[], p_credits bigint[], p_line_counts integer[], p_unit_counts bigint[], p_shipping_addresses jsonb[], p_billing_addresses jsonb[], p_reservations uuid[],
  p_quotes uuid[], p_staff uuid[], p_channels text[], p_locales text[], p_methods text[], p_deadlines timestamptz[], p_digests uuid[], p_before text[], p_after text[], p_traces uuid[],
  p_at timestamptz,
  l_ord integer[], l_no integer[], l_products uuid[], l_skus text[], l_names text[], l_images text[], l_sellers uuid[], l_prices bigint[], l_qtys integer[],
  l_discounts bigint[], l_taxes bigint[], l_breakdowns jsonb[], l_totals bigint[], l_allocations jsonb[],
  g_ord integer[], g_ids uuid[], g_warehouses uuid[], g_sellers uuid[], g_methods text[], g_names text[], g_carriers text[], g_levels text[], g_quotes uuid[], g_fees bigint[])
RETURNS TABLE (ord integer, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  v_first integer[];  -- The command that made each new order: the same saga may come many times in one batch.
BEGIN
  WITH made AS (
    INSERT INTO order_header (id, order_number, saga_id, session_id, origin, customer_id, contact_email, contact_phone, currency, subtotal, discount, shipping,
        shipping_discount, shipping_tax, tax, payment_fee, points_value, grand_total, credit_value, line_count, unit_count, shipping_address, billing_address, reservation_id,
        pricing_quote_id, acting_staff_id, channel, locale, payment_method, payment_status, payment_deadline, status, placed_at, request_digest)
    SELECT i.id, i.number, i.saga, i.session, i.origin, i.customer, i.email, i.phone, i.currency, i.subtotal, i.discount, i.shipping, i.shipping_discount, i.shipping_tax,
        i.tax, i.fee, i.points, i.total, i.credit, i.line_count, i.unit_count, i.shipping_address, i.billing_address, i.reservation, i.quote, i.staff, i.channel, i.locale, i.method,
        CASE WHEN i.method = 'none' THEN 'none' ELSE 'pending' END, i.deadline, 'pending_payment', p_at, i.digest
      FROM unnest(p_ids, p_numbers, p_sagas, p_sessions, p_origins, p_customers, p_emails, p_phones, p_currencies, p_subtotals, p_discounts, p_shippings,
                  p_shipping_discounts, p_shipping_taxes, p_taxes, p_fees, p_points, p_totals, p_credits, p_line_counts, p_unit_counts, p_shipping_addresses, p_billing_addresses,
                  p_reservations, p_quotes, p_staff, p_channels, p_locales, p_methods, p_deadlines, p_digests)
           WITH ORDINALITY AS i (id, number, saga, session, origin, customer, email, phone, currency, subtotal, discount, shipping, shipping_discount, shipping_tax, tax, fee,
                                 points, total, credit, line_count, unit_count, shipping_address, billing_address, reservation, quote, staff, channel, locale, method, deadline,
                                 digest, n)
     WHERE NOT EXISTS (SELECT FROM order_tombstone t WHERE t.order_id = i.id)
     ORDER BY i.session, i.id, i.n  -- One order for all writers, so two batches with the same sagas wait instead of deadlocking.
    ON CONFLICT DO NOTHING
    RETURNING order_header.id)
  SELECT array_agg(array_position(p_ids, made.id)) INTO v_first FROM made;

  IF v_first IS NOT NULL THEN
    INSERT INTO order_line (order_id, line_no, product_id, sku, name, image, seller_id, unit_price, qty, discount, tax, tax_breakdown, total, allocations)
    SELECT p_ids[l.n], l.no, l.product, l.sku, l.name, l.image, l.seller, l.price, l.qty, l.discount, l.tax, l.breakdown, l.total, l.allocation
      FROM unnest(l_ord, l_no, l_products, l_skus, l_names, l_images, l_sellers, l_prices, l_qtys, l_discounts, l_taxes, l_breakdowns, l_totals, l_allocations)
           AS l (n, no, product, sku, name, image, seller, price, qty, discount, tax, breakdown, total, allocation)
     WHERE l.n = ANY (v_first);
    INSERT INTO order_shipment_group (order_id, group_id, warehouse_id, seller_id, method_id, method_name, carrier, service_level, quote_id, fee)
    SELECT p_ids[g.n], g.id, g.warehouse, g.seller, g.method, g.name, g.carrier, g.level, g.quote, g.fee
      FROM unnest(g_ord, g_ids, g_warehouses, g_sellers, g_methods, g_names, g_carriers, g_levels, g_quotes, g_fees)
           AS g (n, id, warehouse, seller, method, name, carrier, level, quote, fee)
     WHERE g.n = ANY (v_first);
    WITH made AS (
      SELECT p_ids[f.n] AS id, f.place, CASE p_origins[f.n] WHEN 'exchange' THEN 'return' ELSE 'checkout' END AS actor, p_methods[f.n] AS method, p_before[f.n] AS before, p_after[f.n] AS after,
             p_traces[f.n] AS trace
        FROM unnest(v_first) WITH ORDINALITY AS f (n, place)),
    history AS (
      INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, reason, at)
      SELECT m.id, 1, NULL, 'pending_payment', m.actor, NULL, p_at FROM made m),
    birth AS (
      INSERT INTO order_birth (order_id, before_payment, after_payment) SELECT m.id, m.before, m.after FROM made m)
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT e.topic, m.id::text, 1, e.data, m.trace
      FROM made m
     CROSS JOIN LATERAL (VALUES
       (1, 'order.order.created', m.before || order_payment_fact(m.method, NULL, NULL, CASE m.method WHEN 'none' THEN 'none' ELSE 'pending' END) || m.after),
       (2, 'order.order.status_changed', '{"order_id":"' || m.id || '","to":"pending_payment","actor_type":"' || m.actor || '","seq":1}')) AS e (k, topic, data)
     ORDER BY m.place, e.k;
    IF cardinality(v_first) = cardinality(p_ids) THEN
      outcome := 'created';
      FOR i IN 1 .. cardinality(p_ids) LOOP
        ord := i;
        RETURN NEXT;
      END LOOP;
      RETURN;
    END IF;
  END IF;

  RETURN QUERY
    SELECT i.n::integer,
           CASE WHEN i.n = ANY (v_first) THEN 'created'
                WHEN h.id IS NOT NULL THEN CASE WHEN h.request_digest = i.digest THEN 'repeated' ELSE 'IDEMPOTENCY_KEY_REUSED' END
                WHEN EXISTS (SELECT FROM order_tombstone t WHERE t.order_id = i.id) THEN 'ORDER_CANCELLED'
                WHEN EXISTS (SELECT FROM order_header o WHERE o.id = i.id) THEN 'IDEMPOTENCY_KEY_REUSED'
                WHEN EXISTS (SELECT FROM order_header o WHERE o.session_id = i.session AND o.status <> 'cancelled') THEN 'SESSION_HAS_ORDER'
                ELSE 'ORDER_NUMBER_TAKEN' END
      FROM unnest(p_ids, p_sagas, p_sessions, p_digests) WITH ORDINALITY AS i (id, saga, session, digest, n)
      LEFT JOIN order_header h ON h.saga_id = i.saga
     ORDER BY i.n;
END $$;

-- As in 0011. One answer per command, in order: outcome is 'confirmed', 'repeated', or a refusal: ORDER_NOT_FOUND, INVALID_TRANSITION, NOT_PAYABLE,
-- REVIEW_NOT_APPROVED; `status` is the order's present one.
CREATE OR REPLACE FUNCTION confirm_orders_batch(p_ids uuid[], p_payments uuid[], p_payment_statuses text[], p_providers text[], p_traces uuid[], p_at timestamptz)
RETURNS TABLE (ord integer, outcome text, status text) LANGUAGE plpgsql AS $$
DECLARE
  v_done integer[];
BEGIN
  -- A statement of its own: what follows reads the birth text, which an edit of the address takes away under this lock.
  PERFORM FROM order_header h WHERE h.id = ANY (p_ids) ORDER BY h.id FOR NO KEY UPDATE;

  WITH asked AS (
    SELECT DISTINCT ON (i.id) i.* FROM unnest(p_ids, p_payments, p_payment_statuses, p_providers, p_traces) WITH ORDINALITY AS i (id, payment, paid, provider, trace, n)
     ORDER BY i.id, i.n),
  moved AS (
    UPDATE order_header h
       SET status = 'confirmed', confirmed_at = p_at, payment_id = COALESCE(a.payment, h.payment_id), payment_status = a.paid,
           payment_provider = COALESCE(a.provider, h.payment_provider), history_seq = h.history_seq + 1, version = h.version + 1,
           paid_at = CASE WHEN a.paid = 'captured' OR h.grand_total = h.credit_value THEN COALESCE(h.paid_at, p_at) ELSE h.paid_at END
      FROM asked a, order_header old
     WHERE h.id = a.id AND old.id = h.id AND h.confirmed_at IS NULL
       AND (h.status = 'pending_payment' OR (h.status = 'fraud_review' AND h.review_decision = 'approve'))
       AND ((a.paid = 'captured' AND a.payment IS NOT NULL) OR (a.paid = 'cod_pending' AND h.payment_method = 'cod' AND a.payment IS NOT NULL)
            OR (a.paid = 'none' AND h.grand_total = h.credit_value))
    RETURNING h, h.id, h.version, h.history_seq AS seq, old.status AS was, h.paid_at IS NOT NULL AND old.paid_at IS NULL AS is_paid_now, a.trace, a.n,
              order_payment_fact(h.payment_method, h.payment_provider, h.payment_id, h.payment_status) || COALESCE(',"reason":' || to_json(h.cancel_reason), '') AS payment),
  history AS (
    INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, at)
    SELECT m.id, m.seq, m.was, 'confirmed', 'checkout', p_at FROM moved m),
  told AS (
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    SELECT e.topic, m.id::text, m.version, e.data, m.trace
      FROM moved m LEFT JOIN order_birth b ON b.order_id = m.id
     CROSS JOIN LATERAL (SELECT CASE WHEN b.order_id IS NULL THEN order_facts(m.h) ELSE b.before_payment || m.payment || b.after_payment END AS facts OFFSET 0) f
     CROSS JOIN LATERAL (VALUES
       (1, 'order.order.confirmed', f.facts),
       (2, 'order.order.status_changed', '{"order_id":"' || m.id || '","from":"' || m.was || '","to":"confirmed","actor_type":"checkout","seq":' || m.seq || '}'),
       (3, CASE WHEN m.is_paid_now THEN 'order.order.paid' END, f.facts)) AS e (k, topic, data)
     WHERE e.topic IS NOT NULL
     ORDER BY m.id, e.k)
  SELECT array_agg(m.n::integer) INTO v_done FROM moved m;

  IF cardinality(v_done) = cardinality(p_ids) THEN
    outcome := 'confirmed';
    status := 'confirmed';
    FOR i IN 1 .. cardinality(p_ids) LOOP
      ord := i;
      RETURN NEXT;
    END LOOP;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT i.n::integer,
           CASE WHEN h.id IS NULL THEN 'ORDER_NOT_FOUND'
                WHEN i.n = ANY (v_done) THEN 'confirmed'
                WHEN h.confirmed_at IS NOT NULL THEN 'repeated'
                WHEN h.status = 'fraud_review' AND h.review_decision IS DISTINCT FROM 'approve' THEN 'REVIEW_NOT_APPROVED'
                WHEN h.status NOT IN ('pending_payment', 'fraud_review') THEN 'INVALID_TRANSITION'
                ELSE 'NOT_PAYABLE' END,
           h.status
      FROM unnest(p_ids) WITH ORDINALITY AS i (id, n) LEFT JOIN order_header h ON h.id = i.id
     ORDER BY i.n;
END $$;

SELECT plan_functions(ARRAY['create_orders_batch', 'confirm_orders_batch'],
                      'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
