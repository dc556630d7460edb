#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

using Status = v1::PlacementStatus;

/// What the customer is told (commerce.md §4.4), and that what was refused left nothing behind.
struct AnswersTest : PlacementTest {
  Error refusal(const BuyerAtCheckout& buyer, const std::string& key = "confirm") {
    auto answer = confirm(buyer, key);
    EXPECT_FALSE(answer.has_value());
    if (answer) return Error(ErrorKind::internal, "IT_WAS_ACCEPTED");
    EXPECT_FALSE(answer.error().metadata_json("checkout_id").empty()) << answer.error().to_string();
    EXPECT_FALSE(answer.error().metadata_json("poll_url").empty()) << answer.error().to_string();
    return answer.error();
  }
  void decide(const std::string& decision) {
    sql(text("INSERT INTO review_decision (saga_id, decision) SELECT id, '", decision, "' FROM saga"));
    sql("UPDATE saga SET next_run_at = now()");
  }
  std::string session_status() { return value("SELECT status FROM checkout_session ORDER BY created_at DESC LIMIT 1"); }
};

TEST_F(AnswersTest, ASecondSubmitUnderAnotherKeyIsToldWhereToLook) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  ASSERT_EQ(confirm(buyer)->status, Status::requires_action);
  const Error twice = refusal(buyer, "another");
  EXPECT_EQ(twice.kind(), ErrorKind::conflict);
  EXPECT_EQ(twice.reason(), "CHECKOUT_IN_PROGRESS");
  EXPECT_EQ(twice.metadata_json("poll_url"), text("\"/api/v1/checkout/", buyer.session, "/confirmation\""));
  // The same key shows how it stands, and another body under it is refused.
  EXPECT_EQ(confirm(buyer)->status, Status::requires_action);
  auto other_total = buyer;
  other_total.total = other_total.total + Money(1, Currency::of("VND"));
  EXPECT_EQ(refusal(other_total).reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(count("saga"), "1");
  EXPECT_EQ(session_status(), "awaiting_payment");
}

TEST_F(AnswersTest, WhatWasSoldMeanwhileNamesTheItemsAndOpensTheSessionAgain) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  stock->on_hand["TEA"] = 1;
  const Error sold = refusal(buyer);
  EXPECT_EQ(sold.kind(), ErrorKind::conflict);
  EXPECT_EQ(sold.reason(), "OUT_OF_STOCK");
  EXPECT_EQ(sold.metadata_json("items"), R"([{"sku":"TEA","requested":2,"available":1}])");
  EXPECT_EQ(session_status(), "open");
  EXPECT_EQ(orders->orders.size(), 0u);
  expect_nothing_left();
}

TEST_F(AnswersTest, WhatIsGoneAltogetherIsRefusedToTheNextOnesWithoutASagaForAMoment) {
  const auto first = a_buyer("linh", card("pm_ok"));
  const auto second = a_buyer("mai", card("pm_ok"));
  stock->on_hand["TEA"] = 0;
  const std::string items = R"([{"sku":"TEA","requested":2,"available":0}])";
  EXPECT_EQ(refusal(first).metadata_json("items"), items);
  EXPECT_EQ(count("saga"), "1");
  const Error gated = refusal(second);
  EXPECT_EQ(gated.reason(), "OUT_OF_STOCK");
  EXPECT_EQ(gated.metadata_json("items"), items);
  EXPECT_EQ(count("saga"), "1");
  // What came in meanwhile is sold at once, under the same key.
  stock->on_hand["TEA"] = 2;
  EXPECT_EQ(confirm(second)->status, Status::confirmed);
}

TEST_F(AnswersTest, ACouponThatWasUsedUpMeanwhileIsNeverDroppedSilently) {
  const auto buyer = a_buyer("linh", card("pm_ok"), 2, "TEN");
  promotion->uses_left = 0;
  const Error used = refusal(buyer);
  EXPECT_EQ(used.kind(), ErrorKind::rule_violated);
  EXPECT_EQ(used.reason(), "COUPON_INVALID");
  EXPECT_EQ(used.metadata_json("code"), R"("TEN")");
  EXPECT_EQ(used.metadata_json("reason"), R"("exhausted")");
  EXPECT_EQ(stock->releases(), 1);
  expect_nothing_left();
}

