-- Units may move to another warehouse while their order waits to be confirmed.

-- The order's allocations are those of its reservation at this version; null: as it was when it was bound to the order.
ALTER TABLE order_header ADD COLUMN reservation_version bigint;

-- Moves that Warehouse told before the order was confirmed: its confirmation may say where the units were at some version, and those after it come on top. Housekeeping drops those of
-- orders that are past their confirmation.
CREATE TABLE order_move (
  order_id          uuid NOT NULL,
  reservation_id    uuid NOT NULL,
  version           bigint NOT NULL,  -- Of the reservation: each move has its own.
  line_no           integer NOT NULL,
  from_warehouse_id uuid NOT NULL,
  to_warehouse_id   uuid NOT NULL,
  qty               integer NOT NULL CHECK (qty > 0),
  PRIMARY KEY (order_id, reservation_id, version)
);

-- The payload of created, confirmed, paid, cancelled and completed, as in 0011, with the version that its allocations hold at. Who moves an allocation drops the order's birth text.
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
    'placed_at', to_char(h.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'reservation_version', h.reservation_version))::text;
END $$;

-- Says which reservation the order's lines, which the caller has written under the order's lock, name now, and at which version. Every warehouse that sends something has a shipment group
-- after it: one that nothing is sent from any more goes along with its fee, else a copy without a fee is made. What has left stays where it was.
CREATE FUNCTION set_order_reservation(p_id uuid, p_reservation uuid, p_version bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_sources uuid[];
  v_warehouse uuid;
  g order_shipment_group;
BEGIN
  UPDATE order_header o SET reservation_id = p_reservation, reservation_version = p_version WHERE o.id = p_id;
  SELECT array_agg(DISTINCT (a ->> 'warehouse_id')::uuid) INTO v_sources FROM order_line l CROSS JOIN LATERAL jsonb_array_elements(l.allocations) a WHERE l.order_id = p_id;
  FOREACH v_warehouse IN ARRAY COALESCE(v_sources, '{}') LOOP
    CONTINUE WHEN EXISTS (SELECT FROM order_shipment_group s WHERE s.order_id = p_id AND s.warehouse_id = v_warehouse);
    SELECT s.* INTO g FROM order_shipment_group s WHERE s.order_id = p_id ORDER BY (s.status = 'pending' AND s.warehouse_id <> ALL (v_sources)) DESC, s.group_id LIMIT 1;
    CONTINUE WHEN NOT FOUND;
    IF g.status = 'pending' AND g.warehouse_id <> ALL (v_sources) THEN
      UPDATE order_shipment_group s SET warehouse_id = v_warehouse WHERE s.order_id = p_id AND s.group_id = g.group_id;
    ELSE
      INSERT INTO order_shipment_group (order_id, group_id, warehouse_id, seller_id, method_id, method_name, carrier, service_level, quote_id, fee)
      VALUES (p_id, md5('order.group:' || p_id || ':' || v_warehouse)::uuid, v_warehouse, g.seller_id, g.method_id, g.method_name, g.carrier, g.service_level, g.quote_id, 0)
      ON CONFLICT DO NOTHING;
    END IF;
  END LOOP;
END $$;
