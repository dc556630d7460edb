#include "modules/platform/gateway/app/cors.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::gateway {
namespace {

bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) return text.size() > scheme.size() && text.substr(scheme.size()).find_first_of("/*?#@ ") == std::string_view::npos;
  }
  return false;
}

bool is_wildcard(std::string_view text) {
  return text.starts_with("*.") && text.size() > 2 && text.substr(1).find_first_of("/*:?#@ ") == std::string_view::npos;
}

}  // namespace

Result<Cors> Cors::of(std::vector<std::string> allowed) {
  for (auto& origin : allowed) {
    origin = ascii_lower(origin);
    if (!is_origin(origin) && !is_wildcard(origin)) {
      return fail(ErrorKind::invalid_argument, "CONFIG_INVALID",
                  text("gateway.cors_origins: ", origin, " is neither an origin such as https://shop.example nor *.shop.example"));
    }
  }
  Cors out;
  out.allowed_ = std::move(allowed);
  return out;
}

Cors::Match Cors::match(std::string_view origin) const {
  if (std::ranges::find(allowed_, origin) != allowed_.end()) return Match::exact;
  constexpr std::string_view scheme = "https://";
  if (!origin.starts_with(scheme) || !is_origin(origin)) return Match::none;
  const auto host = origin.substr(scheme.size());
  const bool fits = std::ranges::any_of(allowed_, [&](std::string_view allowed) {
    return allowed.starts_with("*.") && host.size() > allowed.size() - 1 && host.ends_with(allowed.substr(1));  // The dot is part of what it ends with.
  });
  return fits ? Match::wildcard : Match::none;
}

void Cors::add_headers(const http::Request& request, http::Response& response) const {
  if (allowed_.empty()) return;
  auto& headers = response.headers;
  headers.push_back({"Vary", "Origin"});
  const auto origin = request.header("origin");
  const Match matched = match(origin);
  if (matched == Match::none) return;
  headers.push_back({"Access-Control-Allow-Origin", std::string(origin)});
  if (matched == Match::exact) headers.push_back({"Access-Control-Allow-Credentials", "true"});
  if (request.method == http::Method::options) {
    headers.push_back({"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"});
    headers.push_back(
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, X-Api-Key, X-CSRF-Token, X-Request-Id, X-Waiting-Ticket"});
    headers.push_back({"Access-Control-Max-Age", "600"});
  } else {
    headers.push_back({"Access-Control-Expose-Headers",
                       "ETag, Idempotent-Replayed, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate, X-Request-Id"});
  }
}

}  // namespace emporion::gateway