TEST_F(AnswersTest, ADeniedBuyerIsToldNothingButThatItWasDeclined) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  payments->risk = payment::v1::RiskDecision::deny;
  const Error denied = refusal(buyer);
  EXPECT_EQ(denied.kind(), ErrorKind::payment_refused);
  EXPECT_EQ(denied.reason(), "PAYMENT_DECLINED");
  EXPECT_EQ(denied.metadata_json("category"), R"("generic")");
  EXPECT_EQ(orders->orders.size(), 0u);
  expect_nothing_left();
}

TEST_F(AnswersTest, APartOfTheShopThatIsDownBeforeThePaymentGivesEverythingBack) {
  for (const std::string operation :
       {"pricing.create_quote", "warehouse.reserve", "payment.assess_risk", "promotion.reserve", "order.create_order", "promotion.commit"}) {
    SCOPED_TRACE(operation);
    const auto buyer = a_buyer(operation, card("pm_ok"), 2, "TEN");
    faults.down(operation, 3);
    const Error down = refusal(buyer);
    EXPECT_EQ(down.kind(), ErrorKind::unavailable);
    EXPECT_EQ(down.reason(), "DEPENDENCY_UNAVAILABLE");
    EXPECT_EQ(down.metadata_json("retry_after"), "2");
    EXPECT_EQ(session_status(), "open");
    expect_nothing_left();
  }
}

TEST_F(AnswersTest, AnOrderUnderReviewStandsOnceItIsApproved) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  payments->risk = payment::v1::RiskDecision::review;
  const auto waiting = confirm(buyer);
  ASSERT_TRUE(waiting.has_value()) << waiting.error().to_string();
  EXPECT_EQ(waiting->status_code, 202);
  EXPECT_EQ(waiting->status, Status::under_review);
  EXPECT_EQ(session_status(), "under_review");
  EXPECT_GT(*waiting->expires_at, clock.now() + hours(23));
  EXPECT_EQ(stock->held("TEA", ShopWarehouse::State::confirmed), 2) << "stock stays committed";
  EXPECT_EQ(payments->balance(), 0);
  decide("approve");
  pass_until("completed", seconds(1));
  expect_one_order();
}

