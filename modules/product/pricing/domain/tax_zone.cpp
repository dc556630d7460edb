#include <algorithm>

#include "kernel/base/text.hpp"
#include "modules/product/pricing/domain/tax.hpp"

namespace emporion::pricing {
namespace {

constexpr std::string_view range_mark = "..";

bool postcode_matches(std::string_view pattern, std::string_view postcode) {
  const auto mark = pattern.find(range_mark);
  if (mark == std::string_view::npos) return pattern == postcode;
  const std::string_view low = pattern.substr(0, mark);
  return postcode.size() == low.size() && low <= postcode && postcode <= pattern.substr(mark + range_mark.size());
}

// 3 postcode, 2 region, 1 country, 0 no match.
int specificity(const TaxZone& zone, const Destination& ship_to) {
  if (zone.country != ship_to.country) return 0;
  if (zone.region && *zone.region != ship_to.region) return 0;
  if (!zone.postcodes.empty()) {
    return std::ranges::any_of(zone.postcodes, [&](const std::string& pattern) { return postcode_matches(pattern, ship_to.postcode); }) ? 3 : 0;
  }
  return zone.region ? 2 : 1;
}

std::unexpected<Error> refuse_zone(std::string_view rule) {
  return fail(Error(ErrorKind::rule_violated, "INVALID_ZONE", std::string(rule)).with("rule", rule));
}

}  // namespace

const TaxZone* find_zone(std::span<const TaxZone> zones, const Destination& ship_to) noexcept {
  const TaxZone* best = nullptr;
  int best_match = 0;
  for (const TaxZone& zone : zones) {
    const int match = specificity(zone, ship_to);
    if (match == 0 || match < best_match) continue;
    const bool wins = match > best_match || zone.priority < best->priority || (zone.priority == best->priority && zone.id < best->id);
    if (wins) {
      best = &zone;
      best_match = match;
    }
  }
  return best;
}

std::vector<const TaxRate*> effective_rates(std::span<const TaxRate> rates, const Uuid& zone, std::string_view tax_class,
                                            const std::optional<std::string>& group, UtcTime at) {
  std::vector<const TaxRate*> found;
  for (const TaxRate& rate : rates) {
    const bool valid = (!rate.valid_from || *rate.valid_from <= at) && (!rate.valid_to || at < *rate.valid_to);
    const bool for_group = !rate.customer_group || rate.customer_group == group;
    if (valid && for_group && rate.zone_id == zone && rate.tax_class == tax_class) found.push_back(&rate);
  }
  std::erase_if(found, [&](const TaxRate* generic) {
    return !generic->customer_group && std::ranges::any_of(found, [&](const TaxRate* own) { return own->customer_group && own->name == generic->name; });
  });
  std::ranges::sort(found, [](const TaxRate* a, const TaxRate* b) { return a->priority != b->priority ? a->priority < b->priority : a->id < b->id; });
  return found;
}

Result<> check_tax_rate(const Rate& rate) {
  const bool precise = rate.scale() <= 6;
  bool in_range = rate.digits() >= 0;
  if (precise) {
    std::int64_t limit = 10;
    for (int i = 0; i < rate.scale(); ++i) limit *= 10;
    in_range = in_range && rate.digits() <= limit;
  }
  if (precise && in_range) return {};
  return fail(Error(ErrorKind::rule_violated, "INVALID_RATE", "a tax rate lies within 0 to 10 and has at most 6 decimals").with("rate", rate.to_string()));
}

Result<> check_tax_zone(const TaxZone& zone) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (zone.country.size() != 2 || !std::ranges::all_of(zone.country, is_upper)) return refuse_zone("country is two capital letters");
  if (zone.region && (zone.region->empty() || zone.region->size() > 10)) return refuse_zone("region is 1 to 10 characters");
  for (const std::string& pattern : zone.postcodes) {
    if (pattern.empty() || pattern.size() > 26) return refuse_zone("a postcode is 1 to 12 characters");
    const auto mark = pattern.find(range_mark);
    if (mark == std::string::npos) continue;
    const std::string_view low = std::string_view(pattern).substr(0, mark);
    const std::string_view high = std::string_view(pattern).substr(mark + range_mark.size());
    if (low.empty() || low.size() != high.size() || high < low) return refuse_zone("a postcode range is low..high of equal length");
  }
  return {};
}

}  // namespace emporion::pricing
