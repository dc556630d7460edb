#include "kernel/remote/client_metrics.hpp"

namespace emporion::remote {

ClientMetrics::ClientMetrics(const std::string& module)
    : module_(module),
      answered_(count_of("ok")),
      retries_(observe::counter("emporion_remote_retries_total", "Second and third tries of calls to other processes.", {{"module", module}})),
      duration_(observe::histogram("emporion_remote_call_seconds", "Duration of calls to other processes, tries and pauses included.", {{"module", module}},
                                   {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      breaker_(observe::gauge("emporion_remote_breaker_state", "0: calls are made; 1: some, to see whether the module answers again; 2: none.",
                              {{"module", module}})) {
  breaker_.set(0);
}

observe::Counter& ClientMetrics::count_of(std::string outcome) const {
  return observe::counter("emporion_remote_calls_total", "Calls to other processes by outcome.", {{"module", module_}, {"outcome", std::move(outcome)}});
}

void ClientMetrics::call_ended(const Error* error, microseconds duration, Breaker::State breaker) {
  (error == nullptr ? answered_ : count_of(std::string(to_string(error->kind())))).increment();
  duration_.observe(static_cast<double>(duration.count()) / 1e6);
  breaker_.set(static_cast<double>(breaker));
}

}  // namespace emporion::remote
