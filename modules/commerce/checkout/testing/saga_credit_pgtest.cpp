#include "kernel/base/text.hpp"
#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

/// Orders that a gift card pays in part or whole, with what can go wrong between Checkout and Payment's credit.
struct SagaCredit : PlacementTest {
  SagaCredit() { credit->cards["GIFT"] = 10'000; }
  std::int64_t on_card() { return credit->cards["GIFT"]; }
  BuyerAtCheckout a_buyer_with_card(std::optional<std::int64_t> most = std::nullopt) {
    auto out = a_buyer("linh", card("pm_ok"));
    expect_ok(pay_with_card(out, "GIFT", most));
    return out;
  }
  void expect_paid_with(std::int64_t by_card, const BuyerAtCheckout& buyer) {
    expect_one_order();
    EXPECT_EQ(payments->balance(), buyer.total.amount() - by_card);
    EXPECT_EQ(credit->sum_of(ShopCredit::Status::redeemed), by_card);
    EXPECT_EQ(credit->sum_of(ShopCredit::Status::held), 0);
  }
  void expect_card_untouched() {
    expect_nothing_left();
    EXPECT_EQ(on_card(), 10'000);
    EXPECT_EQ(credit->sum_of(ShopCredit::Status::held) + credit->sum_of(ShopCredit::Status::redeemed), 0);
  }
};

TEST_F(SagaCredit, PaysItsPartAndThePaymentTheRest) {
  const auto buyer = a_buyer_with_card();
  const auto answer = confirm(buyer);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status_code, 201);
  expect_paid_with(10'000, buyer);
  EXPECT_EQ(answer->totals->amount_due, buyer.total - Money(10'000, buyer.total.currency()));
}

TEST_F(SagaCredit, PaysEverythingWithoutAnyPayment) {
  credit->cards["GIFT"] = 100'000'000;
  const auto buyer = a_buyer_with_card();
  ASSERT_TRUE(confirm(buyer));
  expect_one_order(0);
  EXPECT_TRUE(payments->payments.empty());
  EXPECT_EQ(credit->sum_of(ShopCredit::Status::redeemed), buyer.total.amount());
}

TEST_F(SagaCredit, WhoseAnswersAreLostIsTakenOnce) {
  const auto buyer = a_buyer_with_card(4'000);
  faults.lose("credit.hold_credit", 2);
  faults.lose("credit.redeem_credit", 2);
  ASSERT_TRUE(confirm(buyer));
  expect_paid_with(4'000, buyer);
  EXPECT_EQ(on_card(), 6'000);
}

TEST_F(SagaCredit, ThatWasSpentSinceTheQuoteIsToldAndNothingIsCharged) {
  const auto buyer = a_buyer_with_card();
  credit->cards["GIFT"] = 3'000;
  const auto refused = confirm(buyer);
  EXPECT_EQ(refused.error().reason(), "CREDIT_INSUFFICIENT");
  EXPECT_EQ(refused.error().metadata_json("available"), R"({"amount":3000,"currency":"VND"})");
  expect_nothing_left();
  // What is left can be confirmed by the new quote, which says what is due then.
  auto again = buyer;
  const auto now = preview(again);
  ASSERT_TRUE(now) << now.error().to_string();
  ASSERT_TRUE(confirm(again, "again"));
  expect_paid_with(3'000, again);
}

TEST_F(SagaCredit, ThatIsRefusedAfterTheOrderWasMadeUndoesIt) {
  const auto buyer = a_buyer_with_card();
  faults.refuse("credit.hold_credit", Error(ErrorKind::rule_violated, "CREDIT_INSUFFICIENT", "spent a moment ago"));
  EXPECT_EQ(confirm(buyer).error().reason(), "CREDIT_INSUFFICIENT");
  expect_card_untouched();
  EXPECT_EQ(orders->count(order::v1::OrderStatus::cancelled), 1);
  ASSERT_TRUE(confirm(buyer, "again")) << "a failed checkout can be confirmed again";
  expect_paid_with(10'000, buyer);
}

TEST_F(SagaCredit, ThatCannotBeReachedEndsTheTryAndALateHoldIsRefused) {
  const auto buyer = a_buyer_with_card();
  faults.delay("credit.hold_credit");
  faults.down("credit.hold_credit", 20);
  EXPECT_EQ(confirm(buyer).error().reason(), "DEPENDENCY_UNAVAILABLE");
  pass_until("failed");
  EXPECT_EQ(faults.deliver(), std::vector<std::string>{"CREDIT_RELEASED"});
  expect_card_untouched();
}

TEST_F(SagaCredit, GoesBackWhenItsPaymentIsDeclinedForGoodHoweverOftenTheReleaseFails) {
  auto buyer = a_buyer("linh", card("pm_no"));
  expect_ok(pay_with_card(buyer, "GIFT"));
  faults.lose("credit.release_credit", 1);
  faults.down("credit.release_credit", 2);
  EXPECT_EQ(confirm(buyer).error().reason(), "PAYMENT_DECLINED");
  EXPECT_EQ(on_card(), 0) << "held while the buyer may pay the rest";
  EXPECT_EQ(retry(buyer, card("pm_no"), "one").error().reason(), "PAYMENT_DECLINED");
  (void)retry(buyer, card("pm_no"), "two");
  pass_until("failed");
  expect_card_untouched();
  for (const auto& [id, hold] : credit->holds) EXPECT_EQ(hold.releases, 1);
}

TEST_F(SagaCredit, IsAskedForOnlyWhereThereIsAny) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  ASSERT_TRUE(confirm(buyer));
  for (const std::string& operation : faults.operations()) EXPECT_FALSE(operation.starts_with("credit.")) << operation;
}

TEST_F(SagaCredit, WhoseBalancesAreNotToldGivesNoQuote) {
  auto buyer = a_buyer_with_card();
  faults.down("credit.get_credit_balances");
  EXPECT_EQ(preview(buyer).error().reason(), "DEPENDENCY_UNAVAILABLE") << "zero is never assumed";
}

}  // namespace
}  // namespace emporion::checkout
