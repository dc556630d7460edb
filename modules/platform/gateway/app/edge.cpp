#include "modules/platform/gateway/app/edge.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::gateway {
namespace {

bool changes_something(http::Method method) { return method != http::Method::get && method != http::Method::head && method != http::Method::options; }

constexpr std::string_view session_cookie = "__Host-rt";  // As the contract of Auth names it.
constexpr std::string_view csrf_cookie = "__Host-csrf";   // As our own contract names it.

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1" || address == "::ffff:127.0.0.1"; }

/// As the server chose it. Without one a request id from outside is kept if it is a UUID.
Uuid trace_of(const http::Request& request, UtcTime now, Random& random) {
  if (!request.trace.is_nil()) return request.trace;
  if (const auto given = Uuid::parse(request.header("x-request-id"))) return *given;
  return Uuid::v7(now, random);
}

}  // namespace

std::string route_id(const rpc::Operation& operation) { return text(operation.module, '.', operation.name); }

std::size_t Edge::body_limit(const http::Request& head) const {
  const auto matched = router_ ? router_->match(head.method, head.path) : Result<http::Router::Match>(fail(ErrorKind::not_found, "ROUTE_NOT_FOUND"));
  return matched && matched->route->operation ? matched->route->operation->body_max_bytes : std::size_t{1} << 20;
}

http::Response Edge::refuse(const Error& error) {
  const Uuid trace = Uuid::v7(clock_.now(), random_);
  auto response = http::problem(error, trace, "");
  response.headers.push_back({"X-Request-Id", trace.to_string()});
  return response;
}

Task<http::Response> Edge::handle(http::Request request) {
  Flow flow{trace_of(request, clock_.now(), random_), client_address(request), clock_.now()};
  http::Response response = co_await answer(request, flow);
  finish(request, flow, response);
  co_return response;
}

std::optional<http::Response> Edge::own_page(const http::Request& request) {
  if (request.method != http::Method::get && request.method != http::Method::head) return std::nullopt;
  http::Response out;
  if (request.path == "/health/live") {
    out.body = R"({"status":"live"})";
    return out;
  }
  if (request.path == "/health/ready") {
    out.status = ready_ ? 200 : 503;
    out.body = ready_ ? R"({"status":"ready"})" : R"({"status":"starting"})";
    return out;
  }
  if (request.path == "/openapi.json") {
    out.body = openapi_;
    return out;
  }
  if (request.path == "/metrics" && (settings_.metrics_public || is_loopback(request.peer_address))) {
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.body = observe::render_metrics();
    return out;
  }
  return std::nullopt;
}

Task<http::Response> Edge::answer(http::Request& request, const Flow& flow) {
  const auto refused = [&](const Error& error) { return http::problem(error, flow.trace, request.path); };
  if (request.method == http::Method::options) {
    http::Response preflight;
    preflight.status = 204;
    co_return preflight;
  }
  if (auto page = own_page(request)) co_return std::move(*page);
  EMP_ASSERT(router_ != nullptr);
  auto matched = router_->match(request.method, request.path);
  const bool has_token = request.header("authorization").starts_with("Bearer ");
  const bool is_webhook = matched && matched->route->operation->rate_policy == "webhook";  // Has a bucket of its own below.
  if (!has_token && !is_webhook) {
    if (const auto let = limits_.take("guest", rate_subject(flow.address)); !let) co_return refused(let.error());
  }
  if (!matched) co_return refused(matched.error());
  const rpc::Operation& operation = *matched->route->operation;

  CallContext context(flow.began + milliseconds(operation.deadline_ms), flow.trace, Principal::guest());
  auto principal = co_await authenticate(request, context, operation.guest);
  if (!principal) {
    // A flood of bad tokens is limited like guests.
    if (const auto let = limits_.take("guest", rate_subject(flow.address)); !let) co_return refused(let.error());
    co_return refused(principal.error());
  }
  if (principal->realm != Realm::guest && !principal->acting_staff) {
    if (const auto let = limits_.take("user", principal->id.to_string()); !let) co_return refused(let.error());
  }
  if (!operation.rate_policy.empty() && !principal->acting_staff) {
    const std::string subject = principal->realm == Realm::guest ? rate_subject(flow.address) : principal->id.to_string();
    if (const auto let = limits_.take(operation.rate_policy, subject); !let) co_return refused(let.error());
  }
  if (authenticator_.is_stale() && (principal->realm == Realm::staff || (principal->realm == Realm::customer && changes_something(request.method)))) {
    co_return refused(Error(ErrorKind::unavailable, "REVOCATIONS_STALE", "sign-ins cannot be checked at the moment").with("retry_after", 5));
  }
  if (const auto genuine = check_csrf(request, *principal); !genuine) co_return refused(genuine.error());
  if (const auto open = check_override(operation); !open) co_return refused(open.error());

  context.principal = std::move(*principal);
  context.idempotency_key = request.header("idempotency-key");
  context.client = std::make_shared<const ClientFacts>(ClientFacts{flow.address, std::string(request.header("user-agent").substr(0, 512))});
  co_return co_await const_cast<http::Route*>(matched->route)->handle(std::move(context), request, std::move(matched->parameters));
}

