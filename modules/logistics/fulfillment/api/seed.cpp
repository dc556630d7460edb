#include "modules/logistics/fulfillment/api/module.hpp"

namespace emporion::fulfillment {

SeedPart seed_part() {
  return {
      .module = "fulfillment",
      .orders =
          {
              R"(INSERT INTO order_book (order_id, is_started) SELECT o.id, true FROM seeded_order o ORDER BY o.n)",
              R"(INSERT INTO fulfillment (id, number, order_id, warehouse_id, generation, status, facts, state, picklist_id, picklist, version, created_at, updated_at)
SELECT o.fulfillment_id, x.number, o.id, g.warehouse_id, 1, 'completed',
       jsonb_build_object('number', o.number, 'shorts', '[]'::jsonb, 'currency', g.currency, 'delivered', jsonb_build_array(o.package_id), 'method_id', g.method_id, 'payment_id',
                          o.payment_id),
       jsonb_build_object('id', o.fulfillment_id, 'number', x.number, 'order_id', o.id, 'warehouse_id', g.warehouse_id, 'generation', 1, 'status', 'completed', 'version', 9,
         'attempts', 0, 'cod', pg_temp.seeded_money(o.total), 'address', o.address, 'carrier', 'demo', 'service_level', 'economy', 'ship_by', x.ship_by, 'created_at', x.created_at,
         'updated_at', x.updated_at, 'picklist_id', x.picklist_id, 'reservation_id', o.reservation_id, 'items', l.items,
         'packages', jsonb_build_array(jsonb_build_object('id', o.package_id, 'cod', pg_temp.seeded_money(o.total), 'items', l.packed, 'status', 'handed_over', 'carrier', 'demo',
           'weight_g', 200 * o.unit_count + 100, 'shipment_id', o.shipment_id, 'tracking_number', o.tracking_number))),
       x.picklist_id,
       jsonb_build_object('id', x.picklist_id, 'number', 'PICK-' || left(o.fulfillment_id::text, 8), 'status', 'picked', 'version', 5, 'priority', 0, 'warehouse_id', g.warehouse_id,
         'fulfillment_id', o.fulfillment_id, 'ship_by', x.ship_by, 'lines', l.picked),
       9, o.confirmed_at, o.delivered_at
  FROM seeded_order o CROSS JOIN seeded g
 CROSS JOIN LATERAL (SELECT 'FULF-S' || g.seed || '-' || lpad(o.n::text, 8, '0') AS number, pg_temp.seeded_id('picklist', o.n) AS picklist_id,
         to_char((o.placed_at + interval '2 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ship_by,
         to_char(o.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
         to_char(o.shipped_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at) x
  JOIN (SELECT i.n,
          jsonb_agg(jsonb_build_object('sku', i.sku, 'qty', i.qty, 'picked', i.qty, 'packed', i.qty, 'cancelled', 0, 'short_qty', 0, 'order_line', i.line_no,
                                       'value', pg_temp.seeded_money(i.total)) ORDER BY i.line_no) AS items,
          jsonb_agg(jsonb_build_object('qty', i.qty, 'order_line', i.line_no) ORDER BY i.line_no) AS packed,
          jsonb_agg(jsonb_build_object('sku', i.sku, 'qty', i.qty, 'picked', i.qty, 'line_no', i.line_no, 'short_qty', 0, 'order_line', i.line_no) ORDER BY i.line_no) AS picked
          FROM seeded_line i GROUP BY i.n) l ON l.n = o.n
 ORDER BY o.n)",
          },
  };
}

}  // namespace emporion::fulfillment
