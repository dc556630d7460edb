#include "modules/commerce/order/domain/order_state.hpp"

#include <gtest/gtest.h>

namespace emporion::order {
namespace {

const Uuid hanoi = Uuid::from_name("hanoi");
const Uuid danang = Uuid::from_name("danang");
const Uuid held = Uuid::from_name("reservation");

LineState a_line() {
  LineState line;
  line.line_no = 1;
  line.counters.qty = 5;
  line.allocations = {{hanoi, 3, held}, {danang, 2, held}};
  return line;
}

TEST(OrderState, TakesCancelledUnitsFromTheLastWarehouseBack) {
  LineState line = a_line();
  EXPECT_EQ(take_allocated(line, 3), (std::vector<AllocatedUnits>{{danang, 2, held}, {hanoi, 1, held}}));
  EXPECT_EQ(line.allocations, (std::vector<AllocatedUnits>{{hanoi, 2, held}}));
}

TEST(OrderState, MovesUnitsToAnotherWarehouseAndNeverMoreThanThereAre) {
  LineState line = a_line();
  EXPECT_FALSE(move_allocated(line, hanoi, danang, held, 4));
  EXPECT_EQ(line.allocations, a_line().allocations);
  EXPECT_TRUE(move_allocated(line, hanoi, danang, held, 3));
  EXPECT_EQ(line.allocations, (std::vector<AllocatedUnits>{{danang, 5, held}}));
}

TEST(OrderState, CountsItsUnits) {
  OrderState order;
  order.lines.push_back(a_line());
  order.lines[0].counters.cancelled = 1;
  order.lines[0].counters.shipped = 4;
  EXPECT_EQ(order.facts().units_live, 4);
  EXPECT_EQ(order.facts().units_dispatched, 4);
}

}  // namespace
}  // namespace emporion::order
