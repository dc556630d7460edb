#include "modules/platform/gateway/app/own_pages.hpp"

#include "kernel/observe/metrics.hpp"

namespace emporion::gateway {
namespace {

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1" || address == "::ffff:127.0.0.1"; }

}  // namespace

std::optional<http::Response> own_page(const http::Request& request, const OwnPages& pages) {
  if (request.method != http::Method::get && request.method != http::Method::head) return std::nullopt;
  http::Response out;
  if (request.path == "/health/live") {
    out.body = R"({"status":"live"})";
    return out;
  }
  if (request.path == "/health/ready") {
    out.status = pages.is_ready ? 200 : 503;
    out.body = pages.is_ready ? R"({"status":"ready"})" : R"({"status":"starting"})";
    return out;
  }
  if (request.path == "/openapi.json") {
    out.body = pages.openapi;
    return out;
  }
  if (request.path == "/metrics" && (pages.metrics_public || is_loopback(request.peer_address))) {
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.body = observe::render_metrics();
    return out;
  }
  return std::nullopt;
}

}  // namespace emporion::gateway
