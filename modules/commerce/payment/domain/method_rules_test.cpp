#include "modules/commerce/payment/domain/method_rules.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

Money vnd(std::int64_t amount) { return Money(amount, Currency::of("VND")); }
Money usd(std::int64_t amount) { return Money(amount, Currency::of("USD")); }

TEST(MethodRules, LetEverythingThroughUntilSomebodySetsThem) { EXPECT_TRUE(MethodRules().admit("card", vnd(1))); }

TEST(MethodRules, RefuseAMethodThatIsOffAndAmountsOutsideTheLimitsOfTheirCurrency) {
  MethodRules rules;
  rules["momo"].is_enabled = false;
  rules["card"].min["VND"] = 10'000;
  rules["card"].max["VND"] = 50'000'000;
  EXPECT_EQ(rules.admit("momo", vnd(1)).error().reason(), "METHOD_NOT_AVAILABLE");
  EXPECT_EQ(rules.admit("card", vnd(9'999)).error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_TRUE(rules.admit("card", vnd(10'000)));
  EXPECT_TRUE(rules.admit("card", vnd(50'000'000)));
  EXPECT_EQ(rules.admit("card", vnd(50'000'001)).error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_TRUE(rules.admit("card", usd(1)));
}

TEST(MethodRules, AreRefusedWhereNothingCouldBePaid) {
  MethodRule rule;
  EXPECT_TRUE(rule.check());
  rule.min["VND"] = 10;
  rule.max["VND"] = 9;
  EXPECT_EQ(rule.check().error().reason(), "SETTINGS_INVALID");
  rule.max["VND"] = 10;
  EXPECT_TRUE(rule.check());
  rule.min["USD"] = -1;
  EXPECT_FALSE(rule.check());
  rule.min.erase("USD");
  rule.max["USD"] = 0;
  EXPECT_FALSE(rule.check());
}

TEST(MethodRules, KeepTheTighterLimit) {
  EXPECT_EQ(tighter_max(vnd(5), vnd(3)), vnd(3));
  EXPECT_EQ(tighter_min(vnd(5), vnd(3)), vnd(5));
  EXPECT_EQ(tighter_max(std::nullopt, vnd(3)), vnd(3));
  EXPECT_EQ(tighter_max(vnd(5), std::nullopt), vnd(5));
  EXPECT_EQ(tighter_max(vnd(5), usd(3)), vnd(5));
  EXPECT_FALSE(tighter_max(std::nullopt, std::nullopt));
}

}  // namespace
}  // namespace emporion::payment
