#include "modules/platform/gateway/app/security_headers.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::gateway {

void add_security_headers(http::Response& response) {
  auto& headers = response.headers;
  headers.push_back({"X-Content-Type-Options", "nosniff"});
  headers.push_back({"Referrer-Policy", "strict-origin-when-cross-origin"});
  headers.push_back({"Strict-Transport-Security", "max-age=31536000"});
  headers.push_back({"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"});
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(headers, [&](const http::Header& header) { return header.name.size() == name.size() && ascii_lower(header.name) == name; });
  };
  if (!has("content-security-policy")) headers.push_back({"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
  if (!has("cache-control")) headers.push_back({"Cache-Control", "no-store"});
}

}  // namespace emporion::gateway
