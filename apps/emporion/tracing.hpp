#pragma once

#include <memory>

#include "apps/emporion/placement.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/otlp/exporter.hpp"

namespace emporion::app {

/// Where this process tells of its traces: `trace.endpoint`, without which nothing is traced, and `trace.sample_ratio`. One per process.
class Tracing {
 public:
  Tracing(Runtime& runtime, const Placement& placement);
  ~Tracing();
  /// From here on work is traced. Errors: CONFIG_INVALID.
  Result<> start();
  /// Nothing new is traced; sends what there is, for at most two seconds. Safe to repeat.
  Task<void> close();

 private:
  Runtime& runtime_;
  std::string endpoint_;
  double sample_ratio_;
  otlp::Service service_;
  std::unique_ptr<otlp::Exporter> exporter_;
};

}  // namespace emporion::app
