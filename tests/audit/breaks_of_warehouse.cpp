#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_warehouse() {
  return {
      {.module = "warehouse",
       .invariant = "W-I1 on_hand >= reserved >= picked >= 0",
       .sql = "UPDATE stock SET reserved = on_hand + 1 WHERE (sku, warehouse_id) = (SELECT sku, warehouse_id FROM stock WHERE reserved = 0 LIMIT 1) RETURNING "
              "sku || '@' || warehouse_id",
       .held_by = {"stock_w_i1"},
       .also = {"W-I2, W-I8 reserved and picked are what open reservation lines hold"}},
      // A unit leaks: it is reserved, but by nobody.
      {.module = "warehouse",
       .invariant = "W-I2, W-I8 reserved and picked are what open reservation lines hold",
       .sql = "UPDATE stock SET reserved = reserved + 1 WHERE (sku, warehouse_id) = (SELECT sku, warehouse_id FROM stock WHERE reserved = 0 LIMIT 1) RETURNING "
              "sku || '@' || warehouse_id"},
      // Two units that were promised to one buyer can be sold to another.
      {.module = "warehouse",
       .invariant = "W-I2, W-I8 reserved and picked are what open reservation lines hold",
       .sql = "UPDATE stock SET reserved = reserved - 2 WHERE reserved > 2 RETURNING sku || '@' || warehouse_id"},
      {.module = "warehouse",
       .invariant = "W-I3 on_hand is the sum of the ledger",
       .sql = "UPDATE stock SET on_hand = on_hand + 1 WHERE (sku, warehouse_id) = (SELECT sku, warehouse_id FROM stock LIMIT 1) RETURNING sku || '@' || "
              "warehouse_id"},
      {.module = "warehouse",
       .invariant = "W-I3 each movement starts where the last one of its pair ended",
       .sql = "UPDATE movement SET before = before + 1, after = after + 1 WHERE type = 'shipment' RETURNING number::text"},
      {.module = "warehouse",
       .invariant = "W-I5 a reservation that is not a tombstone has lines, and every line its reservation and its stock row",
       .sql = "DELETE FROM reservation_line WHERE reservation_id IN (SELECT id FROM reservation WHERE status = 'released') RETURNING reservation_id::text"},
      {.module = "warehouse",
       .invariant = "W-I5 a reservation that is not a tombstone has lines, and every line its reservation and its stock row",
       .sql = "INSERT INTO reservation_line (reservation_id, line_no, warehouse_id, sku, qty) SELECT gen_random_uuid(), 1, warehouse_id, sku, 1 FROM stock "
              "LIMIT 1 RETURNING reservation_id::text"},
      {.module = "warehouse",
       .invariant = "W-I6 no unit leaves a line twice, and a final reservation holds nothing",
       .sql = "UPDATE reservation_line l SET released = released - 1 FROM reservation x WHERE x.id = l.reservation_id AND x.status = 'released' RETURNING "
              "reservation_id || '/' || line_no"},
      {.module = "warehouse",
       .invariant = "W-I6 no unit leaves a line twice, and a final reservation holds nothing",
       .sql = "UPDATE reservation_line l SET released = released + 1 FROM reservation x WHERE x.id = l.reservation_id AND x.status = 'released' RETURNING "
              "reservation_id || '/' || line_no",
       .held_by = {"reservation_line_w_i6"}},
      // Two units sold twice: what was received falls two short of what was sold, and is held, of it.
      {.module = "warehouse",
       .invariant = "W-I7 units that were sold or are held were received",
       .sql = "UPDATE stock SET on_hand = reserved - 2 WHERE reserved > 2;"
              "UPDATE movement m SET on_hand_delta = s.on_hand, after = s.on_hand FROM stock s WHERE s.sku = m.sku AND s.warehouse_id = m.warehouse_id AND "
              "s.reserved > 2"
              " RETURNING m.sku || '@' || m.warehouse_id",
       .held_by = {"stock_w_i1"},
       .also = {"W-I1 on_hand >= reserved >= picked >= 0"}},
      {.module = "warehouse",
       .invariant = "W-I9 expires_at is set exactly while active, and no reservation outlives twice its first hold",
       .sql = "UPDATE reservation SET expires_at = created_at WHERE status = 'confirmed' RETURNING id::text",
       .held_by = {"reservation_w_i9"}},
      // The same units leave twice; a correction hides it from the sums.
      {.module = "warehouse",
       .invariant = "W-I10 what was shipped is in the ledger once",
       .sql = "INSERT INTO movement (sku, warehouse_id, type, on_hand_delta, before, after, cause_type, cause_id, line_no, actor, unit_cost_minor)"
              " SELECT sku, warehouse_id, type, on_hand_delta, after, after + on_hand_delta, cause_type, cause_id, line_no, actor, unit_cost_minor FROM "
              "movement WHERE type = 'shipment';"
              "INSERT INTO movement (sku, warehouse_id, type, on_hand_delta, before, after, cause_type, cause_id, line_no, actor, unit_cost_minor)"
              " SELECT sku, warehouse_id, 'adjustment', -on_hand_delta, after, before, cause_type, cause_id, line_no, actor, unit_cost_minor FROM movement "
              "WHERE type = 'shipment'"
              " ORDER BY number DESC LIMIT 1 RETURNING sku || '@' || warehouse_id",
       .held_by = {"movement_w_i10"}},
      {.module = "warehouse",
       .invariant = "W-I13 a closed warehouse is empty",
       .sql = "UPDATE warehouse SET status = 'closed' WHERE id = (SELECT warehouse_id FROM stock WHERE on_hand > 0 LIMIT 1) RETURNING code"},
  };
}

}  // namespace emporion::audit
