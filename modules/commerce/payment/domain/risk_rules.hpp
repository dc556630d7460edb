#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/money/money.hpp"

namespace emporion::payment {

/// What may speak against a purchase. Source: commerce.md §3.8.
enum class Signal : std::uint8_t {
  amount_high,
  guest_amount,
  many_skus,
  payments_per_day,
  declines_per_hour,
  orders_per_hour,
  new_account,
  round_amount,
  address_country_billing,
  address_country_shipping,
  anonymous_address,
  tor_exit,
  address_signal_unavailable,
  card_country,
  card_of_many_accounts,
  billing_differs,
  disposable_email,
};
constexpr std::size_t signal_count = 17;
std::string_view to_string(Signal signal) noexcept;
std::optional<Signal> signal_named(std::string_view name) noexcept;

/// The numbers of scoring. Staff change them; each change is a version of its own.
struct RiskRules {
  std::int32_t version = 1;
  std::array<std::int32_t, signal_count> points = default_points();
  std::int32_t challenge_from = 40;  ///< 3-D Secure for cards, review for other methods.
  std::int32_t review_from = 60;
  std::int32_t deny_from = 75;
  std::int32_t skus_max = 20;
  std::int32_t payments_per_day_max = 10;
  std::int32_t declines_per_hour_min = 3;
  std::int32_t orders_per_hour_max = 5;
  std::int32_t accounts_per_card_max = 3;
  std::int32_t account_age_hours_min = 24;
  std::map<std::string, std::int64_t, std::less<>> high_amounts;  ///< Minor units by currency, where staff set another than `high_amount` knows.
  std::vector<std::int64_t> hosting_asns;

  static std::array<std::int32_t, signal_count> default_points();
  std::int32_t points_of(Signal signal) const noexcept { return points[static_cast<std::size_t>(signal)]; }
  /// From where an amount counts as high.
  Money high(Currency currency) const;
  /// Errors: FRAUD_RULES_INVALID (points outside 0 to 100, bands that are not in order, a limit that is not positive).
  Result<> check() const;
  friend bool operator==(const RiskRules&, const RiskRules&) = default;
};

/// 20,000,000 VND, and about 10,000 USD in other currencies. Source: commerce.md §3.8.
Money high_amount(Currency currency);

}  // namespace emporion::payment
