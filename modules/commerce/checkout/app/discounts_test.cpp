#include "modules/commerce/checkout/app/discounts.hpp"

#include <gtest/gtest.h>

namespace emporion::checkout {
namespace {

Error no_answer() { return Error(ErrorKind::unavailable, "DATABASE_UNAVAILABLE"); }

v1::QuotePromotion of_quote(const char* name, std::optional<std::string> coupon) {
  v1::QuotePromotion out;
  out.promotion_id = Uuid::from_name(name);
  out.name = name;
  out.coupon = std::move(coupon);
  return out;
}

TEST(Discounts, WithoutAnAnswerThereIsNoQuoteOnlyIfACouponIsPresent) {
  const auto without = what_applies(fail(no_answer()), false);
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->has_value());
  const auto with = what_applies(fail(no_answer()), true);
  ASSERT_FALSE(with);
  EXPECT_EQ(with.error().reason(), "DEPENDENCY_UNAVAILABLE");
  EXPECT_EQ(with.error().kind(), ErrorKind::unavailable);
}

TEST(Discounts, ACouponThatBringsNothingIsRefusedAndAPromotionIsNot) {
  promotion::v1::Evaluation answer;
  answer.rejected = {{.promotion_id = Uuid::from_name("week"), .coupon = {}, .reason = "MIN_ORDER"}};
  EXPECT_TRUE(what_applies(answer, true));
  answer.rejected.push_back({.promotion_id = {}, .coupon = "SPRING", .reason = "EXPIRED"});
  const auto refused = what_applies(answer, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "COUPON_INVALID");
  EXPECT_EQ(refused.error().metadata_json("code"), R"("SPRING")");
  EXPECT_EQ(refused.error().metadata_json("reason"), R"("expired")");
}

TEST(Discounts, ARefusedReservationNamesTheCouponItIsAbout) {
  const std::vector<v1::QuotePromotion> promotions = {of_quote("week", {}), of_quote("spring", "SPRING"), of_quote("june", "JUNE")};
  const auto of_june = Uuid::from_name("june").to_string();
  const auto used_up = as_coupon_refusal(Error(ErrorKind::conflict, "LIMIT_REACHED").with("promotion_id", of_june).with("limit", "total"), promotions);
  EXPECT_EQ(used_up.metadata_json("code"), R"("JUNE")");
  EXPECT_EQ(used_up.metadata_json("reason"), R"("exhausted")");
  const auto by_customer = as_coupon_refusal(Error(ErrorKind::conflict, "LIMIT_REACHED").with("promotion_id", of_june).with("limit", "customer"), promotions);
  EXPECT_EQ(by_customer.metadata_json("reason"), R"("customer_limit")");
  const auto changed = as_coupon_refusal(Error(ErrorKind::conflict, "EVALUATION_CHANGED"), promotions);
  EXPECT_EQ(changed.metadata_json("code"), R"("SPRING")");
  EXPECT_EQ(changed.metadata_json("reason"), R"("not_applicable")");
  EXPECT_EQ(as_coupon_refusal(Error(ErrorKind::conflict, "BUDGET_EXHAUSTED"), {of_quote("week", {})}).reason(), "PRICE_CHANGED");
}

}  // namespace
}  // namespace emporion::checkout
