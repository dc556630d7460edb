-- The functions of 0002 that look at what is due, and the birth of orders with credit: it has one argument more, and the one without stays for processes that still run.

CREATE OR REPLACE FUNCTION order_facts(h order_header) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_lines json;
  v_groups json;
  b order_birth;
BEGIN
  SELECT * INTO b FROM order_birth o WHERE o.order_id = h.id;
  IF FOUND THEN
    RETURN b.before_payment || json_strip_nulls(json_build_object('method', h.payment_method, 'provider', h.payment_provider, 'payment_id', h.payment_id, 'status', h.payment_status))
           || COALESCE(',"reason":' || to_json(h.cancel_reason), '') || b.after_payment;
  END IF;
  SELECT json_agg(json_build_object(
           'line_no', l.line_no, 'product_id', l.product_id, 'sku', l.sku, 'name', l.name, 'qty', l.qty, 'cancelled_qty', l.cancelled_qty,
           'unit_price', json_build_object('amount', l.unit_price, 'currency', h.currency), 'total', json_build_object('amount', l.total, 'currency', h.currency),
           'seller_id', l.seller_id, 'allocations', l.allocations) ORDER BY l.line_no)
    INTO v_lines FROM order_line l WHERE l.order_id = h.id;
  SELECT json_agg(json_build_object(
           'id', g.group_id, 'warehouse_id', g.warehouse_id, 'method_id', g.method_id, 'carrier', g.carrier, 'service_level', g.service_level,
           'quote_id', g.quote_id, 'fee', json_build_object('amount', g.fee, 'currency', h.currency)) ORDER BY g.group_id)
    INTO v_groups FROM order_shipment_group g WHERE g.order_id = h.id;
  RETURN json_strip_nulls(json_build_object(
    'order_id', h.id, 'order_number', h.order_number, 'saga_id', h.saga_id, 'customer_id', h.customer_id,
    'contact', json_build_object('email', h.contact_email, 'phone', h.contact_phone),
    'currency', h.currency,
    'totals', json_build_object(
      'subtotal', order_money(h.subtotal, h.currency), 'discount', order_money(h.discount, h.currency), 'shipping', order_money(h.shipping, h.currency),
      'shipping_discount', order_money(h.shipping_discount, h.currency), 'tax', order_money(h.tax, h.currency), 'payment_fee', order_money(h.payment_fee, h.currency),
      'points_value', order_money(h.points_value, h.currency), 'grand_total', order_money(h.grand_total, h.currency),
      'credit_value', CASE WHEN h.credit_value > 0 THEN order_money(h.credit_value, h.currency) END,
      'amount_due', CASE WHEN h.credit_value > 0 THEN order_money(h.grand_total - h.credit_value, h.currency) END),
    'lines', COALESCE(v_lines, '[]'::json),
    'payment', json_build_object('method', h.payment_method, 'provider', h.payment_provider, 'payment_id', h.payment_id, 'status', h.payment_status),
    'reason', h.cancel_reason,
    'shipping_address', h.shipping_address,
    'shipment_groups', COALESCE(v_groups, '[]'::json),
    'placed_at', to_char(h.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))::text;
END $$;

-- O1 for a batch. One answer per command, in order: outcome is 'created', 'repeated' (read the order back), or a refusal: ORDER_CANCELLED, SESSION_HAS_ORDER,
-- IDEMPOTENCY_KEY_REUSED, ORDER_NUMBER_TAKEN (draw another). Lines and groups carry the number (from 1) of the command they belong to.
CREATE FUNCTION create_orders_batch(
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
  v_new uuid[];
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
  SELECT array_agg(made.id), array_agg(i.n::integer) INTO v_new, v_first
    FROM made JOIN (SELECT DISTINCT ON (u.id) u.id, u.n FROM unnest(p_ids) WITH ORDINALITY AS u (id, n) ORDER BY u.id, u.n) i ON i.id = made.id;

  IF v_new IS NOT NULL THEN
    INSERT INTO order_line (order_id, line_no, product_id, sku, name, image, seller_id, unit_price, qty, discount, tax, tax_breakdown, total, allocations)
    SELECT p_ids[l.n], l.no, l.product, l.sku, l.name, l.image, l.seller, l.price, l.qty, l.discount, l.tax, l.breakdown, l.total, l.allocation
      FROM unnest(l_ord, l_no, l_products, l_skus, l_names, l_images, l_sellers, l_prices, l_qtys, l_discounts, l_taxes, l_breakdowns, l_totals, l_allocations)
           AS l (n, no, product, sku, name, image, seller, price, qty, discount, tax, breakdown, total, allocation)
      JOIN unnest(v_first) AS f (n) ON f.n = l.n;
    INSERT INTO order_shipment_group (order_id, group_id, warehouse_id, seller_id, method_id, method_name, carrier, service_level, quote_id, fee)
    SELECT p_ids[g.n], g.id, g.warehouse, g.seller, g.method, g.name, g.carrier, g.level, g.quote, g.fee
      FROM unnest(g_ord, g_ids, g_warehouses, g_sellers, g_methods, g_names, g_carriers, g_levels, g_quotes, g_fees)
           AS g (n, id, warehouse, seller, method, name, carrier, level, quote, fee)
      JOIN unnest(v_first) AS f (n) ON f.n = g.n;
    INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, reason, at)
    SELECT f.id, 1, NULL, 'pending_payment', CASE p_origins[f.n] WHEN 'exchange' THEN 'return' ELSE 'checkout' END, NULL, p_at FROM unnest(v_new, v_first) AS f (id, n);
    INSERT INTO order_birth (order_id, before_payment, after_payment)
    SELECT f.id, b.before, b.after FROM unnest(v_new, v_first) AS f (id, n) JOIN unnest(p_before, p_after) WITH ORDINALITY AS b (before, after, n) ON b.n = f.n;
    PERFORM outbox_append('order.order.created', f.id::text, 1, b.before || json_build_object('method', p_methods[f.n], 'status', CASE p_methods[f.n] WHEN 'none' THEN 'none' ELSE 'pending' END)
                          || b.after, p_traces[f.n]),
            outbox_append('order.order.status_changed', f.id::text, 1,
                          order_status_changed(f.id, NULL, 'pending_payment', NULL, CASE p_origins[f.n] WHEN 'exchange' THEN 'return' ELSE 'checkout' END, 1), p_traces[f.n])
       FROM unnest(v_new, v_first) AS f (id, n) JOIN unnest(p_before, p_after) WITH ORDINALITY AS b (before, after, n) ON b.n = f.n;
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

-- O2 and O5 for a batch. One answer per command, in order: outcome is 'confirmed', 'repeated', or a refusal: ORDER_NOT_FOUND, INVALID_TRANSITION, NOT_PAYABLE,
-- REVIEW_NOT_APPROVED; `status` is the order's present one.
CREATE OR REPLACE FUNCTION confirm_orders_batch(p_ids uuid[], p_payments uuid[], p_payment_statuses text[], p_providers text[], p_traces uuid[], p_at timestamptz)
RETURNS TABLE (ord integer, outcome text, status text) LANGUAGE plpgsql AS $$
DECLARE
  v_done integer[];
BEGIN
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
    RETURNING h, old.status AS was, old.paid_at AS was_paid, a.trace, a.n),
  history AS (
    INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, at)
    SELECT (m.h).id, (m.h).history_seq, m.was, 'confirmed', 'checkout', p_at FROM moved m),
  told AS (
    SELECT m.n, outbox_append('order.order.confirmed', (m.h).id::text, (m.h).version, f.facts, m.trace),
           outbox_append('order.order.status_changed', (m.h).id::text, (m.h).version,
                         order_status_changed((m.h).id, m.was, 'confirmed', NULL, 'checkout', (m.h).history_seq), m.trace),
           CASE WHEN (m.h).paid_at IS NOT NULL AND m.was_paid IS NULL THEN outbox_append('order.order.paid', (m.h).id::text, (m.h).version, f.facts, m.trace) END
      FROM moved m CROSS JOIN LATERAL (SELECT order_facts(m.h) AS facts OFFSET 0) f)
  SELECT array_agg(told.n::integer) INTO v_done FROM told;

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

