#pragma once

#include <string>

#include "kernel/base/error.hpp"
#include "kernel/base/time.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/rpc/breaker.hpp"

namespace emporion::remote {

using rpc::Breaker;

/// What /metrics tells of the calls to one module.
class ClientMetrics {
 public:
  explicit ClientMetrics(const std::string& module);
  /// `error` is null if there was an answer.
  void call_ended(const Error* error, microseconds duration, Breaker::State breaker);
  void retried() { retries_.increment(); }

 private:
  observe::Counter& count_of(std::string outcome) const;

  const std::string module_;
  observe::Counter& answered_;
  observe::Counter& retries_;
  observe::Histogram& duration_;
  observe::Gauge& breaker_;
};

}  // namespace emporion::remote