TEST_F(AnswersTest, AnOrderUnderReviewThatIsRejectedOrForgottenIsDeclined) {
  payments->risk = payment::v1::RiskDecision::review;
  const auto rejected = a_buyer("linh", card("pm_ok"));
  ASSERT_EQ(confirm(rejected)->status, Status::under_review);
  decide("reject");
  pass_until("failed", seconds(1));
  EXPECT_EQ(poll(rejected).failure->reason, "PAYMENT_DECLINED");
  expect_nothing_left();
  const auto forgotten = a_buyer("minh", card("pm_ok"));
  ASSERT_EQ(confirm(forgotten)->status, Status::under_review);
  pass_until("failed", seconds(3'600), 40);
  EXPECT_EQ(poll(forgotten).failure->reason, "PAYMENT_DECLINED");
  expect_nothing_left();
}

TEST_F(AnswersTest, AnUnknownPaymentIsNotPaidAgainAndTheHoldIsLengthenedOnce) {
  const auto buyer = a_buyer("linh", card("pm_slow"));
  const auto unknown = confirm(buyer);
  ASSERT_TRUE(unknown.has_value()) << unknown.error().to_string();
  EXPECT_EQ(unknown->status_code, 202);
  EXPECT_EQ(unknown->status, Status::payment_processing);
  EXPECT_EQ(unknown->do_not_pay_again, true);
  EXPECT_FALSE(unknown->order_number->empty());
  EXPECT_EQ(retry(buyer, card("pm_ok")).error().reason(), "PAYMENT_IN_PROGRESS");
  // The window ends, and the outcome is still unknown: once more as far as the hold goes.
  pass(minutes(15) + seconds(1));
  ASSERT_TRUE(testing::eventually(runtime(), [&] { return faults.calls("warehouse.extend_reservation") == 1; }));
  EXPECT_EQ(saga_state(), "awaiting_payment");
  EXPECT_EQ(orders->count(order::v1::OrderStatus::pending_payment), 1);
  pass_until("failed", seconds(60), 60);
  EXPECT_EQ(faults.calls("warehouse.extend_reservation"), 1);
  EXPECT_EQ(payments->only().voids, 1) << "a remembered void: what comes later goes back";
  expect_nothing_left();
}

TEST_F(AnswersTest, AnUnknownPaymentThatTurnsOutWellWithinTheLongerHoldStands) {
  const auto buyer = a_buyer("linh", card("pm_slow"));
  ASSERT_EQ(confirm(buyer)->status, Status::payment_processing);
  pass(minutes(15) + seconds(1));
  ASSERT_TRUE(testing::eventually(runtime(), [&] { return faults.calls("warehouse.extend_reservation") == 1; }));
  pass(minutes(2));
  payments->pay(payments->only());
  pass_until("completed", seconds(5));
  expect_one_order(0);  // One phase: it was captured by the buyer's paying.
  EXPECT_EQ(payments->balance(), buyer.total.amount());
}

TEST_F(AnswersTest, APaymentWhoseServiceIsSilentIsShownAsBeingProcessed) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  faults.lose("payment.create_payment");
  const auto unknown = confirm(buyer);
  ASSERT_TRUE(unknown.has_value()) << unknown.error().to_string();
  EXPECT_EQ(unknown->status, Status::payment_processing);
  pass_until("completed", seconds(5));
  expect_one_order();
}

TEST_F(AnswersTest, AHotItemIsPaidForWithinItsHoldLessAMinute) {
  stock->hot_life = minutes(5);
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  const auto waiting = confirm(buyer);
  ASSERT_TRUE(waiting.has_value()) << waiting.error().to_string();
  EXPECT_LE(*waiting->expires_at, clock.now() + minutes(4));
  EXPECT_GT(*waiting->expires_at, clock.now() + minutes(3));
  EXPECT_EQ(orders->orders.begin()->second.request.payment_deadline, waiting->expires_at);
  // Paid with less than two minutes of the hold left: it is lengthened before the stock is committed.
  pass(seconds(200));
  payments->pay(payments->only());
  sql("UPDATE saga SET next_run_at = now()");
  pass_until("completed", seconds(0));
  EXPECT_EQ(faults.calls("warehouse.extend_reservation"), 1);
  expect_one_order(0);
}

TEST_F(AnswersTest, ABankTransferIsNotTakenForAHotItem) {
  stock->hot_life = minutes(5);
  const Error refused = refusal(a_buyer("linh", {.method = v1::PaymentMethod::bank_transfer}));
  EXPECT_EQ(refused.kind(), ErrorKind::rule_violated);
  EXPECT_EQ(refused.reason(), "PAYMENT_METHOD_NOT_ELIGIBLE");
  EXPECT_EQ(refused.metadata_json("why"), R"("FLASH_SALE")");
  expect_nothing_left();
}

TEST_F(AnswersTest, ABankTransferHasADayAndItsHoldIsTenMinutesLonger) {
  const auto waiting = confirm(a_buyer("linh", {.method = v1::PaymentMethod::bank_transfer}));
  ASSERT_TRUE(waiting.has_value()) << waiting.error().to_string();
  EXPECT_GT(*waiting->expires_at, clock.now() + hours(23));
  EXPECT_EQ(stock->holds.begin()->second.life, hours(24) + minutes(10));
  EXPECT_EQ(count("pending_transfer"), "1");
}

TEST_F(AnswersTest, ThreeOrdersMayWaitForTransfersOfOneBuyer) {
  const v1::PaymentSelection transfer{.method = v1::PaymentMethod::bank_transfer};
  std::vector<BuyerAtCheckout> buyers;
  for (int i = 0; i < 5; ++i) buyers.push_back(a_buyer(text("buyer ", i), transfer));  // All from one IP address.
  // When all are sent at once
  std::vector<Task<Result<v1::PlacementResponse>>> calls;
  for (const auto& buyer : buyers) calls.push_back(api().confirm_checkout(keyed(buyer.call, "confirm"), confirmation_of(buyer)));
  int waiting = 0;
  std::vector<std::size_t> refused;
  const auto answers = run(when_all(std::move(calls)));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i]) {
      ++waiting;
      continue;
    }
    EXPECT_EQ(answers[i].error().reason(), "TOO_MANY_PENDING_ORDERS");
    EXPECT_EQ(answers[i].error().metadata_json("max"), "3");
    refused.push_back(i);
  }
  EXPECT_EQ(waiting, 3);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_EQ(count("cart WHERE status = 'locked'"), "3");
  // Given that one is given up, there is room again.
  const std::size_t first = refused[0] == 0 ? (refused[1] == 1 ? 2 : 1) : 0;
  EXPECT_TRUE(run(api().abandon_checkout(buyers[first].call, {.id = buyers[first].session})).has_value());
  ASSERT_TRUE(testing::eventually(runtime(), [&] { return count("pending_transfer") == "2"; }));
  EXPECT_EQ(confirm(buyers[refused[0]], "again")->status, Status::requires_action);
}

