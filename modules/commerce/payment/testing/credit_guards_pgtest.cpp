#include "kernel/testing/rival.hpp"
#include "modules/commerce/payment/testing/credit_fixture.hpp"

// One account, or one hold, that two are at: who comes second sees what the first has done.
namespace emporion::payment {
namespace {

struct CreditGuards : Credit {
  CreditGuards() : account(grant("linh", 100'000, "grant").id) {}
  v1::HoldCreditRequest held_for_linh(std::int64_t amount) {
    const auto request = a_hold({{account, amount}}, Uuid::from_name("linh"));
    EXPECT_TRUE(hold(request));
    return request;
  }
  /// What another order takes of the account, as its process does it.
  std::string another_hold(std::int64_t amount) const {
    return text("SELECT * FROM hold_credit(gen_random_uuid(), gen_random_uuid(), '", Uuid::from_name("linh"), "', 'VND', ARRAY['", account, "'::uuid], ARRAY[",
                amount, "::bigint], false, gen_random_uuid(), now())");
  }
  std::string status(const v1::HoldCreditRequest& request) { return value(text("SELECT status FROM credit_hold WHERE id = '", request.hold_id, "'")); }
  const Uuid account;
};

TEST_F(CreditGuards, WhatAnotherOrderTakesJustNowIsNotThere) {
  testing::Rival other(superuser_dsn());
  other.run(another_hold(80'000));
  const auto refused = other.beside(runtime(), api().hold_credit(by("checkout"), a_hold({{account, 60'000}}, Uuid::from_name("linh"))));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "CREDIT_INSUFFICIENT");
  EXPECT_EQ(balance(account), 20'000);
}

TEST_F(CreditGuards, AnAdjustmentSeesWhatAnotherOneTookJustNow) {
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT adjust_credit('", account, "', gen_random_uuid(), -80000, 'VND', 'theirs', NULL, now())"));
  const auto refused = other.beside(runtime(), api().adjust_credit(as_staff("ours"), {.id = account, .amount = dong(-60'000), .reason = "ours"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "CREDIT_INSUFFICIENT");
}

TEST_F(CreditGuards, ACardThatExpiresJustNowStaysExpired) {
  const Uuid card = a_card(100, clock.now() + hours(24 * 10)).card.id;
  testing::Rival other(superuser_dsn());
  other.run("SELECT expire_credit(now() + interval '1 year', 10)");
  const auto refused = other.beside(runtime(), api().disable_credit(as_staff("ours"), {.id = card}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "CREDIT_EXPIRED");
  EXPECT_EQ(value(text("SELECT status FROM credit_account WHERE id = '", card, "'")), "expired");
}

TEST_F(CreditGuards, ACardThatIsSpentJustNowExpiresLater) {
  const Uuid card = a_card(100, clock.now() + hours(24 * 10)).card.id;
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT * FROM hold_credit(gen_random_uuid(), gen_random_uuid(), NULL, 'VND', ARRAY['", card,
                 "'::uuid], ARRAY[60::bigint], false, gen_random_uuid(), now())"));
  const auto later = clock.now() + hours(24 * 11);
  const auto ended = other.beside(runtime(), module().credit_store.expire(later, 10));
  ASSERT_TRUE(ended) << ended.error().to_string();
  EXPECT_EQ(*ended, 0);
  EXPECT_EQ(*run(module().credit_store.expire(later, 10)), 1);
  EXPECT_EQ(held(card), 60) << "what the order holds is not touched";
}

TEST_F(CreditGuards, AHoldThatIsReleasedJustNowIsNotRedeemed) {
  const auto request = held_for_linh(60'000);
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT release_credit('", request.hold_id, "', '", request.order_id, "', now(), gen_random_uuid())"));
  const auto redeemed = other.beside(runtime(), api().redeem_credit(by("checkout"), {.id = request.hold_id}));
  ASSERT_TRUE(redeemed) << redeemed.error().to_string();
  EXPECT_EQ(status(request), "released");
  EXPECT_EQ(balance(account), 100'000);
}

TEST_F(CreditGuards, AHoldThatIsRedeemedJustNowIsNotReleased) {
  const auto request = held_for_linh(60'000);
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT FROM credit_hold WHERE id = '", request.hold_id, "' FOR UPDATE"));
  other.at_last(text("SELECT redeem_credit('", request.hold_id, "', now())"));
  const auto refused = other.beside(runtime(), api().release_credit(by("checkout"), {.id = request.hold_id, .order_id = request.order_id}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "CREDIT_REDEEMED");
  EXPECT_EQ(status(request), "redeemed");
}

TEST_F(CreditGuards, OfAHoldThatIsRedeemedJustNowItsCancelledOrderReturnsWhatWasSpent) {
  const auto request = held_for_linh(60'000);
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT FROM credit_hold WHERE id = '", request.hold_id, "' FOR UPDATE"));
  other.at_last(text("SELECT redeem_credit('", request.hold_id, "', now())"));
  const auto heard = other.beside(runtime(), apply(*this, &EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  ASSERT_TRUE(heard) << heard.error().to_string();
  EXPECT_EQ(status(request), "returned");
  EXPECT_EQ(balance(account), 100'000);
  EXPECT_EQ(held(account), 0);
}

TEST_F(CreditGuards, ARefundSeesWhatAnotherOneGaveBackJustNow) {
  const auto request = held_for_linh(60'000);
  ASSERT_TRUE(redeem(request));
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT give_credit_back('", request.hold_id, "', 50000, 'refund:theirs', 'theirs', true, now(), gen_random_uuid())"));
  const auto refused =
      other.beside(runtime(), api().refund_order(by("return", "ours"), {.order_id = request.order_id, .amount = dong(20'000), .reason = "ours"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "OVER_REFUND");
  EXPECT_EQ(balance(account), 90'000);
}

TEST_F(CreditGuards, APostingCountsOnce) {
  const std::string refund = text("SELECT grant_store_credit(gen_random_uuid(), '", Uuid::from_name("refunded:1"), "', '", Uuid::from_name("linh"),
                                  "', 5000, 'VND', 'refunded', NULL, 'returned', NULL, now(), gen_random_uuid())");
  for (int i = 0; i < 2; ++i) sql(refund);
  EXPECT_EQ(balance(account), 105'000);
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.credit.issued'"), "2") << "the grant before, and this one";
}

TEST_F(CreditGuards, ACustomerHasOneAccountAndAnOrderOneHold) {
  const std::string mine = text("SELECT gen_random_uuid(), 'store_credit', 'VND', '", Uuid::from_name("linh"), "', now()");
  expect_refused("INSERT INTO credit_account (id, kind, currency, customer_id, created_at) " + mine, "credit_account_own");
  const auto request = held_for_linh(10'000);
  expect_refused(text("INSERT INTO credit_hold (id, order_id, status, amount, created_at, updated_at) VALUES (gen_random_uuid(), '", request.order_id,
                      "', 'released', 0, now(), now())"),
                 "credit_hold_one_per_order");
}

}  // namespace
}  // namespace emporion::payment
