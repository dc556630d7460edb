#include "modules/logistics/warehouse/testing/warehouse_test.hpp"

// What the tables refuse by themselves, whatever the functions above them do.
namespace emporion::warehouse {
namespace {

struct WarehouseConstraints : WarehouseTest {
  WarehouseConstraints() { receive(shelf, {{"A", 10}}); }
  const Uuid shelf = a_warehouse("HN");
};

TEST_F(WarehouseConstraints, NoMoreIsReservedThanIsThereAndNoMorePickedThanReserved) {
  ASSERT_TRUE(reserve(a_request_at(shelf, {{"A", 3}})));
  expect_refused("UPDATE stock SET reserved = on_hand + 1", "stock_w_i1");
  expect_refused("UPDATE stock SET on_hand = reserved - 1", "stock_w_i1");
  expect_refused("UPDATE stock SET picked = reserved + 1", "stock_w_i1");
}

TEST_F(WarehouseConstraints, AUnitLeavesItsLineOnce) {
  ASSERT_TRUE(reserve(a_request_at(shelf, {{"A", 3}})));
  expect_refused("UPDATE reservation_line SET shipped = qty, released = 1", "reservation_line_w_i6");
  expect_refused("UPDATE reservation_line SET owed = picked + 1", "reservation_line_owed");
}

TEST_F(WarehouseConstraints, AMovementAndAStepHappenOncePerCause) {
  expect_refused(
      "INSERT INTO movement (sku, warehouse_id, type, on_hand_delta, before, after, cause_type, cause_id, line_no, actor, unit_cost_minor) "
      "SELECT sku, warehouse_id, type, on_hand_delta, before, after, cause_type, cause_id, line_no, actor, unit_cost_minor FROM movement",
      "movement_w_i10");
  const auto held = a_confirmed({{"A", 5}}, new_id());
  ASSERT_TRUE(run(api().release_reservation(caller(), {held.id, {{1, {}, 2}}, "line cancelled", "cause-1"})));
  expect_refused("INSERT INTO reservation_step SELECT * FROM reservation_step", "reservation_step_pkey");
}

}  // namespace
}  // namespace emporion::warehouse
