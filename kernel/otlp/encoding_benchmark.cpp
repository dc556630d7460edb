#include <benchmark/benchmark.h>

#include "kernel/base/random.hpp"
#include "kernel/otlp/encoding.hpp"

namespace emporion::otlp {
namespace {

/// A full batch as it is sent, on a worker's thread. `items_per_second` are spans.
void encode_a_batch(benchmark::State& state) {
  SystemRandom random;
  std::vector<trace::SpanData> spans(512);
  for (auto& span : spans) {
    span.trace = Uuid::v7(SystemClock().now(), random);
    span.id = span.parent = trace::new_span_id();
    span.name = "commit order";
    span.attributes = {
        {"db.system", "postgresql"}, {"db.namespace", "order"}, {"db.operation.name", "order.create"}, {"emporion.transaction", std::int64_t{1}}};
  }
  std::size_t bytes = 0;
  for (auto _ : state) bytes = encoded({.name = "commerce", .instance = "1", .version = "1"}, spans).size();
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * spans.size()));
  state.counters["bytes_per_span"] = static_cast<double>(bytes) / static_cast<double>(spans.size());
}
BENCHMARK(encode_a_batch);

}  // namespace
}  // namespace emporion::otlp
