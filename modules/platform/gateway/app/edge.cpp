#include "modules/platform/gateway/app/edge.hpp"

#include <algorithm>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "modules/platform/gateway/app/login_account.hpp"
#include "modules/platform/gateway/app/own_pages.hpp"
#include "modules/platform/gateway/app/security_headers.hpp"
#include "modules/platform/gateway/app/separate_call.hpp"

namespace emporion::gateway {
namespace {

bool has_bearer(const http::Request& request) { return request.header("authorization").starts_with("Bearer "); }
bool changes_something(http::Method method) { return method != http::Method::get && method != http::Method::head && method != http::Method::options; }

constexpr std::string_view session_cookie = "__Host-rt";  // As the contract of Auth names it.
constexpr std::string_view csrf_cookie = "__Host-csrf";   // As our own contract names it.
constexpr std::size_t json_bytes_max = std::size_t{1} << 20;
constexpr std::size_t webhook_bytes_max = 256 * 1024;

/// As the server chose it. Without one a request id from outside is kept if it is a UUID.
Uuid trace_of(const http::Request& request, UtcTime now, Random& random) {
  if (!request.trace.is_nil()) return request.trace;
  if (const auto given = Uuid::parse(request.header("x-request-id"))) return *given;
  return Uuid::v7(now, random);
}

observe::Histogram& own_time() {
  static observe::Histogram& out =
      observe::histogram("emporion_gateway_own_seconds", "What the gateway itself adds to a request: its time without waiting for modules.", {},
                         {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05});
  return out;
}

}  // namespace

std::string route_id(const rpc::Operation& operation) { return text(operation.module, '.', operation.name); }

struct Edge::Exchange {
  Exchange(http::Request received, UtcTime now, rpc::Instant steady, Random& random)
      : request(std::make_shared<http::Request>(std::move(received))),
        began(now),
        context(now, trace_of(*request, now, random), Principal::guest()),
        own_began(steady) {}

