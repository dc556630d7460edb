#include "modules/commerce/checkout/testing/checkout_fixture.hpp"

namespace emporion::checkout {
namespace {

struct SessionTest : CheckoutFixture {
  SessionTest() { EXPECT_TRUE(run(add("filled", "TEA", 2)).has_value()); }
  Task<Result<v1::CheckoutResponse>> start(std::string key) { return api().start_checkout(customer(std::move(key)), {}); }
};

TEST_F(SessionTest, AKeySentTwiceBeginsOneCheckout) {
  const auto first = run(start("k"));
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  EXPECT_EQ(first->status_code, 201);
  EXPECT_FALSE(first->idempotent_replayed.has_value());
  const auto again = run(start("k"));
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(again->status_code, 201) << "the first answer, not that of an open session";
  EXPECT_EQ(again->checkout, first->checkout);
  EXPECT_EQ(again->idempotent_replayed, "true");
  // Another key finds the open session.
  const auto other = run(start("k2"));
  ASSERT_TRUE(other.has_value()) << other.error().to_string();
  EXPECT_EQ(other->status_code, 200);
  EXPECT_EQ(other->checkout.id, first->checkout.id);
  EXPECT_EQ(count("outbox WHERE topic = 'checkout.session.started'"), "1");
}

TEST_F(SessionTest, AKeySentTwiceAtOnceBeginsOneCheckout) {
  std::vector<Task<Result<v1::CheckoutResponse>>> calls;
  for (int i = 0; i < 6; ++i) calls.push_back(start("k"));
  const auto answers = run(when_all(std::move(calls)));
  int replayed = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->status_code, 201);
    EXPECT_EQ(answer->checkout.id, answers.front()->checkout.id);
    replayed += answer->idempotent_replayed ? 1 : 0;
  }
  EXPECT_EQ(replayed, 5);
  EXPECT_EQ(count("checkout_session"), "1");
}

TEST_F(SessionTest, ARepeatAnswersItsSessionThoughAnotherCheckoutHasBegun) {
  const auto first = run(start("k"));
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  sql("UPDATE checkout_session SET status = 'abandoned'");
  const auto second = run(start("k2"));
  ASSERT_TRUE(second.has_value()) << second.error().to_string();
  EXPECT_NE(second->checkout.id, first->checkout.id);
  const auto again = run(start("k"));
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(again->checkout, first->checkout);
}

TEST_F(SessionTest, AKeyIsOfOneRequest) {
  ASSERT_TRUE(run(start("k")).has_value());
  // Given that the key was first used with another body
  sql("UPDATE idempotency SET request_sha256 = sha256('another body') WHERE operation = 'checkout.start_checkout'");
  EXPECT_EQ(run(start("k")).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(count("checkout_session"), "1");
}

TEST_F(SessionTest, ARefusedStartLeavesItsKeyFree) {
  sql("UPDATE cart SET status = 'locked'");
  EXPECT_EQ(run(start("k")).error().reason(), "CART_LOCKED");
  EXPECT_EQ(count("idempotency WHERE operation = 'checkout.start_checkout'"), "0");
  sql("UPDATE cart SET status = 'active'");
  EXPECT_EQ(run(start("k"))->status_code, 201);
}

}  // namespace
}  // namespace emporion::checkout
