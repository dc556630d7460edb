#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/http/server.hpp"
#include "modules/platform/gateway/app/authenticator.hpp"
#include "modules/platform/gateway/app/csrf_tokens.hpp"
#include "modules/platform/gateway/app/rate_limits.hpp"

namespace emporion::gateway {

struct EdgeSettings {
  std::vector<std::string> cors_origins;     ///< Exact "scheme://host:port", or "*.example.com" with a dot boundary.
  std::vector<std::string> trusted_proxies;  ///< Addresses whose X-Forwarded-For is believed.
  bool metrics_public = false;               ///< Else /metrics answers loopback only.
};

/// A route that staff closed for a while.
struct RouteOverride {
  std::string reason;
  std::optional<UtcTime> until;
};

/// The single public entry: one pipeline for every request (platform.md §3.3):
/// request id → CORS → per-address limit → route → authenticate → per-user limit → CSRF → role → key → maintenance → dispatch with deadline → response clean-up
/// → log.
class Edge final : public http::Application {
 public:
  Edge(Authenticator& authenticator, RateLimits& limits, const CsrfTokens& csrf_tokens, EdgeSettings settings, const Clock& clock, Random& random,
       std::string_view openapi)
      : authenticator_(authenticator),
        limits_(limits),
        csrf_tokens_(csrf_tokens),
        settings_(std::move(settings)),
        clock_(clock),
        random_(random),
        openapi_(openapi) {}

  void use(const http::Router& router) noexcept { router_ = &router; }
  void set_ready(bool ready) noexcept { ready_ = ready; }
  void replace_overrides(std::map<std::string, RouteOverride, std::less<>> overrides) { overrides_ = std::move(overrides); }
  const std::map<std::string, RouteOverride, std::less<>>& overrides() const noexcept { return overrides_; }

  std::size_t body_limit(const http::Request& head) const override;
  Task<http::Response> handle(http::Request request) override;
  http::Response refuse(const Error& error) override;

 private:
  struct Flow {
    Uuid trace;
    std::string address;
    UtcTime began;
  };
  Task<http::Response> answer(http::Request& request, const Flow& flow);
  std::optional<http::Response> own_page(const http::Request& request);
  Task<Result<Principal>> authenticate(const http::Request& request, CallContext context, bool guests_welcome);
  Result<> check_csrf(const http::Request& request, const Principal& principal) const;
  Result<> check_override(const rpc::Operation& operation) const;
  std::string client_address(const http::Request& request) const;
  bool origin_allowed(std::string_view origin) const;
  void finish(const http::Request& request, const Flow& flow, http::Response& response) const;

  Authenticator& authenticator_;
  RateLimits& limits_;
  const CsrfTokens& csrf_tokens_;
  EdgeSettings settings_;
  const Clock& clock_;
  Random& random_;
  std::string_view openapi_;
  const http::Router* router_ = nullptr;
  std::map<std::string, RouteOverride, std::less<>> overrides_;
  bool ready_ = false;
};

/// "checkout.confirm_checkout": how a route is named to staff.
std::string route_id(const rpc::Operation& operation);

}  // namespace emporion::gateway
