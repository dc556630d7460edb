#include "modules/product/promotion/domain/evaluate.hpp"

#include <gtest/gtest.h>

#include "modules/product/promotion/testing/builders.hpp"

namespace emporion::promotion {
namespace {

using namespace builders;

TEST(Evaluate, acceptance_product_3_A8_TenPercentIsSpreadToTheUnit) {
  const auto out = run(a_cart({3'330, 3'330, 3'340}), {percent(1'000)});
  EXPECT_EQ(lines_of(out, 3), (Amounts64{333, 333, 334}));
}

TEST(Evaluate, acceptance_product_3_A8_AHundredOffThreeEqualLines) {
  const auto out = run(a_cart({1'000, 1'000, 1'000}), {fixed(100)});
  EXPECT_EQ(lines_of(out, 3), (Amounts64{34, 33, 33}));
}

TEST(Evaluate, acceptance_product_3_A8_BuyTwoGetOneFreeGivesTheCheapest) {
  const auto out = run(a_cart({500, 400, 300, 200, 100, 100}), {buy_get(2, 1)});
  EXPECT_EQ(out.discount(), 200);
  EXPECT_EQ(lines_of(out, 6), (Amounts64{0, 0, 0, 0, 100, 100}));
  EXPECT_EQ(out.applied[0].cut.units, 2);
}

TEST(Evaluate, acceptance_product_3_A8_TiersHoldForAllOrForEachSlice) {
  auto cart = a_cart({1'000});
  cart.lines[0].qty = 5;
  EXPECT_EQ(run(cart, {tiers({{3, 1'000}, {5, 2'000}}, false)}).discount(), 1'000);
  EXPECT_EQ(run(cart, {tiers({{3, 1'000}, {5, 2'000}}, true)}).discount(), 400);
}

TEST(Evaluate, acceptance_product_3_A8_ABundleCostsItsPrice) {
  const auto out = run(a_cart({800, 500}), {bundle_of({{"S0", 1}, {"S1", 1}}, 1'000)});
  EXPECT_EQ(out.discount(), 300);
  EXPECT_EQ(lines_of(out, 2), (Amounts64{185, 115}));
}

TEST(Evaluate, acceptance_product_3_A8_TheBetterOfStackedAndAloneWins) {
  const auto ten = stackable(percent(1'000));
  const auto five_hundred = stackable(fixed(500));
  EXPECT_EQ(run(a_cart({10'000}), {ten, five_hundred}).discount(), 1'500);
  const auto out = run(a_cart({10'000}), {ten, five_hundred, percent(2'000)});
  EXPECT_EQ(out.discount(), 2'000);
  ASSERT_EQ(out.applied.size(), 1u);
  EXPECT_EQ(out.applied[0].candidate, 2u);
  EXPECT_EQ(reason_of(out, 0), "NOT_STACKABLE");
  EXPECT_EQ(reason_of(out, 1), "NOT_STACKABLE");
}

TEST(Evaluate, acceptance_product_3_A9_AnAmountInAnotherCurrencyIsRefused) {
  auto only_usd = fixed(500);
  only_usd.amounts = {{"USD", 500}};
  EXPECT_EQ(reason_of(run(a_cart({10'000}), {only_usd}), 0), "CURRENCY");
  EXPECT_EQ(check(a_cart({100}, 0), 200).error().reason(), "QTY_INVALID");
  EXPECT_EQ(check(a_cart({100}, -1), 200).error().kind(), ErrorKind::invalid_argument);
}

TEST(Evaluate, acceptance_product_3_A11_ACategoryStandsForAllBelowIt) {
  auto cart = a_cart({1'000, 1'000});
  cart.lines[0].facts.categories = {Uuid::from_name("clothes"), Uuid::from_name("shirts")};
  auto rule = percent(1'000);
  rule.include = Scope({}, {}, {Uuid::from_name("clothes")}, {}, {});
  EXPECT_EQ(lines_of(run(cart, {rule}), 2), (Amounts64{100, 0}));
  rule.exclude = Scope({}, {}, {Uuid::from_name("shirts")}, {}, {});
  EXPECT_EQ(reason_of(run(cart, {rule}), 0), "NO_ELIGIBLE_LINES");
}

TEST(Evaluate, OfAnExclusionGroupTheLargerSurvives) {
  auto small = stackable(fixed(100));
  auto large = stackable(fixed(300));
  small.exclusion_group = large.exclusion_group = "week";
  small.priority = 10;
  const auto out = run(a_cart({10'000}), {small, large, stackable(fixed(50))});
  EXPECT_EQ(out.discount(), 350);
  EXPECT_EQ(reason_of(out, 0), "OUTBID");
}

TEST(Evaluate, NothingComesAfterARuleThatStops) {
  auto first = stackable(fixed(100));
  first.stop_rules_processing = true;
  first.priority = 10;
  const auto out = run(a_cart({10'000}), {first, stackable(fixed(50))});
  EXPECT_EQ(out.discount(), 100);
  EXPECT_EQ(reason_of(out, 1), "NOT_STACKABLE");
}

TEST(Evaluate, MinOrderIsInclusiveAndSeesWhatEarlierOnesLeft) {
  auto least = stackable(fixed(500));
  least.min_order = {{"VND", 10'000}};
  EXPECT_EQ(run(a_cart({10'000}), {least}).discount(), 500);
  EXPECT_EQ(reason_of(run(a_cart({9'999}), {least}), 0), "MIN_ORDER");
  auto before = stackable(fixed(1));
  before.priority = 10;
  EXPECT_EQ(reason_of(run(a_cart({10'000}), {before, least}), 1), "MIN_ORDER");
}

TEST(Evaluate, AFixedAmountTakesNoMoreThanThereIs) { EXPECT_EQ(run(a_cart({300}), {fixed(1'000)}).discount(), 300); }

TEST(Evaluate, ALineLosesNoMoreThanThePolicyAllows) {
  const auto out = run(a_cart({1'000}), {stackable(percent(5'000)), stackable(fixed(400))}, {}, {.discount_max_bp = 8'000});
  EXPECT_EQ(out.discount(), 800);
  EXPECT_TRUE(out.applied[1].is_trimmed);
  EXPECT_EQ(out.applied[1].cut.discount, 300);
  auto reduced = a_cart({500});
  reduced.lines[0].list_amount = 1'000;
  EXPECT_EQ(run(reduced, {percent(10'000)}, {}, {.discount_max_bp = 8'000}).discount(), 300);
}

TEST(Evaluate, ShippingIsFreeUpToItsCapOnceItIsKnown) {
  auto cart = a_cart({1'000});
  cart.shipping = 300;
  auto rule = free_shipping();
  EXPECT_EQ(run(cart, {rule}).shipping_discount(), 300);
  rule.max_discount = {{"VND", 200}};
  EXPECT_EQ(run(cart, {rule}).shipping_discount(), 200);
  cart.shipping.reset();
  const auto waiting = run(cart, {rule});
  EXPECT_TRUE(waiting.shipping_pending);
  EXPECT_TRUE(waiting.applied.empty() && waiting.rejected.empty());
}

TEST(Evaluate, OnlyTheBestShippingPromotionApplies) {
  auto cart = a_cart({1'000});
  cart.shipping = 300;
  auto half = free_shipping();
  half.kind = Kind::percentage;
  half.percentage_bp = 5'000;
  const auto out = run(cart, {half, free_shipping()});
  EXPECT_EQ(out.shipping_discount(), 300);
  EXPECT_EQ(reason_of(out, 0), "OUTBID");
}

TEST(Evaluate, ACataloguePriceIsReducedPerUnitAndMayCloseTheLine) {
  auto cart = a_cart({333});
  cart.lines[0].qty = 3;
  auto shown = percent(1'000);
  shown.rule_type = RuleType::catalog;
  const auto out = run(cart, {shown, stackable(fixed(50))});
  EXPECT_EQ(out.discount(), 99);
  EXPECT_EQ(reason_of(out, 1), "NOT_STACKABLE");
  shown.is_stackable = true;
  EXPECT_EQ(run(cart, {shown, stackable(fixed(50))}).discount(), 149);
}

TEST(Evaluate, WhoBuysDecides) {
  auto vip = percent(1'000);
  vip.segments = {"VIP"};
  EXPECT_EQ(reason_of(run(a_cart({1'000}), {vip}), 0), "SEGMENT");
  EXPECT_EQ(run(a_cart({1'000}), {vip}, {.segments = {"VIP"}}).discount(), 100);
  auto first = percent(1'000);
  first.first_order_only = true;
  EXPECT_EQ(run(a_cart({1'000}), {first}, {.key = "c"}).discount(), 100);
  EXPECT_EQ(reason_of(run(a_cart({1'000}), {first}, {.key = "c", .has_ordered = true}), 0), "SEGMENT");
  auto once = percent(1'000);
  once.limit_per_customer = 1;
  EXPECT_EQ(reason_of(run(a_cart({1'000}), {once}), 0), "LOGIN");
}

TEST(Evaluate, AUnitServesOneBuyXGetYOnly) {
  auto cart = a_cart({100});
  cart.lines[0].qty = 3;
  EXPECT_EQ(run(cart, {stackable(buy_get(1, 1)), stackable(buy_get(1, 1))}).discount(), 100);
  cart.lines[0].qty = 4;
  auto once = stackable(buy_get(1, 1));
  once.buy_x_get_y->groups_max = 1;
  EXPECT_EQ(run(cart, {once, once}).discount(), 200);
}

TEST(Evaluate, BoughtAndGotMayBeDifferentGoods) {
  auto cart = a_cart({500, 80, 60});
  auto rule = buy_get(1, 1);
  rule.include = Scope({"S0"}, {}, {}, {}, {});
  rule.buy_x_get_y->get_scope = Scope({"S1", "S2"}, {}, {}, {}, {});
  EXPECT_EQ(lines_of(run(cart, {rule}), 3), (Amounts64{0, 0, 60}));
}

TEST(Evaluate, OfAHugeQuantityNothingIsExpanded) {
  auto cart = a_cart({500, 400});
  cart.lines[0].qty = cart.lines[1].qty = 100'000;
  EXPECT_EQ(run(cart, {buy_get(1, 1)}).discount(), 40'000'000);
}

}  // namespace
}  // namespace emporion::promotion
