#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "kernel/trace/parent.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::trace {

struct Options {
  double sample_ratio = 1;        ///< 0 to 1: of the traces that begin here.
  std::size_t queue_max = 8'192;  ///< Spans that wait for the exporter, about 500 bytes each; more are dropped and counted.
};

/// Switches tracing on for the whole process, with an empty queue. Until then nothing is traced.
void enable(Options options);
/// No new trace begins; spans under way still come into the queue.
void disable() noexcept;

namespace detail {
inline constinit std::atomic<bool> enabled = false;
}
inline bool is_enabled() noexcept { return detail::enabled.load(std::memory_order_relaxed); }

/// Whether a trace is recorded. The share of `sample_ratio` is taken by the trace's id alone, so every process of the same ratio decides alike; beside those it
/// is true for the last 1024 traces that came here with the flag of a caller.
bool is_sampled(const Uuid& trace);

/// The first span that this process has of a trace; null if it is not recorded. A sampled `parent` is recorded whatever the ratio.
FlowRef<Span> begin(const Parent& parent, std::string name, Kind kind);

/// Into the queue. Never blocks; where the queue is full the span is dropped and counted (emporion_trace_spans_total, outcome queue_full). From any thread.
void put(SpanData span);
/// At most `count` spans, the oldest first. From any thread.
std::vector<SpanData> take(std::size_t count);
std::size_t queued() noexcept;

/// Counts what became of spans: emporion_trace_spans_total{outcome}: sent, queue_full, refused (by the collector), lost (it could not be reached).
void count_spans(const std::string& outcome, std::size_t spans);

}  // namespace emporion::trace