-- News of the order's payment. Late news (an older attempt, or an older version of the same) changes nothing. Says order.order.paid once.
-- Answers 'applied', 'late' or 'unknown'.
CREATE OR REPLACE FUNCTION set_order_payment(p_id uuid, p_payment uuid, p_attempt integer, p_version bigint, p_provider text, p_status text, p_at timestamptz, p_trace uuid)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  h order_header;
  v_was_paid timestamptz;
BEGIN
  SELECT o.* INTO h FROM order_header o WHERE o.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF (p_attempt, p_version) <= (h.payment_attempt, h.payment_version) THEN RETURN 'late'; END IF;
  -- An authorization that is told after its capture is overtaken.
  IF p_status = 'authorized' AND h.payment_status IN ('captured', 'partially_refunded', 'refunded') AND h.payment_id = p_payment THEN RETURN 'late'; END IF;
  -- A confirmed order keeps the payment that it was confirmed with; refunds have their own news.
  IF h.confirmed_at IS NOT NULL AND h.payment_id IS NOT NULL AND h.payment_id <> p_payment THEN RETURN 'late'; END IF;
  v_was_paid := h.paid_at;
  UPDATE order_header o
     SET payment_id = p_payment, payment_attempt = p_attempt, payment_version = p_version, payment_provider = COALESCE(p_provider, o.payment_provider),
         payment_status = CASE WHEN o.payment_status IN ('partially_refunded', 'refunded') AND p_status = 'captured' THEN o.payment_status ELSE p_status END,
         -- Cash of which cancelled lines left nothing: what credit paid is all of it.
         paid_at = CASE WHEN p_status = 'captured' OR (p_status = 'voided' AND o.confirmed_at IS NOT NULL AND o.status <> 'cancelled' AND o.credit_value > 0) THEN COALESCE(o.paid_at, p_at)
                        ELSE o.paid_at END,
         version = o.version + 1
   WHERE o.id = p_id RETURNING o.* INTO h;
  IF v_was_paid IS NULL AND h.paid_at IS NOT NULL THEN
    PERFORM outbox_append('order.order.paid', p_id::text, h.version, order_facts(h), p_trace);
  END IF;
  RETURN 'applied';
