#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "modules/product/promotion/domain/coupon_code.hpp"
#include "modules/product/promotion/domain/promotion_check.hpp"
#include "modules/product/promotion/domain/share_out.hpp"
#include "modules/product/promotion/testing/builders.hpp"

namespace emporion::promotion {
namespace {

using namespace builders;

std::int64_t number(std::int64_t from, std::int64_t to) { return *rc::gen::inRange<std::int64_t>(from, to); }

Cart any_cart() {
  Cart cart;
  cart.currency = Currency::of("VND");
  cart.at = UtcTime::from_micros(1'000);
  const auto count = number(1, 7);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto unit = number(0, 5'000);
    Line line{.id = std::to_string(i),
              .sku = "S" + std::to_string(number(0, 4)),
              .qty = number(1, 9),
              .unit_amount = unit,
              .list_amount = unit + number(0, 500),
              .facts = {}};
    line.is_on_sale = number(0, 4) == 0;
    cart.lines.push_back(line);
  }
  if (number(0, 3) > 0) cart.shipping = number(0, 900);
  return cart;
}

Promotion any_promotion() {
  Promotion out;
  switch (number(0, 9)) {
    case 0: out = percent(number(1, 10'001)); break;
    case 1: out = fixed(number(1, 20'000)); break;
    case 2: out = fixed(number(1, 3'000), Kind::fixed_per_unit); break;
    case 3: out = buy_get(number(1, 4), number(1, 4)); break;
    case 4: out = tiers({{number(1, 4), number(1, 5'000)}, {number(4, 9), number(5'000, 10'001)}}, number(0, 2) == 0); break;
    case 5: out = bundle_of({{"S0", number(1, 3)}, {"S1", number(1, 3)}}, number(1, 4'000)); break;
    case 6: out = pick(number(1, 5), number(1, 10'001), number(0, 2) == 0); break;
    case 7:
      out = percent(number(1, 10'001));
      out.rule_type = RuleType::catalog;
      break;
    default: out = free_shipping(); break;
  }
  out.is_stackable = number(0, 3) > 0;
  out.priority = static_cast<std::int32_t>(number(0, 3));
  out.exclude_sale_items = number(0, 3) == 0;
  if (out.buy_x_get_y) {
    out.buy_x_get_y->get_bp = number(1, 10'001);
    out.buy_x_get_y->same_sku = number(0, 2) == 0;
    if (number(0, 2) == 0) out.buy_x_get_y->get_scope = Scope({"S1", "S2"}, {}, {}, {}, {});
  }
  if (number(0, 3) == 0) out.include = Scope({"S0", "S1"}, {}, {}, {}, {});
  if (out.rule_type == RuleType::cart) {
    if (number(0, 3) == 0) out.exclusion_group = "g";
    if (number(0, 5) == 0) out.stop_rules_processing = true;
    if (number(0, 4) == 0) out.max_discount = {{"VND", number(1, 900)}};
    if (number(0, 4) == 0) out.min_order = {{"VND", number(1, 9'000)}};
  }
  return out;
}

std::vector<Promotion> any_promotions() {
  std::vector<Promotion> out;
  const auto count = number(0, 7);
  for (std::int64_t i = 0; i < count; ++i) out.push_back(any_promotion());
  return out;
}

RC_GTEST_PROP(EvaluateLaws, NothingIsEverNegativeAndEveryDiscountIsSpreadToTheUnit, ()) {
  const Cart cart = any_cart();
  const auto promotions = any_promotions();
  const Policy policy{.discount_max_bp = number(0, 10'001)};
  const auto out = run(cart, promotions, {}, policy);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < cart.lines.size(); ++i) {
    const auto discount = out.discount_of_line(i);
    sum += discount;
    RC_ASSERT(discount >= 0 && discount <= cart.lines[i].amount());
    const auto list = cart.lines[i].list_amount * cart.lines[i].qty;
    const auto by_price = list - cart.lines[i].amount();
    RC_ASSERT(discount == 0 || (discount + by_price) * 10'000 <= list * policy.discount_max_bp);
  }
  RC_ASSERT(sum == out.discount());
  for (const auto& applied : out.applied) {
    RC_ASSERT(applied.cut.discount > 0 || applied.is_shipping);
    const auto parts = std::accumulate(applied.cut.by_line.begin(), applied.cut.by_line.end(), std::int64_t{0});
    RC_ASSERT(applied.is_shipping || parts == applied.cut.discount);
    RC_ASSERT(std::ranges::none_of(applied.cut.by_line, [](std::int64_t part) { return part < 0; }));
  }
  RC_ASSERT(out.shipping_discount() >= 0 && out.shipping_discount() <= cart.shipping.value_or(0));
  RC_ASSERT(out.shipping_pending || out.applied.size() + out.rejected.size() == promotions.size());
}

RC_GTEST_PROP(EvaluateLaws, TheOrderOfLinesIsIrrelevant, ()) {
  const Cart cart = any_cart();
  const auto promotions = any_promotions();
  const auto straight = run(cart, promotions);
  Cart turned = cart;
  std::vector<std::size_t> order(cart.lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::rotate(order, order.begin() + number(0, static_cast<std::int64_t>(order.size())));
  if (number(0, 2) == 0) std::ranges::reverse(order);
  for (std::size_t i = 0; i < order.size(); ++i) turned.lines[i] = cart.lines[order[i]];
  const auto again = run(turned, promotions);
  for (std::size_t i = 0; i < order.size(); ++i) RC_ASSERT(again.discount_of_line(i) == straight.discount_of_line(order[i]));
  RC_ASSERT(again.shipping_discount() == straight.shipping_discount());
  RC_ASSERT(again.applied.size() == straight.applied.size());
}

RC_GTEST_PROP(EvaluateLaws, RemovingACouponRestoresTheFormerTotal, ()) {
  const Cart cart = any_cart();
  const auto promotions = any_promotions();
  const auto before = run(cart, promotions);
  auto with_coupon = promotions;
  with_coupon.push_back(any_promotion());
  const auto meanwhile = run(cart, with_coupon);
  RC_ASSERT(meanwhile.discount() >= 0);
  with_coupon.pop_back();
  const auto after = run(cart, with_coupon);
  RC_ASSERT(after.discount() == before.discount() && after.shipping_discount() == before.shipping_discount());
  for (std::size_t i = 0; i < cart.lines.size(); ++i) RC_ASSERT(after.discount_of_line(i) == before.discount_of_line(i));
}

RC_GTEST_PROP(ShareOut, PartsAddUpAndKeepTheirCaps, ()) {
  std::vector<Wide> weights;
  std::vector<std::int64_t> caps;
  const auto count = number(1, 9);
  for (std::int64_t i = 0; i < count; ++i) {
    caps.push_back(number(0, 1'000));
    weights.push_back(caps.back() * number(0, 10'001));
  }
  const auto room = std::accumulate(caps.begin(), caps.end(), std::int64_t{0});
  const auto total = number(0, room + 1);
  const auto parts = share_out(total, weights, caps);
  RC_ASSERT(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}) == total);
  for (std::size_t i = 0; i < parts.size(); ++i) RC_ASSERT(parts[i] >= 0 && parts[i] <= caps[i]);
}

TEST(CouponCode, IsUpperCaseAndHasNoOtherCharacters) {
  EXPECT_EQ(*canonical_code(" welcome10 "), "WELCOME10");
  for (const auto* bad : {"abc", "with space", "É123", "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567"})
    EXPECT_EQ(canonical_code(bad).error().reason(), "CODE_INVALID") << bad;
}

TEST(PromotionCheck, RefusesWhatItsKindCannotHave) {
  EXPECT_TRUE(faults_of(percent(10'000)).empty());
  EXPECT_EQ(faults_of(percent(10'001)).at(0).field, "percentage_bp");
  EXPECT_EQ(faults_of(percent(0)).at(0).field, "percentage_bp");
  EXPECT_EQ(faults_of(fixed(0)).at(0).field, "amounts");
  auto catalog = percent(1'000);
  catalog.rule_type = RuleType::catalog;
  EXPECT_TRUE(faults_of(catalog).empty());
  catalog.requires_coupon = true;
  EXPECT_EQ(faults_of(catalog).at(0).field, "rule_type");
  auto backwards = percent(1'000);
  backwards.ends_at = backwards.starts_at;
  EXPECT_EQ(faults_of(backwards).at(0).field, "ends_at");
  EXPECT_EQ(faults_of(tiers({{3, 1'000}, {3, 2'000}}, false)).at(0).field, "tiered.tiers");
  auto odd = fixed(100);
  odd.amounts = {{"XYZ", 100}};
  EXPECT_EQ(faults_of(odd).at(0).field, "amounts");
}

}  // namespace
}  // namespace emporion::promotion
