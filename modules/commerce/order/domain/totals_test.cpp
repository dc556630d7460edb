#include "modules/commerce/order/domain/totals.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "kernel/money/money.hpp"

namespace emporion::order {
namespace {

// 110,000 × 2 with 15 % tax and 30,000 shipping: the figures of commerce.md §1.7-5.
std::vector<LineMoney> two_units() { return {LineMoney{.unit_price = 110'000, .qty = 2, .discount = 0, .tax = 33'000, .total = 253'000}}; }
Totals their_totals() { return Totals{.subtotal = 220'000, .shipping = 30'000, .tax = 33'000, .grand_total = 283'000}; }

TEST(OrderTotals, ReDeriveExactly) { EXPECT_TRUE(check_totals(their_totals(), two_units())); }

TEST(OrderTotals, RefuseOneMinorUnitMoreOrLessInAnyTerm) {
  std::int64_t Totals::* const terms[] = {&Totals::subtotal,     &Totals::discount,    &Totals::shipping,     &Totals::shipping_discount, &Totals::tax,
                                          &Totals::shipping_tax, &Totals::payment_fee, &Totals::points_value, &Totals::grand_total};
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

TEST(OrderTotals, WhatIsDueIsWhatCreditDoesNotPay) {
  EXPECT_TRUE(check_due(100, 0, 100));
  EXPECT_TRUE(check_due(100, 40, 60));
  EXPECT_TRUE(check_due(100, 100, 0));
  for (const auto& [credit, due] : {std::pair<std::int64_t, std::int64_t>{40, 59}, {40, 61}, {101, -1}, {-1, 101}, {0, 0}})
    EXPECT_EQ(check_due(100, credit, due).error().reason(), "TOTAL_MISMATCH");
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

std::int64_t number(std::int64_t from, std::int64_t to) { return *rc::gen::inRange<std::int64_t>(from, to); }

RC_GTEST_PROP(OrderTotals, ReDeriveInCurrenciesOfNoTwoAndThreeDecimalsAndOneUnitOffIsRefused, ()) {
  const Currency currency = Currency::of(*rc::gen::element(std::string("VND"), std::string("USD"), std::string("KWD")));
  const Rate rate = Rate::basis_points(number(0, 3'000));
  const auto taxed = [&](std::int64_t net) { return Money(net, currency).times(rate, Rounding::half_away_from_zero).value().amount(); };
  std::vector<LineMoney> lines(static_cast<std::size_t>(number(1, 30)));
  std::vector<std::int64_t> gross;
  for (LineMoney& line : lines) {
    line.unit_price = number(1, 2'000'000);
    line.qty = number(1, 50);
    gross.push_back(line.unit_price * line.qty);
  }
  Totals totals;
  totals.subtotal = std::accumulate(gross.begin(), gross.end(), std::int64_t{0});
  totals.discount = number(0, totals.subtotal + 1);
  totals.shipping = number(0, 100'000);
  totals.shipping_discount = number(0, totals.shipping + 1);
  totals.shipping_tax = taxed(totals.shipping - totals.shipping_discount);
  totals.payment_fee = number(0, 20'000);
  totals.tax = totals.shipping_tax;
  const auto parts = allocate(totals.discount, gross);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i].discount = parts[i];
    lines[i].tax = taxed(gross[i] - parts[i]);
    lines[i].total = gross[i] - parts[i] + lines[i].tax;
    totals.tax += lines[i].tax;
    sum += lines[i].total;
  }
  sum += totals.shipping - totals.shipping_discount + totals.shipping_tax + totals.payment_fee;
  totals.points_value = number(0, sum + 1);
  totals.grand_total = sum - totals.points_value;
  RC_ASSERT(check_totals(totals, lines).has_value());

  std::int64_t Totals::* const terms[] = {&Totals::subtotal,     &Totals::discount,    &Totals::shipping,     &Totals::shipping_discount, &Totals::tax,
                                          &Totals::shipping_tax, &Totals::payment_fee, &Totals::points_value, &Totals::grand_total};
  totals.*terms[number(0, std::ssize(terms))] += number(0, 2) == 0 ? 1 : -1;
  const auto refused = check_totals(totals, lines);
  RC_ASSERT(!refused && refused.error().reason() == "TOTAL_MISMATCH");
}

}  // namespace
}  // namespace emporion::order
