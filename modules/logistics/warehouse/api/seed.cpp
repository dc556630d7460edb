#include "modules/logistics/warehouse/api/module.hpp"

namespace emporion::warehouse {

SeedPart seed_part() {
  return {
      .module = "warehouse",
      // Received in lots of 500, as opening stock.
      .skus =
          {
              R"(INSERT INTO receipt (id, warehouse_id, kind, reference, status, created_at, closed_at, version)
SELECT pg_temp.seeded_time_id('receipt', r.n, g.starts_at), g.warehouse_id, 'opening', 'seed ' || g.seed || ' ' || r.n, 'closed', g.starts_at, g.starts_at, 2
  FROM (SELECT DISTINCT (s.n - 1) / 500 + 1 AS n FROM seeded_sku s) r CROSS JOIN seeded g
ON CONFLICT (id) DO NOTHING)",
              R"(INSERT INTO receipt_line (receipt_id, line_no, sku, expected, received, inspected, unit_cost_minor)
SELECT pg_temp.seeded_time_id('receipt', (s.n - 1) / 500 + 1, g.starts_at), (s.n - 1) % 500 + 1, s.sku, s.units, s.units, true, s.price * 6 / 10
  FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
              R"(INSERT INTO sku_state (sku, is_depleted, version) SELECT s.sku, false, 1 FROM seeded_sku s ORDER BY s.n)",
              R"(INSERT INTO stock (sku, warehouse_id, on_hand, unit_cost_minor, version, updated_at)
SELECT s.sku, g.warehouse_id, s.units, s.price * 6 / 10, 1, g.starts_at FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
              R"(INSERT INTO movement (sku, warehouse_id, type, on_hand_delta, before, after, reason, cause_type, cause_id, line_no, actor, unit_cost_minor, occurred_at)
SELECT s.sku, g.warehouse_id, 'receipt', s.units, 0, s.units, 'opening', 'receipt', pg_temp.seeded_time_id('receipt', (s.n - 1) / 500 + 1, g.starts_at)::text,
       (s.n - 1) % 500 + 1, 'seed', s.price * 6 / 10, g.starts_at FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
          },
      .orders =
          {
              // In the order in which reservations lock them: the shop may be selling.
              R"(SELECT count(*) FROM (SELECT s.sku FROM stock s CROSS JOIN seeded g
 WHERE s.warehouse_id = g.warehouse_id AND s.sku IN (SELECT l.sku FROM seeded_line l) ORDER BY s.sku FOR UPDATE OF s) locked)",
              R"(INSERT INTO reservation (id, body, reference, reference_id, attempt, customer_id, order_id, status, payment_method, ttl, created_at, version)
SELECT o.reservation_id, pg_temp.seeded_id('reservation body', o.n), 'checkout', o.saga_id, 1, o.customer_id, o.id, 'fulfilled', 'cod', interval '10 minutes', o.placed_at, 4
  FROM seeded_order o ORDER BY o.n)",
              R"(INSERT INTO reservation_line (reservation_id, line_no, warehouse_id, sku, qty, shipped)
SELECT o.reservation_id, l.line_no, g.warehouse_id, l.sku, l.qty, l.qty FROM seeded_line l JOIN seeded_order o ON o.n = l.n CROSS JOIN seeded g ORDER BY l.n, l.line_no)",
              // Each movement starts where the one before it ended.
              R"(INSERT INTO movement (sku, warehouse_id, type, on_hand_delta, before, after, cause_type, cause_id, line_no, actor, unit_cost_minor, occurred_at)
SELECT m.sku, m.warehouse_id, 'shipment', -m.qty, m.after + m.qty, m.after, 'fulfillment', m.fulfillment_id::text, m.line_no, 'svc:fulfillment', m.unit_cost_minor, m.shipped_at
  FROM (SELECT l.n, l.line_no, l.sku, l.qty, s.warehouse_id, s.unit_cost_minor, o.fulfillment_id, o.shipped_at,
               (s.on_hand - sum(l.qty) OVER (PARTITION BY l.sku ORDER BY l.n, l.line_no ROWS UNBOUNDED PRECEDING))::integer AS after
          FROM seeded_line l JOIN seeded_order o ON o.n = l.n CROSS JOIN seeded g JOIN stock s ON s.sku = l.sku AND s.warehouse_id = g.warehouse_id) m
 ORDER BY m.n, m.line_no)",
              R"(UPDATE stock s SET on_hand = s.on_hand - m.units, version = s.version + m.lines
  FROM (SELECT l.sku, sum(l.qty) AS units, count(*) AS lines FROM seeded_line l GROUP BY l.sku) m CROSS JOIN seeded g WHERE s.sku = m.sku AND s.warehouse_id = g.warehouse_id)",
          },
  };
}

}  // namespace emporion::warehouse
