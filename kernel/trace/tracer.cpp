#include "kernel/trace/tracer.hpp"

#include <deque>
#include <mutex>
#include <unordered_set>

#include "kernel/observe/metrics.hpp"

namespace emporion::trace {
namespace {

constexpr std::size_t flagged_max = 1024;
constexpr std::uint64_t random_bits = 56;

struct Tracer {
  std::mutex mutex;
  Options options;
  std::deque<SpanData> queue;
  std::unordered_set<Uuid> flagged;  ///< Recorded because a caller said so.
  std::deque<Uuid> flagged_order;
};

Tracer& tracer() {
  static Tracer* const all = new Tracer;  // Never destroyed: spans may end after every static.
  return *all;
}

std::atomic<std::uint64_t> threshold{0};  // Traces whose random part is below it are recorded.
std::atomic<std::size_t> queue_size{0};   // To be read without the lock.
std::atomic<std::size_t> flagged_count{0};

/// The last seven bytes, which are random in a trace id of W3C Trace Context level 2 as in a UUIDv7.
std::uint64_t random_part(const Uuid& trace) noexcept {
  std::uint64_t out = 0;
  for (std::size_t i = 9; i < 16; ++i) out = (out << 8) | trace.bytes()[i];
  return out;
}

bool is_of_the_share(const Uuid& trace) noexcept { return random_part(trace) < threshold.load(std::memory_order_relaxed); }

void remember_flag(const Uuid& trace) {
  auto& all = tracer();
  const std::scoped_lock lock(all.mutex);
  if (!all.flagged.insert(trace).second) return;
  all.flagged_order.push_back(trace);
  if (all.flagged_order.size() > flagged_max) {
    all.flagged.erase(all.flagged_order.front());
    all.flagged_order.pop_front();
  }
  flagged_count = all.flagged.size();
}

bool is_flagged(const Uuid& trace) {
  if (flagged_count.load(std::memory_order_relaxed) == 0) return false;
  auto& all = tracer();
  const std::scoped_lock lock(all.mutex);
  return all.flagged.contains(trace);
}

}  // namespace

void enable(Options options) {
  auto& all = tracer();
  const std::scoped_lock lock(all.mutex);
  all.options = options;
  all.queue.clear();
  all.flagged.clear();
  all.flagged_order.clear();
  queue_size = 0;
  flagged_count = 0;
  threshold = static_cast<std::uint64_t>(options.sample_ratio * static_cast<double>(std::uint64_t{1} << random_bits));
  detail::enabled = true;
}

void disable() noexcept { detail::enabled = false; }

bool is_sampled(const Uuid& trace) { return is_enabled() && !trace.is_nil() && (is_of_the_share(trace) || is_flagged(trace)); }

FlowRef<Span> begin(const Parent& parent, std::string name, Kind kind) {
  if (!is_enabled()) return {};
  if (parent.sampled && !is_of_the_share(parent.trace)) remember_flag(parent.trace);
  if (!is_sampled(parent.trace)) return {};
  return FlowRef<Span>(new Span(
      {.trace = parent.trace, .id = new_span_id(), .parent = parent.sampled ? parent.span : 0, .name = std::move(name), .kind = kind, .began_ns = now_ns()}));
}

void put(SpanData span) {
  auto& all = tracer();
  {
    const std::scoped_lock lock(all.mutex);
    if (all.queue.size() < all.options.queue_max) {
      all.queue.push_back(std::move(span));
      queue_size = all.queue.size();
      return;
    }
  }
  count_spans("queue_full", 1);
}

std::vector<SpanData> take(std::size_t count) {
  auto& all = tracer();
  const std::scoped_lock lock(all.mutex);
  std::vector<SpanData> out;
  out.reserve(std::min(count, all.queue.size()));
  while (out.size() < count && !all.queue.empty()) {
    out.push_back(std::move(all.queue.front()));
    all.queue.pop_front();
  }
  queue_size = all.queue.size();
  return out;
}

std::size_t queued() noexcept { return queue_size.load(std::memory_order_relaxed); }

void count_spans(const std::string& outcome, std::size_t spans) {
  observe::counter("emporion_trace_spans_total", "Spans by what became of them.", {{"outcome", outcome}}).increment(spans);
}

}  // namespace emporion::trace
