#include "modules/platform/gateway/domain/route_class.hpp"

#include <iterator>

namespace emporion::gateway {
namespace {

using enum RouteClass;

// The whole table. A prefix that no route has fails RouteClassTest.
constexpr RouteRule rules[] = {
    {.prefix = "/api/v1/analytics/events", .route_class = beacon, .is_built = false},
    {.prefix = "/api/v1/recommendations", .route_class = recommendation, .is_built = false},
    {.prefix = "/api/v1/search", .route_class = search, .is_built = false},

    {.prefix = "/api/v1/home", .route_class = browse, .reads_only = true},
    {.prefix = "/api/v1/bff/products", .route_class = browse, .reads_only = true},
    {.prefix = "/api/v1/catalog", .route_class = browse, .reads_only = true},
    {.prefix = "/api/v1/catalog/products", .route_class = browse, .reads_only = true, .hedged = true, .cached_s = 30},
    {.prefix = "/api/v1/catalog/categories", .route_class = browse, .reads_only = true, .hedged = true, .cached_s = 60},
    {.prefix = "/api/v1/catalog/brands", .route_class = browse, .reads_only = true, .cached_s = 60},
    {.prefix = "/api/v1/pricing/products", .route_class = browse, .reads_only = true, .hedged = true},
    {.prefix = "/api/v1/pricing/bulk", .route_class = browse},
    {.prefix = "/api/v1/promotion/offers", .route_class = browse},

    {.prefix = "/api/v1/location", .route_class = ordinary, .reads_only = true, .hedged = true},

    {.prefix = "/api/v1/checkout", .route_class = vital},
    {.prefix = "/api/v1/payments", .route_class = vital},
    {.prefix = "/api/v1/payment-methods", .route_class = vital},
    {.prefix = "/api/v1/shipping/rates", .route_class = vital},  // A checkout waits for them.
};

bool has_prefix(std::string_view path, std::string_view prefix) noexcept {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/' || path[prefix.size()] == ':');
}

}  // namespace

std::string_view to_string(RouteClass route_class) noexcept {
  switch (route_class) {
    case beacon: return "beacon";
    case recommendation: return "recommendation";
    case search: return "search";
    case browse: return "browse";
    case ordinary: return "ordinary";
    case vital: return "vital";
  }
  return "ordinary";
}

RouteTraits traits_of(std::string_view path_template, bool reads, bool is_webhook) noexcept {
  if (is_webhook) return {.route_class = vital};
  const RouteRule* best = nullptr;
  for (const auto& rule : rules) {
    if (has_prefix(path_template, rule.prefix) && (reads || !rule.reads_only) && (best == nullptr || rule.prefix.size() > best->prefix.size())) best = &rule;
  }
  return best == nullptr ? RouteTraits{} : RouteTraits{best->route_class, best->hedged && reads, reads ? best->cached_s : 0};
}

RouteRules route_rules() noexcept { return {std::begin(rules), std::end(rules)}; }

}  // namespace emporion::gateway
