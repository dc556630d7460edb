#include "modules/logistics/shipping/api/module.hpp"

namespace emporion::shipping {

SeedPart seed_part() {
  return {
      .module = "shipping",
      .orders =
          {
              R"(INSERT INTO shipment (id, number, direction, order_id, order_number, fulfillment_id, package_id, warehouse_id, customer_id, payment_id, carrier, service_level,
                      tracking_number, status, status_at, weight_g, billed_weight_g, address, items, currency, cod_minor, cod_collected_minor, dispatched_at, delivered_at, version,
                      created_at, tries, handed_over_at, told_handover)
SELECT o.shipment_id, 'SHP-S' || g.seed || '-' || lpad(o.n::text, 8, '0'), 'outbound', o.id, o.number, o.fulfillment_id, o.package_id, g.warehouse_id, o.customer_id, o.payment_id,
       'demo', 'economy', o.tracking_number, 'delivered', o.delivered_at, 200 * o.unit_count + 100, 200 * o.unit_count + 100, o.address, l.items, g.currency, o.total, o.total,
       o.shipped_at, o.delivered_at, 10, o.started_at, 1, o.shipped_at, true
  FROM seeded_order o CROSS JOIN seeded g
  JOIN (SELECT i.n, jsonb_agg(jsonb_build_object('qty', i.qty, 'sku', i.sku, 'order_line', i.line_no) ORDER BY i.line_no) AS items FROM seeded_line i GROUP BY i.n) l ON l.n = o.n
 ORDER BY o.n)",
              R"(INSERT INTO tracking_event (shipment_id, carrier, dedupe_key, raw_status, status, at, received_at, is_applied)
SELECT o.shipment_id, 'demo', o.tracking_number || '-' || e.status, e.status, e.status, e.at, e.at, true
  FROM seeded_order o CROSS JOIN LATERAL (VALUES ('picked_up', o.shipped_at), ('delivered', o.delivered_at)) AS e(status, at) ORDER BY o.n, e.at)",
          },
  };
}

}  // namespace emporion::shipping
