#include <benchmark/benchmark.h>

#include "kernel/base/random.hpp"
#include "kernel/rpc/call_span.hpp"
#include "kernel/trace/tracer.hpp"

// What a place that may be traced costs: without tracing, in a trace that is not recorded, and in one that is.
namespace emporion::rpc {
namespace {

constexpr Operation operation{.module = "order", .name = "create_order"};

void without_tracing(benchmark::State& state) {
  trace::disable();
  for (auto _ : state) {
    const CallSpan span(operation);
    span.ended(nullptr);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(without_tracing);

void in_an_unrecorded_trace(benchmark::State& state) {
  trace::enable({.sample_ratio = 0});
  for (auto _ : state) {
    const CallSpan span(operation);
    span.ended(nullptr);
    benchmark::ClobberMemory();
  }
  trace::disable();
}
BENCHMARK(in_an_unrecorded_trace);

/// From the making of a span to its leaving the queue, encoding and sending apart.
void in_a_recorded_trace(benchmark::State& state) {
  trace::enable({});
  SystemRandom random;
  {
    const trace::Active root(trace::begin({.trace = Uuid::v7(SystemClock().now(), random)}, "root", trace::Kind::server));
    for (auto _ : state) {
      {
        const CallSpan span(operation);
        span.ended(nullptr);
      }
      benchmark::DoNotOptimize(trace::take(1));
    }
  }
  trace::disable();
}
BENCHMARK(in_a_recorded_trace);

}  // namespace
}  // namespace emporion::rpc
