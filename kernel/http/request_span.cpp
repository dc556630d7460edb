#include "kernel/http/request_span.hpp"

#include "kernel/base/text.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::http {

trace::Parent origin_of(const Request& request, UtcTime now, Random& random) {
  if (const auto header = request.header("traceparent"); !header.empty()) {
    if (const auto parent = trace::parse_traceparent(header)) return *parent;
  }
  if (const auto header = request.header("x-request-id"); !header.empty()) {
    if (const auto given = Uuid::parse(header)) return {.trace = *given};
  }
  return {.trace = Uuid::v7(now, random)};
}

RequestSpan::RequestSpan(const Request& request, const trace::Parent& origin) {
  if (!trace::is_enabled()) [[likely]]
    return;
  active_.begin(trace::begin(origin, std::string(to_string(request.method)), trace::Kind::server));
  if (active_) active_->set("http.request.method", std::string(to_string(request.method)));
}

void RequestSpan::answered(int status) const {
  if (!active_) return;
  active_->set("http.response.status_code", std::int64_t{status});
  if (status >= 500) active_->fail(text(status));
}

void name_span(Method method, const Route& route) {
  trace::Span* const span = trace::current();
  if (span == nullptr || span->kind() != trace::Kind::server) return;
  span->rename(text(to_string(method), ' ', route.path_template));
  span->set("http.route", route.path_template);
}

}  // namespace emporion::http
