#include "kernel/money/money.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace emporion {
namespace {

Money usd(std::int64_t cents) { return Money(cents, Currency::of("USD")); }

TEST(Currency, KnowsIso4217CodesInAnyCaseAndTheirDecimals) {
  struct Row {
    std::string_view code;
    int exponent;
  };
  for (const auto& [code, exponent] :
       {Row{"USD", 2}, Row{"vnd", 0}, Row{"Jpy", 0}, Row{"KWD", 3}, Row{"EUR", 2}, Row{"GBP", 2}, Row{"AED", 2}, Row{"ZAR", 2}, Row{"TND", 3}, Row{"PYG", 0}}) {
    const auto currency = Currency::parse(code);
    ASSERT_TRUE(currency.has_value()) << code;
    EXPECT_EQ(currency->exponent(), exponent) << code;
  }
  EXPECT_EQ(Currency::parse("usd")->code(), "USD");
  for (const std::string_view code : {"", "US", "USDD", "ABC", "U$D", "XXX"}) EXPECT_EQ(Currency::parse(code).error().reason(), "UNKNOWN_CURRENCY") << code;
}

TEST(CurrencyDeathTest, UnknownInTheProgramTextIsABug) { EXPECT_DEATH((void)Currency::of("ABC"), ""); }

TEST(Rate, ReadsExactDecimals) {
  struct Row {
    std::string_view text;
    std::int64_t digits;
    int scale;
  };
  for (const auto& row : {Row{"0.0825", 825, 4}, Row{"10", 10, 0}, Row{"-1.50", -150, 2}, Row{"25431.5", 254315, 1}, Row{"0.000000000001", 1, 12},
                          Row{"999999999999999", 999'999'999'999'999, 0}, Row{"0", 0, 0}}) {
    const auto rate = Rate::parse(row.text);
    ASSERT_TRUE(rate.has_value()) << row.text;
    EXPECT_EQ(rate->digits(), row.digits);
    EXPECT_EQ(rate->scale(), row.scale);
    EXPECT_EQ(rate->to_string(), row.text);
  }
  EXPECT_EQ(Rate::basis_points(825), *Rate::parse("0.0825"));
  EXPECT_EQ(Rate::basis_points(-5).to_string(), "-0.0005");
  for (const std::string_view text :
       {"", "-", ".5", "5.", "1.2.3", "1e3", "+1", " 1", "1,5", "0.0000000000001", "1000000000000000", "99999999999999999999999999", "--1", "0x1"}) {
    EXPECT_EQ(Rate::parse(text).error().reason(), "INVALID_RATE") << text;
  }
}

TEST(Money, BoundsWhatComesFromOutside) {
  EXPECT_EQ(Money::parse(Money::amount_max, "usd")->amount(), Money::amount_max);
  EXPECT_EQ(Money::parse(-Money::amount_max, "USD")->amount(), -Money::amount_max);
  EXPECT_EQ(Money::parse(Money::amount_max + 1, "USD").error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(Money::parse(INT64_MIN, "USD").error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(Money::parse(1, "nope").error().reason(), "UNKNOWN_CURRENCY");
}

TEST(Money, IsWrittenWithTheDecimalsOfItsCurrency) {
  EXPECT_EQ(usd(220'000).to_string(), "2200.00 USD");
  EXPECT_EQ(usd(-5).to_string(), "-0.05 USD");
  EXPECT_EQ(Money(1'000, Currency::of("VND")).to_string(), "1000 VND");
  EXPECT_EQ(Money(7, Currency::of("KWD")).to_string(), "0.007 KWD");
}

TEST(Money, AddsAndComparesWithinOneCurrency) {
  EXPECT_EQ(usd(150) + usd(50), usd(200));
  EXPECT_EQ(usd(150) - usd(200), usd(-50));
  EXPECT_EQ(-usd(3), usd(-3));
  EXPECT_LT(usd(1), usd(2));
  auto sum = usd(1);
  sum += usd(2);
  sum -= usd(4);
  EXPECT_EQ(sum, usd(-1));
  EXPECT_TRUE(sum.is_negative());
  EXPECT_TRUE(Money::zero(Currency::of("EUR")).is_zero());
  EXPECT_NE(usd(0), Money::zero(Currency::of("EUR")));
}

TEST(MoneyDeathTest, MixedCurrenciesAndOverflowAreBugs) {
  EXPECT_DEATH((void)(usd(1) + Money(1, Currency::of("EUR"))), "");
  EXPECT_DEATH((void)(usd(1) < Money(1, Currency::of("EUR"))), "");
  EXPECT_DEATH((void)(usd(INT64_MAX) + usd(1)), "");
  EXPECT_DEATH((void)-usd(INT64_MIN), "");
}

TEST(Money, RoundsOnceAndAsToldAtTheCall) {
  struct Row {
    std::int64_t amount;
    std::string_view rate;
    std::int64_t away;
    std::int64_t even;
    std::int64_t floor;
  };
  const Row rows[] = {
      {100, "0.0825", 8, 8, 8},     // 8.25
      {200, "0.0825", 17, 16, 16},  // 16.50
      {5, "0.1", 1, 0, 0},          // 0.5
      {15, "0.1", 2, 2, 1},         // 1.5
      {25, "0.1", 3, 2, 2},         // 2.5
      {-5, "0.1", -1, 0, -1},       // -0.5
      {-15, "0.1", -2, -2, -2},     // -1.5
      {-25, "0.1", -3, -2, -3},     // -2.5
      {25, "-0.1", -3, -2, -3},
      {-1, "0.01", 0, 0, -1},  // -0.01
      {51, "0.01", 1, 1, 0},
      {49, "0.01", 0, 0, 0},
      {0, "0.5", 0, 0, 0},
      {7, "1", 7, 7, 7},
      {1'000'000'000'000'000, "0.999999999999", 999'999'999'999'000, 999'999'999'999'000, 999'999'999'999'000},
      {3, "0.5", 2, 2, 1},
  };
  for (const auto& row : rows) {
    const auto rate = *Rate::parse(row.rate);
    EXPECT_EQ(usd(row.amount).times(rate, Rounding::half_away_from_zero), usd(row.away)) << row.amount << " × " << row.rate;
    EXPECT_EQ(usd(row.amount).times(rate, Rounding::half_even), usd(row.even)) << row.amount << " × " << row.rate;
    EXPECT_EQ(usd(row.amount).times(rate, Rounding::floor), usd(row.floor)) << row.amount << " × " << row.rate;
  }
}

TEST(Money, RefusesProductsOverItsBound) {
  EXPECT_EQ(usd(19'99).times(3), usd(59'97));
  EXPECT_EQ(usd(Money::amount_max).times(1), usd(Money::amount_max));
  EXPECT_EQ(usd(Money::amount_max).times(2).error().reason(), "AMOUNT_OVERFLOW");
  EXPECT_EQ(usd(-Money::amount_max).times(INT64_MAX).error().reason(), "AMOUNT_OVERFLOW");
  EXPECT_EQ(usd(Money::amount_max).times(*Rate::parse("999999999999999"), Rounding::floor).error().reason(), "AMOUNT_OVERFLOW");
}

RC_GTEST_PROP(Money, RoundingMovesByLessThanOneUnit, ()) {
  const auto amount = *rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000);
  const auto bp = *rc::gen::inRange<std::int64_t>(-20'000, 20'000);
  const auto exact = amount * bp;  // In 1/10000 units.
  for (const auto rounding : {Rounding::half_away_from_zero, Rounding::half_even, Rounding::floor}) {
    const auto rounded = usd(amount).times(Rate::basis_points(bp), rounding)->amount() * 10'000;
    const auto off = rounded - exact;
    if (rounding == Rounding::floor) {
      RC_ASSERT(off <= 0 && off > -10'000);
    } else {
      RC_ASSERT(off <= 5'000 && off >= -5'000);
    }
  }
}

using Parts = std::vector<std::int64_t>;

TEST(Allocate, GivesTheLargestRemainderFirstAndTiesToTheLowerIndex) {
  EXPECT_EQ(allocate(100, Parts{1, 1, 1}), (Parts{34, 33, 33}));
  EXPECT_EQ(allocate(101, Parts{1, 1, 1}), (Parts{34, 34, 33}));
  EXPECT_EQ(allocate(-100, Parts{1, 1, 1}), (Parts{-34, -33, -33}));
  EXPECT_EQ(allocate(10, Parts{0, 3, 0, 7}), (Parts{0, 3, 0, 7}));
  EXPECT_EQ(allocate(1, Parts{0, 0, 5}), (Parts{0, 0, 1}));
  EXPECT_EQ(allocate(5, Parts{50, 30, 20}), (Parts{3, 1, 1}));  // 2.5, 1.5, 1: the tie goes to the first
  EXPECT_EQ(allocate(0, Parts{1, 2}), (Parts{0, 0}));
  EXPECT_EQ(allocate(7, Parts{9}), (Parts{7}));
  EXPECT_EQ(allocate(INT64_MAX, Parts{INT64_MAX, INT64_MAX}), (Parts{4611686018427387904, 4611686018427387903}));
}

TEST(AllocateDeathTest, NeedsSomethingToShareBy) {
  EXPECT_DEATH((void)allocate(1, Parts{}), "");
  EXPECT_DEATH((void)allocate(1, Parts{0, 0}), "");
  EXPECT_DEATH((void)allocate(1, Parts{1, -1}), "");
}

RC_GTEST_PROP(Allocate, LosesNothingAndStaysWithinOneOfTheExactShare, (std::int64_t total_seed, std::vector<std::uint32_t> seeds)) {
  const Parts weights(seeds.begin(), seeds.end());
  const auto weight_sum = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
  RC_PRE(weight_sum > 0);
  const auto total = total_seed % Money::amount_max;
  const auto parts = allocate(total, weights);
  RC_ASSERT(parts.size() == weights.size());
  RC_ASSERT(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}) == total);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto off = static_cast<__int128>(parts[i]) * weight_sum - static_cast<__int128>(total) * weights[i];
    RC_ASSERT(off < weight_sum && off > -weight_sum);
    if (weights[i] == 0) RC_ASSERT(parts[i] == 0);
    // An equal or larger weight never gets less by more than the one unit of a tie.
    for (std::size_t k = 0; k < i; ++k) {
      if (total >= 0 && weights[k] >= weights[i]) RC_ASSERT(parts[k] >= parts[i]);
    }
  }
}

RC_GTEST_PROP(Allocate, OfTheNegativeIsTheNegative, (std::int32_t total, std::vector<std::uint16_t> seeds)) {
  const Parts weights(seeds.begin(), seeds.end());
  RC_PRE(std::accumulate(weights.begin(), weights.end(), std::int64_t{0}) > 0);
  auto mirrored = allocate(-std::int64_t{total}, weights);
  for (auto& part : mirrored) part = -part;
  RC_ASSERT(mirrored == allocate(total, weights));
}

}  // namespace
}  // namespace emporion
