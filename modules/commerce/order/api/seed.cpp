#include "modules/commerce/order/api/module.hpp"

namespace emporion::order {

SeedPart seed_part() {
  return {
      .module = "order",
      .orders =
          {
              // An order is born unpaid and goes from state to state; these come with their whole life behind them. Who else writes orders waits for the
              // commit.
              R"(ALTER TABLE order_header DISABLE TRIGGER order_birth_guard)",
              R"(INSERT INTO order_header (id, order_number, saga_id, session_id, origin, customer_id, contact_email, currency, subtotal, discount, shipping, shipping_discount,
                          shipping_tax, tax, payment_fee, points_value, grand_total, line_count, unit_count, shipping_address, billing_address, reservation_id,
                          channel, locale, payment_method, payment_provider, payment_id, payment_status, payment_attempt, payment_version, status, placed_at, confirmed_at,
                          paid_at, delivered_at, completed_at, history_seq, request_digest, version)
SELECT o.id, o.number, o.saga_id, o.session_id, 'checkout', o.customer_id, o.email, g.currency, o.subtotal, o.discount, 0, 0, 0, 0, 0, 0, o.total, o.line_count, o.unit_count,
       o.address, o.address, o.reservation_id, 'web', 'en', 'cod', 'cod', o.payment_id, 'captured', 1, 2, 'completed', o.placed_at, o.confirmed_at, o.delivered_at, o.delivered_at,
       o.completed_at, 6, pg_temp.seeded_id('order body', o.n), 7 FROM seeded_order o CROSS JOIN seeded g ORDER BY o.n)",
              R"(ALTER TABLE order_header ENABLE TRIGGER order_birth_guard)",
              R"(INSERT INTO order_line (order_id, line_no, product_id, sku, name, unit_price, qty, shipped_qty, delivered_qty, discount, tax, tax_breakdown, total, allocations)
SELECT o.id, l.line_no, l.product_id, l.sku, l.name, l.unit_price, l.qty, l.qty, l.qty, l.discount, 0, '[]', l.total,
       jsonb_build_array(jsonb_build_object('qty', l.qty, 'warehouse_id', g.warehouse_id, 'reservation_id', o.reservation_id))
  FROM seeded_line l JOIN seeded_order o ON o.n = l.n CROSS JOIN seeded g ORDER BY l.n, l.line_no)",
              R"(INSERT INTO order_shipment_group (order_id, group_id, warehouse_id, method_id, method_name, carrier, service_level, fee, status, tracking_numbers)
SELECT o.id, pg_temp.seeded_id('shipment group', o.n), g.warehouse_id, g.method_id::text, 'Economy delivery', 'demo', 'economy', 0, 'delivered', ARRAY[o.tracking_number]
  FROM seeded_order o CROSS JOIN seeded g ORDER BY o.n)",
              R"(INSERT INTO order_shipment (shipment_id, order_id, status) SELECT o.shipment_id, o.id, 'delivered' FROM seeded_order o ORDER BY o.n)",
              R"(INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, reason, at)
SELECT o.id, h.seq, h.from_status, h.to_status, h.actor, h.reason, h.at FROM seeded_order o CROSS JOIN LATERAL (VALUES
    (1, NULL, 'pending_payment', 'checkout', NULL, o.placed_at), (2, 'pending_payment', 'confirmed', 'checkout', NULL, o.confirmed_at),
    (3, 'confirmed', 'processing', 'fulfillment', NULL, o.started_at), (4, 'processing', 'shipped', 'shipping', 'shipping.shipment.dispatched', o.shipped_at),
    (5, 'shipped', 'delivered', 'shipping', 'shipping.shipment.delivered', o.delivered_at), (6, 'delivered', 'completed', 'system', 'seven days after delivery', o.completed_at))
    AS h(seq, from_status, to_status, actor, reason, at) ORDER BY o.n, h.seq)",
              // Invoices have a series of their own, so that the shop's own numbers stay without gaps, and so do these.
              R"(INSERT INTO invoice_series (series, kind) SELECT 'SEED' || g.seed, 'invoice' FROM seeded g ON CONFLICT DO NOTHING)",
              R"(INSERT INTO invoice_counter (series, year, last, last_at)
