#include "apps/emporion/health_pages.hpp"

#include "kernel/observe/metrics.hpp"

namespace emporion::app {

Task<http::Response> HealthPages::handle(http::Request request) {
  if (request.method != http::Method::get && request.method != http::Method::head)
    co_return http::problem(Error(ErrorKind::method_not_allowed, "METHOD_NOT_ALLOWED", "read it with GET"), Uuid(), request.path);
  http::Response out;
  if (request.path == "/health/live") {
    out.body = R"({"status":"live"})";
  } else if (request.path == "/health/ready") {
    out.status = ready_ ? 200 : 503;
    out.body = ready_ ? R"({"status":"ready"})" : R"({"status":"starting"})";
  } else if (request.path == "/metrics") {
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.body = observe::render_metrics();
  } else {
    co_return http::problem(Error(ErrorKind::not_found, "ROUTE_NOT_FOUND", "here are /health/live, /health/ready and /metrics only"), Uuid(), request.path);
  }
  out.headers.push_back({"Cache-Control", "no-store"});
  co_return out;
}

}  // namespace emporion::app
