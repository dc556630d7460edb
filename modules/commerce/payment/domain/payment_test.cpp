#include "modules/commerce/payment/domain/payment.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::payment {
namespace {

const UtcTime now = UtcTime::parse("2026-03-01T00:00:00Z").value();

Payment a_payment(Status status) {
  Payment payment{.amount = Money(253'000, Currency::of("VND"))};
  payment.method = "card";
  payment.provider = "stripe";
  payment.status = status;
  return payment;
}

TEST(Payment, PostsTheLedgerOnceWhenMoneyIsTaken) {
  Payment payment = a_payment(Status::authorized);
  Effects effects;
  advance(payment, Status::captured, 253'000, true, now, effects);
  EXPECT_EQ(payment.captured_amount, 253'000);
  ASSERT_TRUE(effects.posting);
  EXPECT_EQ(balance(*effects.posting), 0);
  EXPECT_EQ(effects.announced, std::vector{Status::captured});
  EXPECT_FALSE(effects.return_money);
  EXPECT_FALSE(payment.next_run_at);
}

TEST(Payment, MoneyThatComesAfterAVoidWasAskedGoesBack) {
  Payment payment = a_payment(Status::requires_action);
  payment.void_requested_at = now;
  Effects effects;
  advance(payment, Status::captured, 253'000, false, now, effects);
  EXPECT_TRUE(effects.return_money);
}

TEST(Payment, AnAuthorizationThatNobodyWaitsForIsReleasedAtOnce) {
  Payment payment = a_payment(Status::failed);
  Effects effects;
  advance(payment, Status::authorized, 0, false, now, effects);
  EXPECT_TRUE(payment.superseded);
  EXPECT_EQ(payment.void_requested_at, now);
  EXPECT_EQ(payment.next_run_at, now);
}

TEST(Payment, ALateSuccessThatTheOrderStillWaitsForIsWelcome) {
  Payment payment = a_payment(Status::expired);
  Effects effects;
  advance(payment, Status::authorized, 0, true, now, effects);
  EXPECT_FALSE(payment.superseded);
  EXPECT_FALSE(payment.void_requested_at);
  EXPECT_EQ(payment.next_run_at, now + authorization_life);
}

TEST(Payment, AsksForAnOpenOutcomeByTheSchedule) {
  const int wanted[] = {5, 15, 30, 60, 120, 300, 300, 300};
  for (int tries = 0; tries < 8; ++tries) EXPECT_EQ(unknown_outcome_delay(tries).count(), wanted[tries]);
  const int captures[] = {5, 15, 60, 300, 900, 900};
  for (int tries = 0; tries < 6; ++tries) EXPECT_EQ(capture_retry_delay(tries).count(), captures[tries]);
}

RC_GTEST_PROP(Payment, KeepsItsAmountsInAnySequenceOfNews, ()) {
  Payment payment = a_payment(Status::created);
  std::int64_t posted = 0;
  for (int i = 0; i < 40; ++i) {
    const auto to = all_statuses[*rc::gen::inRange<std::size_t>(0, all_statuses.size())];
    if (to == Status::partially_refunded || to == Status::refunded || judge(payment.status, to, Source::answer) != Verdict::apply) continue;
    Effects effects;
    advance(payment, to, payment.amount.amount(), *rc::gen::arbitrary<bool>(), now, effects);
    if (effects.posting) {
      RC_ASSERT(balance(*effects.posting) == 0);
      posted += effects.posting->legs[0].amount;
    }
    RC_ASSERT(posted == payment.captured_amount);
    RC_ASSERT(payment.captured_amount <= payment.amount.amount());
    RC_ASSERT((payment.captured_amount > 0) == is_successful(payment.status));
  }
}

}  // namespace
}  // namespace emporion::payment
