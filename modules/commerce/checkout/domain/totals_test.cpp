#include "modules/commerce/checkout/domain/totals.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <string>
#include <vector>

namespace emporion::checkout {
namespace {

/// No, two and three decimals.
Currency any_currency() { return Currency::of(*rc::gen::element(std::string("VND"), std::string("USD"), std::string("KWD"))); }
std::int64_t number(std::int64_t from, std::int64_t to) { return *rc::gen::inRange<std::int64_t>(from, to); }

Totals any_totals(Currency currency) {
  const auto money = [&](std::int64_t max) { return Money(number(0, max), currency); };
  Totals out{.subtotal = money(100'000'000),
             .discount = money(1'000'000),
             .shipping = money(100'000),
             .shipping_discount = money(100'000),
             .tax = money(10'000'000),
             .payment_fee = money(20'000),
             .points_value = money(500'000)};
  return out;
}

RC_GTEST_PROP(CheckoutTotals, AreTheSumOfTheirTermsAndSoundOnlyIfNothingIsNegative, ()) {
  const Currency currency = any_currency();
  Totals totals = any_totals(currency);
  const std::int64_t sum = totals.subtotal.amount() - totals.discount.amount() + totals.shipping.amount() - totals.shipping_discount.amount() +
                           totals.tax.amount() + totals.payment_fee.amount() - totals.points_value.amount();
  RC_ASSERT(totals.grand_total() == Money(sum, currency));
  RC_ASSERT(totals.is_sound() == (sum >= 0));
  Money Totals::* const terms[] = {&Totals::subtotal, &Totals::discount,    &Totals::shipping,    &Totals::shipping_discount,
                                   &Totals::tax,      &Totals::payment_fee, &Totals::points_value};
  totals.*terms[number(0, 7)] = Money(-1 - number(0, 1'000), currency);
  RC_ASSERT(!totals.is_sound());
}

RC_GTEST_PROP(CheckoutTotals, OfLinesWhoseDiscountIsSpreadAndTaxedOnceAddUpToTheUnit, ()) {
  const Currency currency = any_currency();
  const Rate rate = Rate::basis_points(number(0, 3'000));
  std::vector<std::int64_t> gross(static_cast<std::size_t>(number(1, 30)));
  for (auto& amount : gross) amount = number(1, 50) * number(1, 2'000'000);
  const std::int64_t subtotal = std::accumulate(gross.begin(), gross.end(), std::int64_t{0});
  const std::int64_t discount = number(0, subtotal + 1);
  const auto parts = allocate(discount, gross);
  Totals totals{.subtotal = Money(subtotal, currency),
                .discount = Money::zero(currency),
                .shipping = Money::zero(currency),
                .shipping_discount = Money::zero(currency),
                .tax = Money::zero(currency),
                .payment_fee = Money::zero(currency),
                .points_value = Money::zero(currency)};
  Money lines = Money::zero(currency);
  for (std::size_t i = 0; i < gross.size(); ++i) {
    RC_ASSERT(parts[i] >= 0 && parts[i] <= gross[i]);
    const Money net(gross[i] - parts[i], currency);
    const Money tax = net.times(rate, Rounding::half_away_from_zero).value();
    totals.discount += Money(parts[i], currency);
    totals.tax += tax;
    lines += net + tax;
  }
  RC_ASSERT(totals.discount.amount() == discount);
  RC_ASSERT(totals.grand_total() == lines);
  RC_ASSERT(totals.is_sound());
}

}  // namespace
}  // namespace emporion::checkout
