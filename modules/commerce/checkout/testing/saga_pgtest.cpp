#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

using Status = v1::PlacementStatus;
using SagaTest = PlacementTest;

const Error gone_authorization(ErrorKind::gone, "AUTHORIZATION_EXPIRED", "");

TEST_F(SagaTest, AnOrderThatIsPaidByCardStandsOnceWithAllThatBelongsToIt) {
  const auto buyer = a_buyer("linh", card("pm_ok"), 2, "TEN");
  const auto placed = confirm(buyer);
  ASSERT_TRUE(placed.has_value()) << placed.error().to_string();
  EXPECT_EQ(placed->status_code, 201);
  EXPECT_EQ(placed->status, Status::confirmed);
  EXPECT_EQ(placed->totals->grand_total, buyer.total);
  expect_one_order();
  EXPECT_EQ(promotion->in_use(ShopPromotion::State::committed), 1);
  EXPECT_EQ(payments->balance(), buyer.total.amount());
  // The key again, then another: the same order, 200.
  EXPECT_EQ(confirm(buyer)->status_code, 200);
  EXPECT_EQ(confirm(buyer)->idempotent_replayed, "true");
  EXPECT_EQ(confirm(buyer, "another")->order_id, placed->order_id);
  expect_one_order();
}

// Every call that may take effect, one purchase each: the neighbour does its work and is not heard.
TEST_F(SagaTest, acceptance_commerce_4_5_4_EachParticipantTimesOutAfterDoingTheWorkAndNothingIsDoubled) {
  const std::vector<std::string> asked = {"pricing.create_quote", "promotion.evaluate",     "warehouse.batch_stock",         "warehouse.reserve",
                                          "payment.assess_risk",  "promotion.reserve",      "warehouse.get_reservation",     "order.create_order",
                                          "promotion.commit",     "payment.create_payment", "warehouse.confirm_reservation", "payment.capture_payment",
                                          "order.confirm_order"};
  int bought = 0;
  for (const auto& operation : asked) {
    SCOPED_TRACE(operation);
    const auto buyer = a_buyer(operation, card("pm_ok"), 2, "TEN");
    faults.lose(operation);
    (void)confirm(buyer);
    pass_until("completed");
    EXPECT_EQ(poll(buyer).status, Status::confirmed);
    ++bought;
    EXPECT_EQ(orders->count(order::v1::OrderStatus::confirmed), bought);
    EXPECT_EQ(static_cast<int>(orders->orders.size()), bought);
    EXPECT_EQ(stock->held("TEA"), 2 * bought);
    EXPECT_EQ(payments->balance(), buyer.total.amount() * bought);
    EXPECT_EQ(promotion->in_use(ShopPromotion::State::committed), bought);
  }
  // And each undo, of a purchase whose authorization has lapsed at the last moment.
  for (const std::string operation : {"payment.void_payment", "order.cancel_order", "promotion.release", "warehouse.release_reservation"}) {
    SCOPED_TRACE(operation);
    const auto buyer = a_buyer("undone " + operation, card("pm_ok"), 2, "TEN");
    faults.refuse("payment.capture_payment", gone_authorization);
    faults.lose(operation);
    EXPECT_FALSE(confirm(buyer).has_value());
    pass_until("failed");
    EXPECT_EQ(stock->held("TEA"), 2 * bought);
    EXPECT_EQ(payments->live(), bought);
    EXPECT_EQ(promotion->in_use(ShopPromotion::State::committed) + promotion->in_use(ShopPromotion::State::reserved), bought);
    EXPECT_EQ(orders->count(order::v1::OrderStatus::confirmed), bought);
    EXPECT_EQ(stock->releases(), orders->count(order::v1::OrderStatus::cancelled));
    const auto cancelled = std::ranges::find_if(orders->orders, [](const auto& entry) { return entry.second.cancellations > 1; });
    EXPECT_EQ(cancelled, orders->orders.end());
  }
}

TEST_F(SagaTest, acceptance_commerce_4_5_5_AReserveThatLandsAfterItsReleaseIsRefusedAndHoldsNothing) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  for (int i = 0; i < 3; ++i) faults.delay("warehouse.reserve");
  const auto placed = confirm(buyer);
  ASSERT_FALSE(placed.has_value());
  EXPECT_EQ(placed.error().reason(), "DEPENDENCY_UNAVAILABLE");
  EXPECT_EQ(saga_state(), "failed");
  EXPECT_EQ(faults.deliver(), (std::vector<std::string>{"RESERVATION_STATE", "RESERVATION_STATE", "RESERVATION_STATE"}));
  expect_nothing_left();
}