END $$;

CREATE OR REPLACE FUNCTION set_order_refunded(p_id uuid, p_payment uuid, p_total_refunded bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  h order_header;
BEGIN
  SELECT o.* INTO h FROM order_header o WHERE o.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF h.payment_id IS DISTINCT FROM p_payment OR p_total_refunded <= h.refunded_amount THEN RETURN 'late'; END IF;
  UPDATE order_header o
     SET refunded_amount = p_total_refunded, payment_status = CASE WHEN p_total_refunded + o.credit_returned >= o.grand_total THEN 'refunded' ELSE 'partially_refunded' END, version = o.version + 1
   WHERE o.id = p_id;
  RETURN 'applied';
END $$;

-- News of credit that went back where it came from; its sums only grow. An order that was never paid has nothing to be refunded.
CREATE FUNCTION set_order_credit_returned(p_id uuid, p_total_returned bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  h order_header;
BEGIN
  SELECT o.* INTO h FROM order_header o WHERE o.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF p_total_returned <= h.credit_returned THEN RETURN 'late'; END IF;
  UPDATE order_header o
     SET credit_returned = p_total_returned, version = o.version + 1,
         payment_status = CASE WHEN o.paid_at IS NULL OR o.payment_status NOT IN ('none', 'captured', 'partially_refunded') THEN o.payment_status
                               WHEN o.refunded_amount + p_total_returned >= o.grand_total THEN 'refunded' ELSE 'partially_refunded' END
   WHERE o.id = p_id;
  RETURN 'applied';
END $$;
