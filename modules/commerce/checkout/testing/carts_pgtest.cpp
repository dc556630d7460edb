#include "modules/commerce/checkout/testing/checkout_fixture.hpp"

namespace emporion::checkout {
namespace {

using CartTest = CheckoutFixture;

TEST_F(CartTest, acceptance_commerce_1_7_14_ARepeatedAddAnswersFirstWhateverTheStockAndAddsOnce) {
  const auto first = run(add("k", "TEA", 2));
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  // Given that the last units went to others after the answer was lost
  stock().available["TEA"] = 0;
  // When the add is sent again
  const auto again = run(add("k", "TEA", 2));
  // Then its first answer comes back, and nobody is told anything
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(again->cart, first->cart);
  EXPECT_EQ(again->idempotent_replayed, "true");
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "2");
  EXPECT_EQ(count("outbox"), "1");
  // A new key asks anew
  EXPECT_EQ(run(add("k2", "TEA", 2)).error().reason(), "OUT_OF_STOCK");
}

TEST_F(CartTest, AKeyIsOfOneAdd) {
  ASSERT_TRUE(run(add("k", "TEA", 2)).has_value());
  EXPECT_EQ(run(add("k", "TEA", 3)).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  stock().available["TEA"] = 0;
  EXPECT_EQ(run(add("k", "TEA", 3)).error().reason(), "IDEMPOTENCY_KEY_REUSED") << "the key is judged before the stock";
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "2");
}

TEST_F(CartTest, ARefusedAddLeavesItsKeyFree) {
  stock().available["TEA"] = 1;
  EXPECT_EQ(run(add("k", "TEA", 2)).error().reason(), "OUT_OF_STOCK");
  EXPECT_EQ(count("idempotency"), "0");
  stock().available["TEA"] = 2;
  EXPECT_TRUE(run(add("k", "TEA", 2)).has_value());
}

TEST_F(CartTest, OneAddSentTwiceAtOnceAddsOnce) {
  std::vector<Task<Result<v1::CartResponse>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(add("k", "TEA", 2));
  for (const auto& answer : run(when_all(std::move(calls)))) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->cart.unit_count, 2);
  }
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "2");
}

}  // namespace
}  // namespace emporion::checkout
