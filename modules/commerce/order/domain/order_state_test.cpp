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

TEST(OrderState, IsAllocatedAnewAsAWholeOrNotAtAll) {
  OrderState order;
  order.lines = {a_line()};
  order.lines[0].counters.cancelled = 1;
  const Uuid anew = Uuid::from_name("second reservation");
  for (const auto& wrong :
       std::vector<std::vector<UnitsOfLine>>{{}, {{1, danang, 3}}, {{1, danang, 5}}, {{1, danang, 4}, {2, hanoi, 1}}, {{1, danang, 5}, {1, hanoi, -1}}}) {
    const auto refused = allocate_anew(order, anew, wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "ALLOCATION_MISMATCH");
    EXPECT_EQ(order.lines[0].allocations, a_line().allocations);
  }
  ASSERT_TRUE(allocate_anew(order, anew, {{1, danang, 3}, {1, hanoi, 1}}));
  EXPECT_EQ(order.lines[0].allocations, (std::vector<AllocatedUnits>{{danang, 3, anew}, {hanoi, 1, anew}}));
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
