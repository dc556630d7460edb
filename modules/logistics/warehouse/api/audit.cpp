#include "modules/logistics/warehouse/api/audit.hpp"

namespace emporion::warehouse {

std::vector<AuditCheck> audit_checks() {
  return {
      {"W-I1 on_hand >= reserved >= picked >= 0",
       "SELECT sku || '@' || warehouse_id, 'on_hand ' || on_hand || ', reserved ' || reserved || ', picked ' || picked FROM stock "
       "WHERE NOT (on_hand >= reserved AND reserved >= picked AND picked >= 0)"},
      {"W-I2, W-I8 reserved and picked are what open reservation lines hold",
       "SELECT coalesce(s.sku, h.sku) || '@' || coalesce(s.warehouse_id, h.warehouse_id), "
       "'reserved ' || coalesce(s.reserved, 0) || ' but lines hold ' || coalesce(h.reserved, 0) || ', picked ' || coalesce(s.picked, 0) || ' but lines have ' "
       "|| coalesce(h.picked, 0) "
       "FROM stock s FULL JOIN (SELECT l.sku, l.warehouse_id, sum(l.qty - l.shipped - l.released) AS reserved, sum(l.picked) AS picked FROM reservation_line l "
       "JOIN reservation x ON x.id = l.reservation_id WHERE x.status IN ('active', 'confirmed') GROUP BY 1, 2) AS h ON h.sku = s.sku AND h.warehouse_id = "
       "s.warehouse_id "
       "WHERE coalesce(s.reserved, 0) <> coalesce(h.reserved, 0) OR coalesce(s.picked, 0) <> coalesce(h.picked, 0)"},
      {"W-I3 on_hand is the sum of the ledger",
       "SELECT coalesce(s.sku, m.sku) || '@' || coalesce(s.warehouse_id, m.warehouse_id), 'on_hand ' || coalesce(s.on_hand, 0) || ' but movements sum to ' || "
       "coalesce(m.total, 0) "
       "FROM stock s FULL JOIN (SELECT sku, warehouse_id, sum(on_hand_delta) AS total FROM movement GROUP BY 1, 2) AS m ON m.sku = s.sku AND m.warehouse_id = "
       "s.warehouse_id "
       "WHERE coalesce(s.on_hand, 0) <> coalesce(m.total, 0)"},
      {"W-I3 each movement starts where the last one of its pair ended",
       "SELECT number::text, 'before ' || before || ' but the movement before ended at ' || last_after "
       "FROM (SELECT number, before, coalesce(lag(after) OVER (PARTITION BY sku, warehouse_id ORDER BY number), 0) AS last_after FROM movement) AS m WHERE "
       "before <> last_after"},
      {"W-I5 a reservation that is not a tombstone has lines, and every line its reservation and its stock row",
       "SELECT x.id::text, 'no lines' FROM reservation x WHERE NOT x.is_tombstone AND NOT EXISTS (SELECT FROM reservation_line l WHERE l.reservation_id = "
       "x.id) "
       "UNION ALL SELECT l.reservation_id::text, 'line ' || l.line_no || ' without reservation or stock row' FROM reservation_line l "
       "WHERE NOT EXISTS (SELECT FROM reservation x WHERE x.id = l.reservation_id AND NOT x.is_tombstone) OR NOT EXISTS (SELECT FROM stock s WHERE s.sku = "
       "l.sku AND s.warehouse_id = l.warehouse_id)"},
      {"W-I6 no unit leaves a line twice, and a final reservation holds nothing",
       "SELECT l.reservation_id || '/' || l.line_no, x.status || ': qty ' || l.qty || ', picked ' || l.picked || ', shipped ' || l.shipped || ', released ' || "
       "l.released FROM reservation_line l "
       "JOIN reservation x ON x.id = l.reservation_id WHERE l.picked + l.shipped + l.released > l.qty OR (x.status IN ('fulfilled', 'released', 'expired') AND "
       "l.shipped + l.released <> l.qty)"},
      {"W-I7 units that were sold or are held were received",
       "SELECT u.sku || '@' || u.warehouse_id, u.units || ' sold or held, ' || coalesce(r.units, 0) || ' received' "
       "FROM (SELECT l.sku, l.warehouse_id, sum(CASE WHEN x.status IN ('active', 'confirmed') THEN l.qty - l.released ELSE l.shipped END) AS units "
       "FROM reservation_line l JOIN reservation x ON x.id = l.reservation_id GROUP BY 1, 2) AS u "
       "LEFT JOIN (SELECT sku, warehouse_id, sum(on_hand_delta) AS units FROM movement WHERE type <> 'shipment' GROUP BY 1, 2) AS r "
       "ON r.sku = u.sku AND r.warehouse_id = u.warehouse_id WHERE u.units > coalesce(r.units, 0)"},
      {"W-I9 expires_at is set exactly while active, and no reservation outlives twice its first hold",
       "SELECT id::text, status || ' with expires_at ' || coalesce(expires_at::text, 'null') FROM reservation WHERE (status = 'active') <> (expires_at IS NOT "
       "NULL) OR expires_at > created_at + 2 * ttl"},
      {"W-I10 what was shipped is in the ledger once",
       "SELECT coalesce(l.sku, m.sku) || '@' || coalesce(l.warehouse_id, m.warehouse_id), 'lines shipped ' || coalesce(l.units, 0) || ', movements say ' || "
       "coalesce(m.units, 0) "
       "FROM (SELECT sku, warehouse_id, sum(shipped) AS units FROM reservation_line WHERE shipped > 0 GROUP BY 1, 2) AS l "
       "FULL JOIN (SELECT sku, warehouse_id, -sum(on_hand_delta) AS units FROM movement WHERE type = 'shipment' GROUP BY 1, 2) AS m ON m.sku = l.sku AND "
       "m.warehouse_id = l.warehouse_id "
       "WHERE coalesce(l.units, 0) <> coalesce(m.units, 0)"},
      {"W-I13 a closed warehouse is empty",
       "SELECT w.code, s.sku || ': on_hand ' || s.on_hand || ', reserved ' || s.reserved FROM warehouse w JOIN stock s ON s.warehouse_id = w.id WHERE w.status "
       "= 'closed' AND (s.on_hand > 0 OR s.reserved > 0)"},
  };
}

std::vector<AuditFact> audit_facts() {
  return {
      {"warehouse.confirmed_units_by_order",
       "SELECT x.order_id || ':' || l.sku, sum(l.qty - l.released - l.owed)::text FROM reservation x JOIN reservation_line l ON l.reservation_id = x.id "
       "WHERE x.status IN ('confirmed', 'fulfilled') GROUP BY x.order_id, l.sku HAVING sum(l.qty - l.released - l.owed) > 0"},
      {"warehouse.sources_by_line",
       "SELECT x.order_id || ':' || l.line_no || ':' || l.warehouse_id || ':' || x.id, (l.qty - l.released - l.owed)::text FROM reservation x "
       "JOIN reservation_line l ON l.reservation_id = x.id WHERE x.status IN ('confirmed', 'fulfilled') AND x.order_id IS NOT NULL AND l.qty > l.released + "
       "l.owed"},
      {"warehouse.shipped_units_by_order",
       "SELECT x.order_id || ':' || l.sku, sum(l.shipped)::text FROM reservation x JOIN reservation_line l ON l.reservation_id = x.id "
       "WHERE x.status IN ('confirmed', 'fulfilled') AND l.shipped > 0 GROUP BY x.order_id, l.sku"},
      {"warehouse.picked_units_by_order",
       "SELECT x.order_id || ':' || l.sku, sum(l.picked + l.shipped)::text FROM reservation x JOIN reservation_line l ON l.reservation_id = x.id "
       "WHERE x.order_id IS NOT NULL GROUP BY x.order_id, l.sku"},
      // Sagas of Checkout for which units are held but not bound to an order yet.
      {"warehouse.held_sagas", "SELECT reference_id::text, 'held' FROM reservation WHERE status = 'active' AND reference = 'checkout'"},
  };
}

}  // namespace emporion::warehouse
