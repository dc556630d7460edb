#pragma once

#include <cstdint>
#include <string_view>

namespace emporion::gateway {

/// How much a route matters when an upstream has more to do than it can: the first is shed first. Source: platform.md §3.5 load shedding.
enum class RouteClass : std::uint8_t {
  beacon,          ///< Analytics beacons.
  recommendation,  ///< Recommendations.
  search,          ///< Search.
  browse,          ///< Looking at goods.
  ordinary,        ///< Everything that the table does not name: accounts, carts, staff.
  vital,           ///< Webhooks, payment, checkout in progress: never shed.
};
std::string_view to_string(RouteClass route_class) noexcept;

/// Of 100 places at an upstream, how many may be taken before a route of that class is shed; none for what never is.
constexpr int places_of(RouteClass route_class) noexcept {
  switch (route_class) {
    case RouteClass::beacon: return 80;
    case RouteClass::recommendation: return 85;
    case RouteClass::search: return 90;
    case RouteClass::browse: return 95;
    case RouteClass::ordinary: return 100;
    case RouteClass::vital: return 0;
  }
  return 100;
}

/// What the gateway knows of routes beyond their contracts.
struct RouteRule {
  std::string_view prefix;  ///< Of the path template, whole segments.
  RouteClass route_class;
  bool reads_only = false;  ///< The class holds for GET alone.
  bool hedged = false;      ///< GET may be asked twice, the first answer is taken: cheap, without effect, and its tail matters (§3.5 hedge).
  int cached_s = 0;         ///< Guests' GET are kept for so long, 30 to 300 s (§3.5 cache); 0: not. By path, language, currency and query.
  bool is_built = true;     ///< False: for a module that does not exist yet.
};

/// The rule of the longest prefix; without one a route is ordinary and not hedged. `is_webhook`: the contract says so, which is enough to be vital.
struct RouteTraits {
  RouteClass route_class = RouteClass::ordinary;
  bool hedged = false;
  int cached_s = 0;
};
RouteTraits traits_of(std::string_view path_template, bool reads, bool is_webhook) noexcept;

/// All rules, in no order.
struct RouteRules {
  const RouteRule* begin;
  const RouteRule* end;
};
RouteRules route_rules() noexcept;

}  // namespace emporion::gateway