SELECT 'SEED' || g.seed, extract(year FROM o.confirmed_at AT TIME ZONE 'UTC'), count(*), max(o.confirmed_at) FROM seeded_order o CROSS JOIN seeded g GROUP BY 1, 2
ON CONFLICT (series, year) DO UPDATE SET last = invoice_counter.last + excluded.last, last_at = excluded.last_at)",
              R"(INSERT INTO invoice (id, kind, series, year, no, order_id, seq, issued_at, issued_on, currency, subtotal, discount, shipping, shipping_discount, shipping_tax, tax,
                     payment_fee, points_value, adjustment, grand_total, stated)
SELECT x.id, 'invoice', x.series, x.year, c.last - count(*) OVER (PARTITION BY x.year) + row_number() OVER (PARTITION BY x.year ORDER BY x.n), x.order_id, 0, x.at,
       (x.at AT TIME ZONE 'UTC')::date, x.currency, x.subtotal, x.discount, 0, 0, 0, 0, 0, 0, 0, x.total, x.stated
  FROM (SELECT o.n, pg_temp.seeded_time_id('invoice', o.n, o.confirmed_at) AS id, 'SEED' || g.seed AS series, extract(year FROM o.confirmed_at AT TIME ZONE 'UTC')::integer AS year,
               o.id AS order_id, o.confirmed_at AS at, g.currency, o.subtotal, o.discount, o.total,
               jsonb_build_object('id', pg_temp.seeded_time_id('invoice', o.n, o.confirmed_at), 'kind', 'invoice', 'mail', 'disabled', 'status', 'issued', 'number', '',
                 'order_id', o.id, 'order_number', o.number, 'currency', g.currency, 'locale', 'en', 'issued_at', '1970-01-01T00:00:00.000000Z', 'issued_on', '',
                 'ordered_at', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'seller', '{"name": "Emporion", "address": []}'::jsonb,
                 'buyer', jsonb_build_object('name', o.buyer, 'email', o.email, 'address', jsonb_build_array(o.address ->> 'line1', o.address ->> 'city')), 'ship_to', '[]'::jsonb,
                 'payment', '{"method": "cod", "status": "cod_pending", "provider": "cod"}'::jsonb, 'credited', pg_temp.seeded_money(0), 'taxes', '[]'::jsonb, 'lines', l.lines,
                 'totals', jsonb_build_object('subtotal', pg_temp.seeded_money(o.subtotal), 'discount', pg_temp.seeded_money(o.discount), 'shipping', pg_temp.seeded_money(0),
                   'shipping_discount', pg_temp.seeded_money(0), 'shipping_tax', pg_temp.seeded_money(0), 'tax', pg_temp.seeded_money(0), 'payment_fee', pg_temp.seeded_money(0),
                   'points_value', pg_temp.seeded_money(0), 'adjustment', pg_temp.seeded_money(0), 'grand_total', pg_temp.seeded_money(o.total))) AS stated
          FROM seeded_order o CROSS JOIN seeded g
          JOIN (SELECT i.n, jsonb_agg(jsonb_build_object('line_no', i.line_no, 'sku', i.sku, 'name', i.name, 'qty', i.qty, 'unit_price', pg_temp.seeded_money(i.unit_price),
                         'discount', pg_temp.seeded_money(i.discount), 'tax', pg_temp.seeded_money(0), 'taxes', '[]'::jsonb, 'total', pg_temp.seeded_money(i.total)) ORDER BY i.line_no)
                         AS lines FROM seeded_line i GROUP BY i.n) l ON l.n = o.n) x
  JOIN invoice_counter c ON c.series = x.series AND c.year = x.year ORDER BY x.n)",
          },
      .has_orders = "SELECT 1 FROM order_header LIMIT 1",
  };
}

}  // namespace emporion::order
