#include "kernel/money/money.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion {
namespace {

using Wide = __int128;

struct KnownCurrency {
  std::string_view code;
  int exponent;
};

// Source: ISO 4217 list one, currencies in circulation, with their minor units.
constexpr auto known_currencies = std::to_array<KnownCurrency>({
    {"AED", 2}, {"ARS", 2}, {"AUD", 2}, {"BDT", 2}, {"BGN", 2}, {"BHD", 3}, {"BRL", 2}, {"CAD", 2}, {"CHF", 2}, {"CLP", 0}, {"CNY", 2}, {"COP", 2},
    {"CZK", 2}, {"DKK", 2}, {"EGP", 2}, {"EUR", 2}, {"GBP", 2}, {"HKD", 2}, {"HUF", 2}, {"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"ISK", 0},
    {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KHR", 2}, {"KRW", 0}, {"KWD", 3}, {"LAK", 2}, {"LBP", 2}, {"LKR", 2}, {"LYD", 3}, {"MAD", 2}, {"MMK", 2},
    {"MXN", 2}, {"MYR", 2}, {"NGN", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3}, {"PEN", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2}, {"PYG", 0},
    {"QAR", 2}, {"RON", 2}, {"RSD", 2}, {"RUB", 2}, {"SAR", 2}, {"SEK", 2}, {"SGD", 2}, {"THB", 2}, {"TND", 3}, {"TRY", 2}, {"TWD", 2}, {"UAH", 2},
    {"UGX", 0}, {"USD", 2}, {"UYU", 2}, {"VND", 0}, {"XAF", 0}, {"XOF", 0}, {"XPF", 0}, {"ZAR", 2},
});

constexpr Wide power_of_ten(int exponent) {
  Wide out = 1;
  for (int i = 0; i < exponent; ++i) out *= 10;
  return out;
}

Wide divide_rounded(Wide numerator, Wide denominator, Rounding rounding) {
  Wide quotient = numerator / denominator;
  const Wide rest = numerator % denominator;
  if (rest == 0) return quotient;
  const bool negative = numerator < 0;
  const Wide twice = 2 * (rest < 0 ? -rest : rest);
  switch (rounding) {
    case Rounding::floor: return negative ? quotient - 1 : quotient;
    case Rounding::half_away_from_zero: return twice >= denominator ? quotient + (negative ? -1 : 1) : quotient;
    case Rounding::half_even:
      if (twice > denominator || (twice == denominator && quotient % 2 != 0)) return quotient + (negative ? -1 : 1);
      return quotient;
  }
  return quotient;
}

Result<Money> bounded(Wide amount, Currency currency) {
  if (amount > Money::amount_max || amount < -Money::amount_max) {
    return fail(ErrorKind::rule_violated, "AMOUNT_OVERFLOW", "the amount exceeds 10^15 minor units");
  }
  return Money(static_cast<std::int64_t>(amount), currency);
}

}  // namespace

Result<Currency> Currency::parse(std::string_view code) {
  const std::string upper = ascii_upper(code);
  const auto found = std::ranges::lower_bound(known_currencies, upper, {}, &KnownCurrency::code);
  if (found == known_currencies.end() || found->code != upper) {
    return fail(ErrorKind::invalid_argument, "UNKNOWN_CURRENCY", text("no such ISO 4217 currency: ", code.substr(0, 8)));
  }
  return Currency(found->code, found->exponent);
}

Currency Currency::of(std::string_view code) {
  const auto currency = parse(code);
  EMP_ASSERT(currency.has_value());
  return *currency;
}

Result<Rate> Rate::parse(std::string_view decimal) {
  const auto refuse = [&] { return fail(ErrorKind::invalid_argument, "INVALID_RATE", text("not a decimal rate: ", decimal.substr(0, 40))); };
  std::string_view rest = decimal;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  std::int64_t digits = 0;
  int scale = 0;
  bool any = false;
  bool fraction = false;
  for (const char c : rest) {
    if (c == '.' && !fraction && any) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return refuse();
    any = true;
    digits = digits * 10 + (c - '0');
    if (fraction) ++scale;
    if (digits >= 1'000'000'000'000'000 || scale > 12) return refuse();
  }
  if (!any || rest.ends_with('.')) return refuse();
  return Rate(negative ? -digits : digits, scale);
}

std::string Rate::to_string() const {
  std::string out = std::to_string(digits_ < 0 ? -digits_ : digits_);
  if (scale_ > 0) {
    if (out.size() <= static_cast<std::size_t>(scale_)) out.insert(0, static_cast<std::size_t>(scale_) + 1 - out.size(), '0');
    out.insert(out.size() - static_cast<std::size_t>(scale_), 1, '.');
  }
  return digits_ < 0 ? "-" + out : out;
}

Result<Money> Money::parse(std::int64_t amount_minor, std::string_view currency) {
  if (amount_minor > amount_max || amount_minor < -amount_max) {
    return fail(ErrorKind::invalid_argument, "AMOUNT_OUT_OF_RANGE", "an amount lies within ±10^15 minor units");
  }
  EMP_ASSIGN(const Currency known, Currency::parse(currency));
  return Money(amount_minor, known);
}

std::string Money::to_string() const {
  std::string out = std::to_string(amount_ < 0 ? -amount_ : amount_);
  if (const auto exponent = static_cast<std::size_t>(currency_.exponent()); exponent > 0) {
    if (out.size() <= exponent) out.insert(0, exponent + 1 - out.size(), '0');
    out.insert(out.size() - exponent, 1, '.');
  }
  return text(amount_ < 0 ? "-" : "", out, " ", currency_.code());
}

Money operator+(const Money& a, const Money& b) {
  EMP_ASSERT(a.currency_ == b.currency_);
  std::int64_t sum = 0;
  EMP_ASSERT(!__builtin_add_overflow(a.amount_, b.amount_, &sum));
  return Money(sum, a.currency_);
}

Money operator-(const Money& a, const Money& b) {
  EMP_ASSERT(a.currency_ == b.currency_);
  std::int64_t difference = 0;
  EMP_ASSERT(!__builtin_sub_overflow(a.amount_, b.amount_, &difference));
  return Money(difference, a.currency_);
}

Money operator-(const Money& a) { return Money::zero(a.currency_) - a; }

std::strong_ordering operator<=>(const Money& a, const Money& b) {
  EMP_ASSERT(a.currency_ == b.currency_);
  return a.amount_ <=> b.amount_;
}

Result<Money> Money::times(std::int64_t quantity) const { return bounded(Wide{amount_} * quantity, currency_); }

Result<Money> Money::times(const Rate& rate, Rounding rounding) const {
  return bounded(divide_rounded(Wide{amount_} * rate.digits(), power_of_ten(rate.scale()), rounding), currency_);
}

std::vector<std::int64_t> allocate(std::int64_t total, std::span<const std::int64_t> weights) {
  Wide weight_sum = 0;
  for (const auto weight : weights) {
    EMP_ASSERT(weight >= 0);
    weight_sum += weight;
  }
  EMP_ASSERT(weight_sum > 0);
  const bool negative = total < 0;
  const Wide magnitude = negative ? -Wide{total} : Wide{total};
  std::vector<std::int64_t> parts(weights.size());
  std::vector<Wide> remainders(weights.size());
  Wide left = magnitude;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Wide product = magnitude * weights[i];
    parts[i] = static_cast<std::int64_t>(product / weight_sum);
    remainders[i] = product % weight_sum;
    left -= parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b; });
  for (std::size_t i = 0; left > 0; ++i, --left) ++parts[order[i]];
  if (negative) {
    for (auto& part : parts) part = -part;
  }
  return parts;
}

}  // namespace emporion