Task<Result<Principal>> Edge::authenticate(const http::Request& request, CallContext context, bool guests_welcome) {
  const std::string_view header = request.header("authorization");
  if (header.empty()) co_return Principal::guest();
  if (!header.starts_with("Bearer ")) {
    if (guests_welcome) co_return Principal::guest();
    co_return fail(ErrorKind::unauthenticated, "INVALID_TOKEN", "send Authorization: Bearer <access token>");
  }
  auto principal = co_await authenticator_.principal_of(context, std::string(header.substr(7)));
  if (!principal && guests_welcome && principal.error().kind() == ErrorKind::unauthenticated && !changes_something(request.method))
    co_return Principal::guest();
  co_return principal;
}

Result<> Edge::check_csrf(const http::Request& request, const Principal& principal) const {
  // Whoever sent a token of access can read our answers; what a browser adds by itself is its cookies.
  if (!changes_something(request.method) || principal.realm != Realm::guest || request.header("cookie").empty()) return {};
  if (const std::string_view origin = request.header("origin"); !origin.empty() && !origin_allowed(origin)) {
    const auto scheme_end = origin.find("://");
    if (scheme_end == std::string_view::npos || origin.substr(scheme_end + 3) != request.header("host")) {
      return fail(ErrorKind::permission_denied, "CSRF_FAILED", "this request comes from another site");
    }
  }
  const std::string_view session = request.cookie(session_cookie).value_or("");
  if (session.empty()) return {};  // A guest's cart is no session.
  const std::string_view token = request.header("x-csrf-token");
  if (token == request.cookie(csrf_cookie).value_or("") && csrf_tokens_.is_genuine(token, session)) return {};
  return fail(ErrorKind::permission_denied, "CSRF_FAILED", "send the token of GET /api/v1/csrf-token in X-CSRF-Token, beside the cookie that came with it");
}

Result<> Edge::check_override(const rpc::Operation& operation) const {
  if (overrides_.empty()) return {};
  const auto found = overrides_.find(route_id(operation));
  if (found == overrides_.end() || (found->second.until && *found->second.until <= clock_.now())) return {};
  return fail(Error(ErrorKind::unavailable, "MAINTENANCE", found->second.reason).with("retry_after", 30));
}

std::string Edge::client_address(const http::Request& request) const {
  const auto trusted = [&](std::string_view address) { return std::ranges::find(settings_.trusted_proxies, address) != settings_.trusted_proxies.end(); };
  std::string_view client = request.peer_address;
  std::string_view hops = request.header("x-forwarded-for");
  while (trusted(client) && !hops.empty()) {
    const auto comma = hops.rfind(',');
    const auto hop = trimmed(comma == std::string_view::npos ? hops : hops.substr(comma + 1));
    if (hop.empty() || hop.size() > 64) break;
    client = hop;
    hops = comma == std::string_view::npos ? std::string_view() : hops.substr(0, comma);
  }
  return std::string(client);
}

bool Edge::origin_allowed(std::string_view origin) const {
  return std::ranges::any_of(settings_.cors_origins, [&](std::string_view allowed) {
    if (allowed == origin) return true;
    if (!allowed.starts_with("*.")) return false;
    const auto host_at = origin.find("://");
    return host_at != std::string_view::npos && origin.substr(host_at + 3).ends_with(allowed.substr(1));
  });
}

void Edge::finish(const http::Request& request, const Flow& flow, http::Response& response) const {
  auto& headers = response.headers;
  headers.push_back({"X-Request-Id", flow.trace.to_string()});
  headers.push_back({"X-Content-Type-Options", "nosniff"});
  headers.push_back({"Referrer-Policy", "strict-origin-when-cross-origin"});
  headers.push_back({"Strict-Transport-Security", "max-age=31536000"});
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(headers, [&](const http::Header& header) { return ascii_lower(header.name) == name; });
  };
  if (!has("content-security-policy")) headers.push_back({"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
  if (!has("cache-control")) headers.push_back({"Cache-Control", "no-store"});
  if (const auto origin = request.header("origin"); !origin.empty() && origin_allowed(origin)) {
    headers.push_back({"Access-Control-Allow-Origin", std::string(origin)});
    headers.push_back({"Access-Control-Allow-Credentials", "true"});
    headers.push_back({"Vary", "Origin"});
    if (request.method == http::Method::options) {
      headers.push_back({"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"});
      headers.push_back({"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, X-CSRF-Token, X-Request-Id"});
      headers.push_back({"Access-Control-Max-Age", "600"});
    } else {
      headers.push_back({"Access-Control-Expose-Headers", "ETag, Idempotent-Replayed, Retry-After, X-Request-Id"});
    }
  }
  if (response.status >= 500) {
    observe::warning(
        "request failed",
        {{"trace", flow.trace.to_string()}, {"method", std::string(to_string(request.method))}, {"path", request.path}, {"status", text(response.status)}});
  }
}

}  // namespace emporion::gateway
