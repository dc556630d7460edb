#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "modules/commerce/payment/domain/ledger.hpp"
#include "modules/commerce/payment/domain/refund.hpp"

namespace emporion::payment {
namespace {

const UtcTime now = UtcTime::parse("2026-03-01T00:00:00Z").value();

RefundFacts taken(std::int64_t captured, std::int64_t given_back) {
  return RefundFacts{
      .status = Status::captured, .captured_amount = captured, .refunds_open_or_done = given_back, .captured_at = now - hours(24), .window_exempt = false};
}

TEST(RefundRule, AllowsUpToWhatIsLeft) {
  EXPECT_EQ(judge_refund(taken(100, 0), 60, now).value(), 60);
  EXPECT_EQ(judge_refund(taken(100, 60), std::nullopt, now).value(), 40);
  EXPECT_EQ(judge_refund(taken(100, 60), 41, now).error().reason(), "OVER_REFUND");
  EXPECT_EQ(judge_refund(taken(100, 60), 60, now).error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(judge_refund(taken(100, 0), 0, now).error().reason(), "OVER_REFUND");
  EXPECT_EQ(judge_refund(taken(100, 0), -5, now).error().reason(), "OVER_REFUND");
  EXPECT_EQ(judge_refund(taken(100, 100), std::nullopt, now).error().reason(), "NOT_REFUNDABLE");
}

TEST(RefundRule, NeedsMoneyTaken) {
  for (const Status status : all_statuses) {
    RefundFacts facts = taken(100, 0);
    facts.status = status;
    EXPECT_EQ(judge_refund(facts, 10, now).has_value(), is_successful(status)) << to_string(status);
  }
}

TEST(RefundRule, ClosesAfterThirtyDaysSaveForStaffAndSagas) {
  RefundFacts facts = taken(100, 0);
  facts.captured_at = now - refund_window - microseconds(1);
  EXPECT_EQ(judge_refund(facts, 10, now).error().reason(), "REFUND_WINDOW_CLOSED");
  facts.window_exempt = true;
  EXPECT_TRUE(judge_refund(facts, 10, now));
}

RC_GTEST_PROP(RefundRule, NeverGivesBackMoreThanWasTaken, ()) {
  const std::int64_t captured = *rc::gen::inRange<std::int64_t>(1, 1000);
  std::int64_t given = 0;
  for (int i = 0; i < 30; ++i) {
    const auto wanted = *rc::gen::inRange<std::int64_t>(-10, 1200);
    if (const auto amount = judge_refund(taken(captured, given), wanted, now)) given += *amount;
    RC_ASSERT(given <= captured);
  }
}

RC_GTEST_PROP(Ledger, EveryPostingBalances, ()) {
  const Money amount(*rc::gen::inRange<std::int64_t>(1, Money::amount_max), Currency::of("VND"));
  for (const char* method : {"card", "cod"}) {
    RC_ASSERT(balance(posting_of_capture(amount, method)) == 0);
    RC_ASSERT(balance(posting_of_refund(amount, method)) == 0);
    RC_ASSERT(balance(posting_of_chargeback(amount)) == 0);
    RC_ASSERT(balance(posting_of_chargeback_reversal(amount)) == 0);
  }
}

TEST(Ledger, KeepsCashOfCouriersApartFromMoneyOfProviders) {
  const Money amount(253'000, Currency::of("VND"));
  EXPECT_EQ(posting_of_capture(amount, "card").legs[0], (LedgerLeg{"gateway_clearing", 253'000}));
  EXPECT_EQ(posting_of_capture(amount, "cod").legs[0], (LedgerLeg{"cod_clearing", 253'000}));
}

}  // namespace
}  // namespace emporion::payment