TEST_F(AnswersTest, AHoldThatRanOutWhileTheBuyerPaidIsTakenAgainIfItIsThere) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  ASSERT_EQ(confirm(buyer)->status, Status::requires_action);
  for (auto& [id, hold] : stock->holds) {
    hold.state = ShopWarehouse::State::expired;
    ++hold.releases;
  }
  payments->pay(payments->only());
  sql("UPDATE saga SET next_run_at = now()");
  pass_until("completed", seconds(0));
  EXPECT_EQ(stock->holds.size(), 2u);
  expect_one_order(0);
}

TEST_F(AnswersTest, AHoldThatRanOutAndWasSoldGivesTheMoneyBack) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  ASSERT_EQ(confirm(buyer)->status, Status::requires_action);
  for (auto& [id, hold] : stock->holds) hold.state = ShopWarehouse::State::expired;
  stock->on_hand["TEA"] = 0;
  payments->pay(payments->only());
  sql("UPDATE saga SET next_run_at = now()");
  pass_until("failed", seconds(0));
  const auto seen = poll(buyer);
  EXPECT_EQ(seen.status_code, 200);
  EXPECT_EQ(seen.status, Status::cancelled);
  EXPECT_EQ(seen.refund->amount, buyer.total);
  EXPECT_EQ(seen.failure->reason, "OUT_OF_STOCK");
  expect_nothing_left();
  // Also when the session is long over.
  sql("UPDATE checkout_session SET status = 'expired'");
  EXPECT_EQ(poll(buyer).status, Status::cancelled);
  EXPECT_EQ(confirm(buyer).error().reason(), "OUT_OF_STOCK") << "a key is bound to its saga";
}