TEST_F(SagaTest, acceptance_commerce_4_5_7_ADeclinedThenAnApprovedCardIsOneOrderWithTwoAttemptsAndOneCapture) {
  const auto buyer = a_buyer("linh", card("pm_no"));
  const auto declined = confirm(buyer);
  ASSERT_FALSE(declined.has_value());
  EXPECT_EQ(declined.error().reason(), "PAYMENT_DECLINED");
  EXPECT_EQ(declined.error().metadata_json("category"), R"("insufficient_funds")");
  EXPECT_EQ(declined.error().metadata_json("attempts_left"), "2");
  EXPECT_EQ(declined.error().metadata_json("methods"), R"(["card","vnpay"])");
  EXPECT_FALSE(declined.error().metadata_json("payment_deadline").empty());
  EXPECT_EQ(poll(buyer).status, Status::payment_declined);
  pass(minutes(5));
  const auto paid = retry(buyer, card("pm_ok"));
  ASSERT_TRUE(paid.has_value()) << paid.error().to_string();
  EXPECT_EQ(paid->status_code, 201);
  EXPECT_EQ(declined.error().metadata_json("order_id"), text('"', *paid->order_id, '"'));
  EXPECT_EQ(payments->payments.size(), 2u);
  for (const auto& [id, payment] : payments->payments) EXPECT_EQ(payment.shown.attempt_no, payment.captures == 1 ? 2 : 1);
  expect_one_order();
}

TEST_F(SagaTest, acceptance_commerce_4_5_8_WhatIsNeverFinishedAtTheBankIsCancelledWhenTheWindowEnds) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  const auto waiting = confirm(buyer);
  ASSERT_TRUE(waiting.has_value()) << waiting.error().to_string();
  EXPECT_EQ(waiting->status_code, 202);
  EXPECT_EQ(waiting->status, Status::requires_action);
  EXPECT_EQ(waiting->next_action->type, "redirect");
  EXPECT_GT(*waiting->expires_at, clock.now() + minutes(13));
  EXPECT_EQ(stock->held("TEA"), 2);
  pass_until("failed", seconds(60), 20);
  EXPECT_EQ(poll(buyer).failure->reason, "PAYMENT_WINDOW_CLOSED");
  EXPECT_EQ(orders->count(order::v1::OrderStatus::cancelled), 1);
  expect_nothing_left();
  const auto cart = run(api().get_cart(keyed(buyer.call, ""), {}));
  EXPECT_EQ(cart->cart.status, v1::CartStatus::active);
  EXPECT_EQ(cart->cart.unit_count, 2);
}

TEST_F(SagaTest, acceptance_commerce_4_5_9_MoneyThatComesASecondAfterTheAbortGoesBackAndMovesNoStock) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  ASSERT_EQ(confirm(buyer)->status, Status::requires_action);
  EXPECT_EQ(run(api().abandon_checkout(buyer.call, {.id = buyer.session}))->status_code, 202);
  pass_until("failed", seconds(0));
  const int releases = stock->releases();
  pass(seconds(1));
  payments->pay(payments->only());
  // The event of the late money wakes nothing up.
  sql("SELECT saga_wake(saga_id) FROM confirm_key");
  const auto seen = poll(buyer);
  EXPECT_EQ(seen.status, Status::cancelled);
  EXPECT_EQ(seen.refund->amount, buyer.total);
  EXPECT_EQ(seen.refund->status, "succeeded");
  EXPECT_EQ(payments->balance(), 0);
  EXPECT_EQ(stock->releases(), releases);
  EXPECT_EQ(saga_state(), "failed");
  expect_nothing_left();
}

TEST_F(SagaTest, acceptance_commerce_4_5_10_ACaptureThatFailsFourTimesIsTriedOnAndTheOrderIsNeverCancelled) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  faults.down("payment.capture_payment", 12);  // Three in a row, four times.
  patience = seconds(1);
  (void)confirm(buyer);
  pass_until("completed", seconds(60));
  EXPECT_EQ(poll(buyer).status, Status::confirmed);
  EXPECT_EQ(faults.calls("order.cancel_order"), 0);
  EXPECT_EQ(faults.calls("payment.void_payment"), 0);
  expect_one_order();
}

