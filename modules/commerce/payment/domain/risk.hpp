#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/money/money.hpp"
#include "modules/commerce/payment/domain/risk_rules.hpp"

namespace emporion::payment {

/// Where an address of the network is and what stands behind it.
struct AddressOrigin {
  std::string country;        ///< ISO 3166-1 alpha-2.
  std::int64_t network = 0;   ///< The autonomous system's number; 0 if unknown.
  bool is_anonymous = false;  ///< A VPN, a proxy or a hosting provider.
  bool is_tor_exit = false;
};

/// What is known of a purchase when its risk is scored. Counts include the purchase itself, save declines.
struct RiskFacts {
  Money amount;
  bool is_guest = false;
  int distinct_skus = 0;
  int payments_last_day = 0;   ///< Of this customer, or of this e-mail for guests.
  int declines_last_hour = 0;  ///< The most of: customer, address, device, card.
  int orders_last_hour = 0;    ///< The most of: device, address unless many are known to share it.
  int accounts_of_card_last_day = 0;
  std::optional<std::int64_t> account_age_hours = std::nullopt;  ///< Nothing: old, or a guest.
  std::optional<AddressOrigin> origin = std::nullopt;            ///< Nothing: no answer of GeoIP.
  std::string billing_country;
  std::string shipping_country;
  std::string card_country;  ///< Empty: unknown, or no card.
  bool billing_differs_from_shipping = false;
  bool has_disposable_email = false;
  std::vector<std::string> listed;  ///< By which kinds of list it is known to be bad.
  bool earlier_lost_chargeback = false;
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

/// Scores by the table of commerce.md §3.8: below 40 allow; 40 to 59 3-D Secure for cards, review for other methods; 60 to 74 review; from 75 on, or listed,
/// deny.
RiskScore score_risk(const RiskFacts& facts, std::string_view method, const RiskRules& rules);

}  // namespace emporion::payment
