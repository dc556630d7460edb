#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/money/money.hpp"

namespace emporion::payment {

/// What is known of a purchase when its risk is scored. Signals that nobody supplies yet are not here; a missing GeoIP adds points (ruling D13).
struct RiskFacts {
  Money amount;
  bool is_guest = false;
  int distinct_skus = 0;
  int payments_last_day = 0;      ///< Of this customer, or of this e-mail for guests.
  int declines_last_hour = 0;     ///< Most of: customer, address.
  int orders_last_hour_by_address = 0;
  bool billing_differs_from_shipping = false;
  bool earlier_lost_chargeback = false;
  std::optional<bool> address_country_differs = std::nullopt;  ///< Nothing: no GeoIP answer.
};

enum class RiskDecision : std::uint8_t { allow, review, deny };
std::string_view to_string(RiskDecision decision) noexcept;

struct RiskSignal {
  std::string name;
  int points = 0;
};

struct RiskScore {
  int score = 0;  ///< 0 to 100
  RiskDecision decision = RiskDecision::allow;
  bool force_3ds = false;
  std::vector<RiskSignal> signals;
};

/// Raised with every change of the rules, and stored with each assessment.
constexpr int risk_rule_version = 1;

/// Scores by the table of commerce.md §3.8: <40 allow; 40–59 force 3DS for cards, review for other methods; 60–74 review; ≥75 or listed deny.
RiskScore score_risk(const RiskFacts& facts, std::string_view method);

/// From where an amount counts as high: 20,000,000 VND, about 10,000 USD elsewhere.
Money high_amount(Currency currency);

}  // namespace emporion::payment
