#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion {

/// ISO 4217 code in upper case, with its number of decimals.
class Currency {
 public:
  /// XXX, ISO 4217's "no currency": what a contract's struct holds before it is filled. Never parsed, equal to no real currency.
  Currency() : Currency("XXX", 0) {}
  /// Any case is read. Errors: UNKNOWN_CURRENCY.
  static Result<Currency> parse(std::string_view code);
  /// For codes in the program text: an unknown one is a bug.
  static Currency of(std::string_view code);

  std::string_view code() const noexcept { return {code_, 3}; }
  std::string to_string() const { return std::string(code()); }
  /// 0 for VND and JPY, 2 for USD, 3 for KWD.
  int exponent() const noexcept { return exponent_; }
  friend bool operator==(const Currency&, const Currency&) = default;

 private:
  Currency(std::string_view code, int exponent) : code_{code[0], code[1], code[2]}, exponent_(static_cast<std::int8_t>(exponent)) {}
  char code_[3];
  std::int8_t exponent_;
};

enum class Rounding : std::uint8_t {
  half_away_from_zero,  ///< ROUND(x) of the specs.
  half_even,
  floor,
};

/// An exact decimal rate such as a tax of 8.25 % = 0.0825: `digits` × 10^-`scale`, scale 0 to 12.
class Rate {
 public:
  /// Reads "0.0825", "25431.5", "10". At most 12 decimals, |digits| below 10^15. Errors: INVALID_RATE.
  static Result<Rate> parse(std::string_view decimal);
  /// 1 bp = 0.0001.
  static Rate basis_points(std::int64_t bp) { return Rate(bp, 4); }
  std::int64_t digits() const noexcept { return digits_; }
  int scale() const noexcept { return scale_; }
  std::string to_string() const;
  friend bool operator==(const Rate&, const Rate&) = default;

 private:
  Rate(std::int64_t digits, int scale) : digits_(digits), scale_(scale) {}
  std::int64_t digits_;
  int scale_;
};

/// An amount in minor units of one currency. Amounts from outside are bounded when parsed (|amount| ≤ 10^15); past that an overflow or a
/// mixed currency is a bug and stops the process.
class Money {
 public:
  static constexpr std::int64_t amount_max = 1'000'000'000'000'000;

  /// Zero of no currency (XXX): equal to no real amount, and mixing it with one is a bug. For members that are filled later.
  Money() : Money(0, Currency()) {}
  Money(std::int64_t amount_minor, Currency currency) : amount_(amount_minor), currency_(currency) {}
  static Money zero(Currency currency) { return Money(0, currency); }
  /// Errors: AMOUNT_OUT_OF_RANGE, UNKNOWN_CURRENCY.
  static Result<Money> parse(std::int64_t amount_minor, std::string_view currency);

  std::int64_t amount() const noexcept { return amount_; }
  Currency currency() const noexcept { return currency_; }
  bool is_zero() const noexcept { return amount_ == 0; }
  bool is_negative() const noexcept { return amount_ < 0; }
  /// For logs: "2200.00 USD".
  std::string to_string() const;

  friend Money operator+(const Money& a, const Money& b);
  friend Money operator-(const Money& a, const Money& b);
  friend Money operator-(const Money& a);
  Money& operator+=(const Money& other) { return *this = *this + other; }
  Money& operator-=(const Money& other) { return *this = *this - other; }
  friend bool operator==(const Money&, const Money&) = default;
  /// Compares amounts; both must have one currency.
  friend std::strong_ordering operator<=>(const Money& a, const Money& b);

  /// Errors: AMOUNT_OVERFLOW when |product| exceeds 10^15.
  Result<Money> times(std::int64_t quantity) const;
  /// Exact product with `rate`, rounded once. Errors: AMOUNT_OVERFLOW.
  Result<Money> times(const Rate& rate, Rounding rounding) const;

 private:
  std::int64_t amount_;
  Currency currency_;
};

/// Splits `total` in proportion to `weights` (each ≥ 0, their sum > 0) by largest remainder, ties to the lower index. The parts add up to `total`.
/// Source: product.md §0 ALLOC.
std::vector<std::int64_t> allocate(std::int64_t total, std::span<const std::int64_t> weights);

}  // namespace emporion