TEST_F(AnswersTest, ARetryIsOneAttemptHoweverOftenItsKeyIsSent) {
  const auto buyer = a_buyer("linh", card("pm_no"));
  EXPECT_EQ(refusal(buyer).reason(), "PAYMENT_DECLINED");
  std::vector<Task<Result<v1::PlacementResponse>>> calls;
  v1::RetryPaymentRequest request;
  request.id = buyer.session;
  request.payment = card("pm_no");
  for (int i = 0; i < 4; ++i) calls.push_back(api().retry_payment(keyed(buyer.call, "retry"), request));
  for (const auto& answer : run(when_all(std::move(calls)))) EXPECT_EQ(answer.error().reason(), "PAYMENT_DECLINED") << answer.error().to_string();
  EXPECT_EQ(payments->payments.size(), 2u);
  EXPECT_EQ(retry(buyer, card("pm_no")).error().metadata_json("attempts_left"), "1");
  EXPECT_EQ(payments->payments.size(), 2u);
  EXPECT_EQ(retry(buyer, card("pm_ok")).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(retry(buyer, {.method = v1::PaymentMethod::cod}, "cash").error().metadata_json("why"), R"("NOT_ON_RETRY")");
  EXPECT_EQ(payments->payments.size(), 2u);
  const auto paid = retry(buyer, card("pm_ok"), "retry 2");
  ASSERT_TRUE(paid.has_value()) << paid.error().to_string();
  EXPECT_EQ(paid->status_code, 201);
  const auto again = retry(buyer, card("pm_ok"), "retry 2");
  EXPECT_EQ(again->status_code, 200);
  EXPECT_EQ(again->idempotent_replayed, "true");
  expect_one_order();
}

TEST_F(AnswersTest, TheLastDeclinedAttemptCancelsTheOrder) {
  const auto buyer = a_buyer("linh", card("pm_no"));
  EXPECT_EQ(refusal(buyer).metadata_json("attempts_left"), "2");
  EXPECT_EQ(retry(buyer, card("pm_no"), "2").error().metadata_json("attempts_left"), "1");
  const auto last = retry(buyer, card("pm_no"), "3");
  EXPECT_EQ(last.error().reason(), "PAYMENT_DECLINED");
  EXPECT_EQ(last.error().metadata_json("attempts_left"), "0");
  EXPECT_EQ(saga_state(), "failed");
  expect_nothing_left();
  EXPECT_EQ(retry(buyer, card("pm_ok"), "4").error().reason(), "ATTEMPTS_EXHAUSTED");
}

TEST_F(AnswersTest, ARetryIsRefusedWhileABankIsAskedAndAfterTheWindow) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  EXPECT_EQ(retry(buyer, card("pm_ok")).error().reason(), "NOT_CONFIRMED");
  ASSERT_EQ(confirm(buyer)->status, Status::requires_action);
  const auto busy = retry(buyer, card("pm_ok"));
  EXPECT_EQ(busy.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(busy.error().reason(), "PAYMENT_IN_PROGRESS");
  pass_until("failed", seconds(60), 20);
  const auto late = retry(buyer, card("pm_ok"));
  EXPECT_EQ(late.error().kind(), ErrorKind::gone);
  EXPECT_EQ(late.error().reason(), "PAYMENT_WINDOW_CLOSED");
  EXPECT_EQ(payments->payments.size(), 1u);
}

TEST_F(AnswersTest, AnOrderBelowTheMarketsMinimumIsOutOfRange) {
  settings().set("checkout.order_min.vnd", "200000");
  auto buyer = a_buyer("linh", card("pm_ok"), 1);
  const auto refused = preview(buyer);
  EXPECT_EQ(refused.error().reason(), "ORDER_AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(refused.error().metadata_json("min"), "200000");
  EXPECT_EQ(count("quote"), "0");
}

TEST_F(AnswersTest, AnAbandonedConfirmIsUndoneAndAFinishedOneIsNot) {
  const auto buyer = a_buyer("linh", card("pm_3ds"));
  ASSERT_EQ(confirm(buyer)->status, Status::requires_action);
  EXPECT_EQ(run(api().abandon_checkout(buyer.call, {.id = buyer.session}))->status_code, 202);
  pass_until("failed", seconds(0));
  expect_nothing_left();
  const auto other = a_buyer("minh", card("pm_ok"));
  ASSERT_EQ(confirm(other)->status, Status::confirmed);
  const auto late = run(api().abandon_checkout(other.call, {.id = other.session}));
  EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(late.error().reason(), "CANNOT_ABANDON");
  expect_one_order();
}

}  // namespace
}  // namespace emporion::checkout
