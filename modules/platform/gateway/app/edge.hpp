#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/http/server.hpp"
#include "modules/platform/gateway/app/answer_cache.hpp"
#include "modules/platform/gateway/app/api_keys.hpp"
#include "modules/platform/gateway/app/authenticator.hpp"
#include "modules/platform/gateway/app/client_address.hpp"
#include "modules/platform/gateway/app/cors.hpp"
#include "modules/platform/gateway/app/csrf_tokens.hpp"
#include "modules/platform/gateway/app/dispatcher.hpp"
#include "modules/platform/gateway/app/rate_limits.hpp"
#include "modules/platform/gateway/app/waiting_rooms.hpp"

namespace emporion::gateway {

struct EdgeSettings {
  Cors cors;
  TrustedNetworks trusted_proxies;  ///< Whose X-Forwarded-For is believed.
  bool caches = true;               ///< Guests' answers are kept where a route says so.
  bool metrics_public = false;      ///< Else /metrics answers loopback only.
};

/// A route that staff closed for a while.
struct RouteOverride {
  std::string reason;
  std::optional<UtcTime> until;
  bool is_disabled = false;  ///< As if there were none; else closed for maintenance.
};

/// The single public entry: one pipeline for every request, in the order of platform.md §3.3. It stands in `pipeline` (edge.cpp); any filter may answer, and
/// what every answer has (request id, security headers, CORS, limits, metrics) is added to whatever was answered.
class Edge final : public http::Application {
 public:
  Edge(Authenticator& authenticator, RateLimits& limits, const CsrfTokens& csrf_tokens, Upstreams& upstreams, Dispatcher& dispatcher, WaitingRooms& rooms,
       AnswerCache& cache, ApiKeys& keys, Calls& calls, EdgeSettings settings, const Clock& clock, Random& random, std::string_view openapi);

  void use(const http::Router& router) noexcept { router_ = &router; }
  /// Works out every route's plan, so that operators see every module behind the entry from the start.
  void plan_routes() {
    for (const auto& route : router_->routes()) {
      if (route->is_public) plan_of(*route);
    }
  }
  void use(EdgeSettings settings) { settings_ = std::move(settings); }
  void set_ready(bool ready) noexcept { ready_ = ready; }
  void replace_overrides(std::map<std::string, RouteOverride, std::less<>> overrides) { overrides_ = std::move(overrides); }
  const std::map<std::string, RouteOverride, std::less<>>& overrides() const noexcept { return overrides_; }

  std::size_t body_limit(const http::Request& head) const override;
  Task<http::Response> handle(http::Request request) override;
  http::Response refuse(const Error& error) override;

  /// The names of the filters, in their order.
  static std::vector<std::string_view> filters();

 private:
  /// One request on its way through the filters.
  struct Exchange;
  using Answer = std::optional<http::Response>;
  struct Filter {
    std::string_view name;
    Answer (Edge::*now)(Exchange&) = nullptr;
    Task<Answer> (Edge::*later)(Exchange&) = nullptr;  ///< In place of `now`, for what has to wait.
  };
  static const std::array<Filter, 15> pipeline;

  Answer own_page(Exchange& exchange);
  Answer sizes(Exchange& exchange);
  Answer preflight(Exchange& exchange);
  Answer limit_address(Exchange& exchange);
  Task<Answer> authenticate(Exchange& exchange);
  Answer limit_subject(Exchange& exchange);
  Answer check_csrf(Exchange& exchange);
  Answer check_role(Exchange& exchange);
  Answer check_key(Exchange& exchange);
  Answer check_override(Exchange& exchange);
  Task<Answer> check_waiting_room(Exchange& exchange);
  Task<Answer> look_into_cache(Exchange& exchange);
  Answer shed(Exchange& exchange);
  Answer check_breaker(Exchange& exchange);
  Task<Answer> dispatch(Exchange& exchange);

  Task<Result<Principal>> who_asks(Exchange& exchange, bool guests_welcome);
  Answer take(Exchange& exchange, std::string_view policy, const std::string& subject);
  static Answer refused(const Exchange& exchange, const Error& error);
  RoutePlan& plan_of(const http::Route& route);
  void finish(const Exchange& exchange, http::Response& response) const;

  Authenticator& authenticator_;
  RateLimits& limits_;
  const CsrfTokens& csrf_tokens_;
  Upstreams& upstreams_;
  Dispatcher& dispatcher_;
  WaitingRooms& rooms_;
  AnswerCache& cache_;
  ApiKeys& keys_;
  Calls& calls_;
  EdgeSettings settings_;
  const Clock& clock_;
  Random& random_;
  std::string_view openapi_;
  const http::Router* router_ = nullptr;
  std::unordered_map<const http::Route*, std::unique_ptr<RoutePlan>> plans_;
  std::map<std::string, RouteOverride, std::less<>> overrides_;
  bool ready_ = false;
};

/// "checkout.confirm_checkout": how a route is named to staff.
std::string route_id(const rpc::Operation& operation);

}  // namespace emporion::gateway
