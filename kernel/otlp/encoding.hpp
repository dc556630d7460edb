#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/trace/span.hpp"

namespace emporion::otlp {

/// Who says it: resource attributes of OpenTelemetry's semantic conventions.
struct Service {
  std::string name;      ///< service.name
  std::string instance;  ///< service.instance.id
  std::string version;   ///< service.version
};

/// The body of POST /v1/traces, as protobuf.
std::string encoded(const Service& service, const std::vector<trace::SpanData>& spans);

/// How many of the spans the collector says it did not take, by the body of its 200; 0 if it says nothing that we understand.
std::size_t rejected_spans(std::string_view answer);

}  // namespace emporion::otlp
