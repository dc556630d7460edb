#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::pricing {

/// Where one set of tax rates applies. Without region and postcodes: the whole country.
struct TaxZone {
  Uuid id;
  std::string country;                 ///< ISO 3166-1 alpha-2.
  std::optional<std::string> region;   ///< ISO 3166-2, "US-CA".
  std::vector<std::string> postcodes;  ///< "75001" or a range of equal length "75000..75999".
  std::int32_t priority = 0;
};

struct TaxRate {
  Uuid id;
  Uuid zone_id;
  std::string tax_class;
  std::optional<std::string> customer_group;  ///< Replaces the generic row of the same name for that group.
  std::string name;
  Rate rate = Rate::basis_points(0);
  bool is_compound = false;  ///< Levied on the base and the taxes before it.
  bool is_exempt = false;    ///< The group pays no tax on this class at all.
  std::int32_t priority = 0;
  std::optional<UtcTime> valid_from;
  std::optional<UtcTime> valid_to;
};

enum class TaxRounding : std::uint8_t { line, total };

/// One per country.
struct TaxSettings {
  TaxRounding rounding = TaxRounding::line;
  bool is_strict = false;  ///< A class without a rate is refused instead of answered as not_configured.
};

/// How a line came by its tax; the four are distinct answers (PRC-12).
enum class TaxOutcome : std::uint8_t { not_configured, exempt, zero_rated, taxed };

struct Destination {
  std::string country;
  std::string region;    ///< May be empty.
  std::string postcode;  ///< May be empty.
};

/// A line or the shipping charge. `amount` is after all discounts allocated to it.
struct TaxableLine {
  std::string tax_class;
  Money amount;
  bool tax_included = false;
};

struct TaxComponent {
  Uuid rate_id;
  std::string name;
  Rate rate;
  Money amount;
};

struct TaxedLine {
  TaxOutcome outcome = TaxOutcome::not_configured;
  Money net;
  Money tax;
  Money gross;
  std::vector<TaxComponent> components;
};

struct TaxResult {
  std::optional<Uuid> zone_id;
  std::vector<TaxedLine> lines;  ///< In the order asked.
  Money net;
  Money tax;
  Money gross;
};

/// The most specific zone for a destination: postcode, then region, then country; ties by priority, then id. Null if none.
const TaxZone* find_zone(std::span<const TaxZone> zones, const Destination& ship_to) noexcept;

/// The rates of one zone and class at `at` for a group, in the order in which they are levied (priority, id).
std::vector<const TaxRate*> effective_rates(std::span<const TaxRate> rates, const Uuid& zone, std::string_view tax_class,
                                            const std::optional<std::string>& group, UtcTime at);

/// Tax of all lines, computed exactly once: net + tax = gross per line and in total. Pure.
/// Errors (rule_violated): MIXED_TAX_INCLUSION (PRC-7), TAX_NOT_CONFIGURED (strict country), AMOUNT_OVERFLOW. `lines` share one currency and hold no negative
/// amount. Source: product.md §2, algorithm tax.
Result<TaxResult> calculate_tax(std::span<const TaxableLine> lines, Currency currency, std::span<const TaxZone> zones, std::span<const TaxRate> rates,
                                const TaxSettings& settings, const Destination& ship_to, const std::optional<std::string>& group, UtcTime at);

/// A tax rate lies within 0 to 10 (1000 %), with at most 6 decimals. Errors: INVALID_RATE (rule_violated).
Result<> check_tax_rate(const Rate& rate);
/// Errors: INVALID_ZONE (rule_violated) for a malformed country, region or postcode range.
Result<> check_tax_zone(const TaxZone& zone);

std::string_view to_string(TaxOutcome outcome) noexcept;

}  // namespace emporion::pricing
