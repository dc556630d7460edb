#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

using Status = v1::PlacementStatus;

const Uuid elsewhere = Uuid::from_name("the warehouse that stays open");

/// Sagas whose units move to another warehouse, at some moment of the purchase: what Order is told of it as it confirms.
struct SagaMovesTest : PlacementTest {
  /// A buyer who has been sent to the bank.
  BuyerAtCheckout at_the_bank() {
    const auto buyer = a_buyer("linh", card("pm_3ds"));
    EXPECT_EQ(confirm(buyer)->status, Status::requires_action);
    return buyer;
  }
  void pay_and_finish() {
    payments->pay(payments->only());
    sql("SELECT saga_wake(id) FROM saga");
    pass_until("completed", seconds(1));
  }
  const ShopOrders::Stored& order() { return orders->orders.begin()->second; }
  const ShopWarehouse::Hold& bound() {
    return std::ranges::find_if(stock->holds, [](const auto& entry) { return entry.second.state == ShopWarehouse::State::confirmed; })->second;
  }
  /// Order knows where its units are: as it was made, or as it was told.
  void expect_the_order_knows() {
    const auto& made = order().request;
    const auto& held = bound().shown;
    if (!order().told) {
      EXPECT_EQ(made.reservation_id, held.id);
      for (std::size_t i = 0; i < held.lines.size(); ++i) EXPECT_EQ(made.lines[i].allocations.front().warehouse_id, held.lines[i].warehouse_id);
      return;
    }
    EXPECT_EQ(order().told->reservation_id, held.id);
    EXPECT_EQ(order().told->version, held.version);
    ASSERT_EQ(order().told->units.size(), held.lines.size());
    for (std::size_t i = 0; i < held.lines.size(); ++i) {
      EXPECT_EQ(order().told->units[i].line_no, held.lines[i].line_no);
      EXPECT_EQ(order().told->units[i].warehouse_id, held.lines[i].warehouse_id);
      EXPECT_EQ(order().told->units[i].qty, held.lines[i].qty);
    }
  }
};

TEST_F(SagaMovesTest, AnOrderWhoseUnitsStayedIsConfirmedWithoutAWordOfThem) {
  at_the_bank();
  pay_and_finish();
  EXPECT_FALSE(order().told.has_value());
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, UnitsThatMoveWhileTheBuyerPaysAreConfirmedWhereTheyAre) {
  at_the_bank();
  stock->close_down(elsewhere);
  pay_and_finish();
  ASSERT_TRUE(order().told.has_value());
  EXPECT_EQ(order().told->units.front().warehouse_id, elsewhere);
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, UnitsThatLeftAndCameBackAreNotTakenForUnitsThatStayed) {
  at_the_bank();
  stock->close_down(elsewhere);
  stock->close_down(the_warehouse);
  pay_and_finish();
  EXPECT_TRUE(order().told.has_value()) << "moves that were told after the binding may seem to fit the lines of before";
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, WhoeverLosesTheAnswerOfTheBindingStillKnowsWhetherUnitsMoved) {
  at_the_bank();
  faults.lose("warehouse.confirm_reservation");
  pay_and_finish();
  EXPECT_FALSE(order().told.has_value());
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, UnitsThatMoveAfterTheirBindingWhoseAnswerWasLostAreConfirmedWhereTheyAre) {
  at_the_bank();
  for (int i = 0; i < 3; ++i) faults.lose("warehouse.confirm_reservation");
  payments->pay(payments->only());
  sql("SELECT saga_wake(id) FROM saga");
  EXPECT_TRUE(
      testing::eventually(runtime(), [&] { return stock->held("TEA", ShopWarehouse::State::confirmed) == 2; }, [&] { return saga_state(); }, seconds(10)));
  stock->close_down(elsewhere);
  pass_until("completed", seconds(1));
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, AHoldThatWasLengthenedIsNoMove) {
  stock->hot_life = seconds(100);  // Less than is to be left when stock is bound: it is lengthened first.
  a_buyer("linh", card("pm_ok"));
  const auto buyer = a_buyer("mai", card("pm_ok"));
  ASSERT_EQ(confirm(buyer)->status, Status::confirmed);
  EXPECT_EQ(bound().extensions, 1);
  EXPECT_FALSE(order().told.has_value());
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, UnitsThatMoveBeforeTheirHoldIsLengthenedAreConfirmedWhereTheyAre) {
  stock->hot_life = seconds(100);
  at_the_bank();
  stock->close_down(elsewhere);
  pay_and_finish();
  EXPECT_EQ(bound().extensions, 1);
  ASSERT_TRUE(order().told.has_value()) << "two versions more are not the extension alone";
  EXPECT_EQ(order().told->units.front().warehouse_id, elsewhere);
  expect_the_order_knows();
}

TEST_F(SagaMovesTest, UnitsThatWereReservedAnewAreConfirmedByTheirNewReservation) {
  at_the_bank();
  for (auto& [id, hold] : stock->holds) hold.state = ShopWarehouse::State::expired;  // Its warehouse closed and no other has the units; then one has.
  stock->opened_in = elsewhere;
  pay_and_finish();
  ASSERT_TRUE(order().told.has_value());
  EXPECT_NE(order().told->reservation_id, order().request.reservation_id);
  EXPECT_EQ(order().told->units.front().warehouse_id, elsewhere);
  expect_the_order_knows();
}

}  // namespace
}  // namespace emporion::checkout
