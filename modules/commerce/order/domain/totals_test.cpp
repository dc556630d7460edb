#include "modules/commerce/order/domain/totals.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace emporion::order {
namespace {

// 110,000 × 2 with 15 % tax and 30,000 shipping: the figures of commerce.md §1.7-5.
std::vector<LineMoney> two_units() { return {LineMoney{.unit_price = 110'000, .qty = 2, .discount = 0, .tax = 33'000, .total = 253'000}}; }
Totals their_totals() { return Totals{.subtotal = 220'000, .shipping = 30'000, .tax = 33'000, .grand_total = 283'000}; }

TEST(OrderTotals, ReDeriveExactly) {
  EXPECT_TRUE(check_totals(their_totals(), two_units()));
}

TEST(OrderTotals, RefuseOneMinorUnitMoreOrLessInAnyTerm) {
  std::int64_t Totals::* const terms[] = {&Totals::subtotal, &Totals::discount, &Totals::shipping, &Totals::shipping_discount, &Totals::tax, &Totals::shipping_tax, &Totals::payment_fee, &Totals::points_value, &Totals::grand_total};
  for (const auto term : terms) {
    for (const std::int64_t off : {-1, 1}) {
      Totals totals = their_totals();
      totals.*term += off;
      const auto answer = check_totals(totals, two_units());
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().reason(), "TOTAL_MISMATCH");
      EXPECT_EQ(answer.error().kind(), ErrorKind::rule_violated);
    }
  }
}

TEST(OrderTotals, RefuseALineWhoseTotalIsOff) {
  auto lines = two_units();
  lines[0].total += 1;
  ASSERT_FALSE(check_totals(their_totals(), lines));
}

TEST(OrderTotals, RefuseNumbersBeyondTheLimitInsteadOfOverflowing) {
  const std::vector<LineMoney> lines{{.unit_price = INT64_MAX / 2, .qty = 3, .discount = 0, .tax = 0, .total = 0}};
  EXPECT_FALSE(check_totals(Totals{}, lines));
  const std::vector<LineMoney> negative{{.unit_price = 1, .qty = -1, .discount = 0, .tax = 0, .total = -1}};
  EXPECT_FALSE(check_totals(Totals{.subtotal = -1, .grand_total = -1}, negative));
}

RC_GTEST_PROP(OrderTotals, SharesOfALineAddUpToTheWhole, ()) {
  LineMoney line{.unit_price = 0, .qty = *rc::gen::inRange(1, 60), .discount = 0, .tax = 0, .total = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000)};
  std::int64_t already = 0;
  std::int64_t sum = 0;
  while (already < line.qty) {
    const std::int64_t units = *rc::gen::inRange<std::int64_t>(1, line.qty - already + 1);
    const std::int64_t value = value_of_units(line, already, units);
    RC_ASSERT(value >= 0);
    sum += value;
    already += units;
  }
  RC_ASSERT(sum == line.total);
}

}  // namespace
}  // namespace emporion::order