  std::shared_ptr<http::Request> request;
  UtcTime began;
  CallContext context;
  std::string address;
  Result<http::Router::Match> matched = fail(ErrorKind::not_found, "ROUTE_NOT_FOUND");
  RoutePlan* plan = nullptr;  ///< Of the route, if one matched.
  struct Token {
    std::string policy;
    std::string subject;
  };
  std::vector<Token> taken;           ///< Of which buckets this request has a token.
  std::optional<RateState> tightest;  ///< Of these, the one with the least left.
  std::string key_plan;               ///< Of the API key, if one was sent.
  std::optional<std::string> cache_key;
  bool bad_token = false;  ///< Came with a token that is none, to where guests are welcome.
  bool fetches = false;    ///< Others may wait for this answer.
  Result<> admitted;       ///< What the contract says of the caller and the key.
  rpc::Instant own_began;
  microseconds waited{0};  ///< For modules.
  void waited_since(rpc::Instant began_waiting, rpc::Instant now) { waited += std::chrono::duration_cast<microseconds>(now - began_waiting); }
};

/// The order of platform.md §3.3. Request id and recovery come first and are in `handle`: a defect stops the process, and what it was doing is safe to repeat.
/// Maintenance is looked at where an answer could also come from the cache: before anything is asked of a module.
constinit const std::array<Edge::Filter, 15> Edge::pipeline = {{
    {.name = "sizes", .now = &Edge::sizes},
    {.name = "cors", .now = &Edge::preflight},
    {.name = "own_page", .now = &Edge::own_page},
    {.name = "address_limit", .now = &Edge::limit_address},
    {.name = "authenticate", .later = &Edge::authenticate},
    {.name = "subject_limit", .now = &Edge::limit_subject},
    {.name = "csrf", .now = &Edge::check_csrf},
    {.name = "role", .now = &Edge::check_role},
    {.name = "idempotency_key", .now = &Edge::check_key},
    {.name = "maintenance", .now = &Edge::check_override},
    {.name = "waiting_room", .later = &Edge::check_waiting_room},
    {.name = "cache", .later = &Edge::look_into_cache},
    {.name = "load_shedding", .now = &Edge::shed},
    {.name = "breaker", .now = &Edge::check_breaker},
    {.name = "dispatch", .later = &Edge::dispatch},
}};

std::vector<std::string_view> Edge::filters() {
  std::vector<std::string_view> out;
  for (const auto& filter : pipeline) out.push_back(filter.name);
  return out;
}

Edge::Edge(Authenticator& authenticator, RateLimits& limits, const CsrfTokens& csrf_tokens, Upstreams& upstreams, Dispatcher& dispatcher, WaitingRooms& rooms,
           AnswerCache& cache, ApiKeys& keys, Calls& calls, EdgeSettings settings, const Clock& clock, Random& random, std::string_view openapi)
    : authenticator_(authenticator),
      limits_(limits),
      csrf_tokens_(csrf_tokens),
      upstreams_(upstreams),
      dispatcher_(dispatcher),
      rooms_(rooms),
      cache_(cache),
      keys_(keys),
      calls_(calls),
      settings_(std::move(settings)),
      clock_(clock),
      random_(random),
      openapi_(openapi) {
  // A filter that is declared and missing would be a door left open.
  for (const auto& filter : pipeline) EMP_ASSERT((filter.now == nullptr) != (filter.later == nullptr));
}

std::size_t Edge::body_limit(const http::Request& head) const {
  const auto matched = router_ ? router_->match(head.method, head.path) : Result<http::Router::Match>(fail(ErrorKind::not_found, "ROUTE_NOT_FOUND"));
  if (!matched || !matched->route->operation) return json_bytes_max;
  const auto& operation = *matched->route->operation;
  return operation.rate_policy == "webhook" ? std::min(operation.body_max_bytes, webhook_bytes_max) : operation.body_max_bytes;
}

http::Response Edge::refuse(const Error& error) {
  const Uuid trace = Uuid::v7(clock_.now(), random_);
  auto response = http::problem(error, trace, "");
  response.headers.push_back({"X-Request-Id", trace.to_string()});
  add_security_headers(response);
  return response;
}

Task<http::Response> Edge::handle(http::Request request) {
  EMP_ASSERT(router_ != nullptr);
  Exchange exchange(std::move(request), clock_.now(), upstreams_.now(), random_);
  exchange.address = client_address(*exchange.request, settings_.trusted_proxies);
  remove_claims(*exchange.request);
  exchange.matched = router_->match(exchange.request->method, exchange.request->path);
  if (exchange.matched) exchange.plan = &plan_of(*exchange.matched->route);
  Answer answer;
  for (const auto& filter : pipeline) {
    if (filter.later != nullptr) {
      answer = co_await (this->*filter.later)(exchange);
    } else {
      answer = (this->*filter.now)(exchange);
    }
    if (answer) break;
  }
  if (exchange.fetches) cache_.give_up(*exchange.cache_key);
  EMP_ASSERT(answer.has_value());  // The last filter always answers.
  finish(exchange, *answer);
  co_return std::move(*answer);
}

RoutePlan& Edge::plan_of(const http::Route& route) {
  auto& plan = plans_[&route];
  if (!plan) {
    plan = std::make_unique<RoutePlan>();
    plan->route = const_cast<http::Route*>(&route);  // What is called changes nothing of the table.
    plan->upstream = &upstreams_.of(route.operation->module);
    plan->id = route_id(*route.operation);
    plan->is_webhook = route.operation->rate_policy == "webhook";
    plan->adds_to_cart = plan->id == "checkout.add_cart_item" || plan->id == "checkout.add_cart_items";
    plan->begins_checkout = plan->id == "checkout.start_checkout";
    plan->confirms_checkout = plan->id == "checkout.confirm_checkout";
    plan->traits = traits_of(route.path_template, route.method == http::Method::get, plan->is_webhook);
  }
  return *plan;
}

Edge::Answer Edge::refused(const Exchange& exchange, const Error& error) { return http::problem(error, exchange.context.trace, exchange.request->path); }

/// The server has held each request to its limits while it read it; this one is for whoever hands one in by another way.
Edge::Answer Edge::sizes(Exchange& exchange) {
  if (exchange.request->body.size() <= body_limit(*exchange.request)) return std::nullopt;
  return refused(exchange, Error(ErrorKind::payload_too_large, "PAYLOAD_TOO_LARGE", "the body is longer than this route takes"));
}

Edge::Answer Edge::preflight(Exchange& exchange) {
  if (exchange.request->method != http::Method::options) return std::nullopt;
  http::Response out;
  out.status = 204;
  return out;
}

Edge::Answer Edge::own_page(Exchange& exchange) {
  return gateway::own_page(*exchange.request, {.is_ready = ready_, .metrics_public = settings_.metrics_public, .openapi = openapi_});
}

/// A request that one limit refuses takes no token of the others (§3.5).
Edge::Answer Edge::take(Exchange& exchange, std::string_view policy, const std::string& subject) {
  auto let = limits_.take(policy, subject);
  if (let) {
    exchange.taken.push_back({std::string(policy), subject});
    if (!exchange.tightest || let->remaining < exchange.tightest->remaining) exchange.tightest = *let;
    return std::nullopt;
  }
  for (const auto& token : exchange.taken) limits_.give_back(token.policy, token.subject);
  exchange.taken.clear();
  exchange.tightest = limits_.state(policy, subject);
  return refused(exchange, let.error());
}

Edge::Answer Edge::limit_address(Exchange& exchange) {
  // Limited as a user or a key, or below if it is a bad one.
  const bool has_token = has_bearer(*exchange.request) || !exchange.request->header("x-api-key").empty();
  const bool is_webhook = exchange.plan != nullptr && exchange.plan->is_webhook;  // Has a bucket of its own.
  if (!has_token && !is_webhook) {
    if (auto no = take(exchange, "guest", rate_subject(exchange.address))) return no;
  }
  if (!exchange.matched) return refused(exchange, exchange.matched.error());
  return std::nullopt;
}

Task<Edge::Answer> Edge::authenticate(Exchange& exchange) {
  const rpc::Operation& operation = *exchange.plan->route->operation;
  const http::Request& request = *exchange.request;
  exchange.context.deadline = exchange.began + milliseconds(operation.deadline_ms);
  auto principal = co_await who_asks(exchange, operation.guest);
  if (!principal) {
    // A flood of bad tokens is limited like guests.
    if (auto no = take(exchange, "guest", rate_subject(exchange.address))) co_return no;
    co_return refused(exchange, principal.error());
  }
  const Realm realm = principal->realm;
  exchange.bad_token = realm == Realm::guest && exchange.key_plan.empty() && has_bearer(request);
  if (exchange.bad_token) {
    if (auto no = take(exchange, "guest", rate_subject(exchange.address))) co_return no;
  }
  if (authenticator_.is_stale() && (realm == Realm::staff || (realm == Realm::customer && changes_something(request.method)))) {
    co_return refused(exchange, Error(ErrorKind::unavailable, "REVOCATIONS_STALE", "sign-ins cannot be checked at the moment").with("retry_after", 5));
  }
  exchange.context.principal = std::move(*principal);
  co_return std::nullopt;
}

Task<Result<Principal>> Edge::who_asks(Exchange& exchange, bool guests_welcome) {
  const http::Request& request = *exchange.request;
  if (const auto given = request.header("x-api-key"); !given.empty()) {
    EMP_CO_ASSIGN(const KnownKey* key, keys_.check(given));
    exchange.key_plan = text("key:", key->plan);
    co_return principal_of(*key);
  }
  const std::string_view header = request.header("authorization");
  if (header.empty()) co_return Principal::guest();
  if (!has_bearer(request)) {
    if (guests_welcome) co_return Principal::guest();
    co_return fail(ErrorKind::unauthenticated, "INVALID_TOKEN", "send Authorization: Bearer <access token>");
  }
  auto principal = co_await authenticator_.principal_of(exchange.context, std::string(header.substr(7)));
  if (!principal && guests_welcome && principal.error().kind() == ErrorKind::unauthenticated) co_return Principal::guest();
  co_return principal;
}

Edge::Answer Edge::limit_subject(Exchange& exchange) {
  const Principal& principal = exchange.context.principal;
  if (principal.acting_staff) return std::nullopt;
  const bool is_guest = principal.realm == Realm::guest;
  if (!is_guest) {
    if (auto no = take(exchange, exchange.key_plan.empty() ? "user" : exchange.key_plan, principal.id.to_string())) return no;
  }
  const std::string_view policy = exchange.plan->route->operation->rate_policy;
  if (policy.empty()) return std::nullopt;
  if (auto no = take(exchange, policy, is_guest ? rate_subject(exchange.address) : principal.id.to_string())) return no;
  if (policy != "login") return std::nullopt;
  const auto account = login_account(exchange.request->body);  // Per address and per account.
  return account ? take(exchange, policy, *account) : std::nullopt;
}

Edge::Answer Edge::check_csrf(Exchange& exchange) {
  const http::Request& request = *exchange.request;
  // Whoever sent a token of access can read our answers; what a browser adds by itself is its cookies.
  if (!changes_something(request.method) || exchange.context.principal.realm != Realm::guest || request.header("cookie").empty()) return std::nullopt;
  if (const std::string_view origin = request.header("origin"); !origin.empty() && !settings_.cors.allows(origin)) {
    const auto scheme_end = origin.find("://");
    if (scheme_end == std::string_view::npos || origin.substr(scheme_end + 3) != request.header("host")) {
      return refused(exchange, Error(ErrorKind::permission_denied, "CSRF_FAILED", "this request comes from another site"));
    }
  }
  const std::string_view session = request.cookie(session_cookie).value_or("");
  if (session.empty()) return std::nullopt;  // A guest's cart is no session.
  const std::string_view token = request.header("x-csrf-token");
  if (token == request.cookie(csrf_cookie).value_or("") && csrf_tokens_.is_genuine(token, session)) return std::nullopt;
  return refused(exchange, Error(ErrorKind::permission_denied, "CSRF_FAILED",
                                 "send the token of GET /api/v1/csrf-token in X-CSRF-Token, beside the cookie that came with it"));
}

/// Coarse: what the contract says. Whose order it is the module knows.
Edge::Answer Edge::check_role(Exchange& exchange) {
  exchange.context.idempotency_key = exchange.request->header("idempotency-key");
  exchange.admitted = rpc::admit(*exchange.plan->route->operation, exchange.context, UtcTime());
  if (exchange.admitted || exchange.admitted.error().kind() == ErrorKind::invalid_argument) return std::nullopt;
  return refused(exchange, exchange.admitted.error());
}

Edge::Answer Edge::check_key(Exchange& exchange) {
  if (exchange.admitted) return std::nullopt;
  return refused(exchange, exchange.admitted.error());
}

Edge::Answer Edge::check_override(Exchange& exchange) {
  if (overrides_.empty()) return std::nullopt;
  const auto found = overrides_.find(exchange.plan->id);
  if (found == overrides_.end() || (found->second.until && *found->second.until <= clock_.now())) return std::nullopt;
  if (found->second.is_disabled) return refused(exchange, Error(ErrorKind::not_found, "ROUTE_NOT_FOUND", "there is nothing at this path"));
  return refused(exchange, Error(ErrorKind::unavailable, "MAINTENANCE", found->second.reason).with("retry_after", 30));
}

/// Of a sale that is flagged, nothing is put into a cart and no checkout begins without a ticket whose turn has come.
Task<Edge::Answer> Edge::check_waiting_room(Exchange& exchange) {
  const RoutePlan& plan = *exchange.plan;
  if (rooms_.is_empty() || (!plan.adds_to_cart && !plan.begins_checkout)) co_return std::nullopt;
  const http::Request& request = *exchange.request;
  std::vector<std::string> skus;
  if (plan.adds_to_cart) {
    skus = skus_of(request.body);
  } else {
    checkout::v1::GetCartRequest whose;
    if (const auto token = request.cookie("cart_token")) whose.cart_token = std::string(*token);
    const auto asked = upstreams_.now();
    auto cart = co_await calls_.get<checkout::v1::CheckoutApi>().get_cart(separate_call(exchange.context), std::move(whose));
    exchange.waited_since(asked, upstreams_.now());
    if (!cart) co_return refused(exchange, cart.error());
    for (auto& line : cart->cart.lines) {
      if (!line.saved_for_later) skus.push_back(std::move(line.sku));
    }
  }
  std::vector<std::string> subjects;
  const Principal& principal = exchange.context.principal;
  if (principal.realm == Realm::customer) subjects.push_back(text("customer:", principal.id));
  if (const auto visitor = request.cookie("waiting_visitor")) subjects.push_back(text("visitor:", *visitor));
  auto ticket = request.header("x-waiting-ticket");
  if (ticket.empty()) ticket = request.cookie("waiting_ticket").value_or("");
  if (const auto let = rooms_.check(skus, subjects, ticket); !let) co_return refused(exchange, let.error());
  co_return std::nullopt;
}

Task<Edge::Answer> Edge::look_into_cache(Exchange& exchange) {
  if (!settings_.caches) co_return std::nullopt;
  exchange.cache_key = AnswerCache::key_of(*exchange.request, exchange.context.principal, exchange.plan->traits.cached_s);
  if (!exchange.cache_key) co_return std::nullopt;
  const auto asked = upstreams_.now();
  auto turn = co_await cache_.look_up(*exchange.cache_key);
  exchange.waited_since(asked, upstreams_.now());  // For another request's answer.
  exchange.fetches = turn.fetches;
  co_return std::move(turn.answer);
}

Edge::Answer Edge::shed(Exchange& exchange) {
  if (const auto room = exchange.plan->upstream->make_room(exchange.plan->traits.route_class); !room) return refused(exchange, room.error());
  return std::nullopt;
}

Edge::Answer Edge::check_breaker(Exchange& exchange) {
  if (const auto let = exchange.plan->upstream->admit(upstreams_.now()); !let) return refused(exchange, let.error());
  return std::nullopt;
}

Task<Edge::Answer> Edge::dispatch(Exchange& exchange) {
  exchange.context.client =
      std::make_shared<const ClientFacts>(ClientFacts{exchange.address, std::string(exchange.request->header("user-agent").substr(0, 512))});
  const auto tags = exchange.fetches ? tags_of(exchange.request->path, exchange.matched->parameters) : std::vector<std::string>();
  const auto sent = upstreams_.now();
  auto response = co_await dispatcher_.send(*exchange.plan, exchange.request, exchange.context, std::move(exchange.matched->parameters));
  if (exchange.plan->confirms_checkout && (response.status == 200 || response.status == 201)) rooms_.pace.confirmed(clock_.now());
  exchange.waited_since(sent, upstreams_.now());
  if (exchange.fetches) {
    exchange.fetches = false;
    cache_.keep(*exchange.cache_key, response, exchange.plan->traits.cached_s, tags);
  }
  co_return response;
}

void Edge::finish(const Exchange& exchange, http::Response& response) const {
  const http::Request& request = *exchange.request;
  auto& headers = response.headers;
  headers.push_back({"X-Request-Id", exchange.context.trace.to_string()});
  add_security_headers(response);
  settings_.cors.add_headers(request, response);
  // RFC 9110 §11.6.1 allows it in other answers than 401: who was served as a guest learns why, and that a new token would help.
  if (response.status == 401 || exchange.bad_token) {
    headers.push_back({"WWW-Authenticate", has_bearer(request) ? R"(Bearer realm="emporion", error="invalid_token")" : R"(Bearer realm="emporion")"});
  }
  if (exchange.tightest) {
    headers.push_back({"RateLimit-Limit", text(exchange.tightest->limit)});
    headers.push_back({"RateLimit-Remaining", text(exchange.tightest->remaining)});
    headers.push_back({"RateLimit-Reset", text(exchange.tightest->reset_s)});
  }
  if (response.status >= 500) {
    observe::warning("request failed", {{"trace", exchange.context.trace.to_string()},
                                        {"method", std::string(to_string(request.method))},
                                        {"path", request.path},
                                        {"status", text(response.status)}});
  }
  if (exchange.plan != nullptr) {
    const auto whole = std::chrono::duration_cast<microseconds>(upstreams_.now() - exchange.own_began);
    own_time().observe(static_cast<double>((whole - exchange.waited).count()) / 1e6);
  }
}

}  // namespace emporion::gateway