TEST_F(SagaTest, ACaptureIsTriedBeyondTheBuyersWindowUntilTheAuthorizationEnds) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  faults.down("payment.capture_payment", 60);
  patience = seconds(1);
  (void)confirm(buyer);
  pass_until("completed", seconds(300));
  EXPECT_EQ(faults.calls("order.cancel_order"), 0);
  expect_one_order();
}

TEST_F(SagaTest, acceptance_commerce_4_5_11_AVoidThatFailsForAnHourIsDoneOnceAndSoIsTheRelease) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  faults.refuse("payment.capture_payment", gone_authorization);
  faults.down("payment.void_payment", 1'000);
  patience = seconds(1);
  (void)confirm(buyer);
  const UtcTime begin = clock.now();
  while (clock.now() - begin < hours(1)) {
    const int tries = faults.calls("payment.void_payment");
    pass(minutes(5));
    ASSERT_TRUE(testing::eventually(runtime(), [&] { return faults.calls("payment.void_payment") > tries; }));
    ASSERT_EQ(saga_state(), "compensating");
  }
  EXPECT_EQ(stock->releases(), 0) << "money first, then stock";
  faults.clear();
  pass_until("failed");
  EXPECT_EQ(payments->only().voids, 1);
  EXPECT_EQ(stock->releases(), 1);
  expect_nothing_left();
}

TEST_F(SagaTest, acceptance_commerce_4_5_12_ARisenPriceIsRefusedWithNothingReservedAndAFallenOneReported) {
  auto buyer = a_buyer("linh", card("pm_ok"));
  const Money offered = buyer.total;
  pricing->prices["TEA"] = 70'000;
  const auto risen = confirm(buyer);
  ASSERT_FALSE(risen.has_value());
  EXPECT_EQ(risen.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(risen.error().reason(), "PRICE_CHANGED");
  EXPECT_EQ(risen.error().metadata_json("old_total"), text(R"({"amount":)", offered.amount(), R"(,"currency":"VND"})"));
  EXPECT_EQ(risen.error().metadata_json("new_total"), text(R"({"amount":)", offered.amount() + 10'000, R"(,"currency":"VND"})"));
  EXPECT_EQ(risen.error().metadata_json("changes"), R"([{"sku":"TEA","field":"unit_price","old":65000,"new_value":70000}])");
  EXPECT_EQ(faults.calls("warehouse.reserve"), 0);
  expect_nothing_left();
  // The answer's quote may be confirmed as it stands; meanwhile the price falls.
  buyer.quote = Uuid::parse(std::string(risen.error().metadata_json("quote_id")).substr(1, 36)).value();
  buyer.total = Money(offered.amount() + 10'000, offered.currency());
  pricing->prices["TEA"] = 60'000;
  const auto fallen = confirm(buyer, "again");
  ASSERT_TRUE(fallen.has_value()) << fallen.error().to_string();
  EXPECT_EQ(fallen->status_code, 201);
  EXPECT_EQ(fallen->price_adjusted, true);
  EXPECT_EQ(fallen->totals->grand_total.amount(), offered.amount() - 10'000);
  EXPECT_EQ(payments->balance(), offered.amount() - 10'000);
  expect_one_order();
}

TEST_F(SagaTest, acceptance_commerce_4_5_13_AfterAFailureAnotherConfirmIsANewSagaAndANewOrder) {
  auto buyer = a_buyer("linh", card("pm_ok"));
  faults.refuse("payment.capture_payment", gone_authorization);
  const auto failed = confirm(buyer);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(saga_state(), "failed");
  expect_nothing_left();
  // The old key shows its own saga; a new one begins another.
  EXPECT_EQ(confirm(buyer).error().reason(), failed.error().reason());
  const auto placed = confirm(buyer, "again");
  ASSERT_TRUE(placed.has_value()) << placed.error().to_string();
  EXPECT_EQ(placed->status_code, 201);
  EXPECT_EQ(count("saga"), "2");
  EXPECT_EQ(orders->orders.size(), 2u);
  EXPECT_EQ(orders->count(order::v1::OrderStatus::confirmed), 1);
  EXPECT_EQ(stock->held("TEA"), 2);
}

}  // namespace
}  // namespace emporion::checkout
