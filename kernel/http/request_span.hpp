#pragma once

#include "kernel/base/random.hpp"
#include "kernel/http/router.hpp"
#include "kernel/trace/parent.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::http {

/// Under what trace a request is served: that of its `traceparent`, else its X-Request-Id if that is a UUID, so that a client can find its own traces, else a
/// new one. Whatever the client sent besides, it is recorded only if traceparent says so, or by the share of traces that are.
trace::Parent origin_of(const Request& request, UtcTime now, Random& random);

/// The span of a request while it lasts: "POST /api/v1/checkout/{id}/confirm" once a route has matched, until then "POST". Of what the client sent it holds the
/// method alone.
class RequestSpan {
 public:
  RequestSpan(const Request& request, const trace::Parent& origin);
  void answered(int status) const;

 private:
  trace::Active active_;
};

/// Names the span of the request after its route, if it is recorded.
void name_span(Method method, const Route& route);

}  // namespace emporion::http
