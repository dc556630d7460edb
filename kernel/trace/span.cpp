#include "kernel/trace/span.hpp"

#include <array>
#include <chrono>

#include "kernel/base/assert.hpp"
#include "kernel/base/random.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::trace {
namespace {

constexpr std::size_t attributes_max = 64;  // Of a span, and events likewise: a loop in somebody's code is no reason to run out of memory.

class Hash64 {
 public:
  Hash64& add(const Uuid& id) noexcept {
    for (const std::uint8_t byte : id.bytes()) add(byte);
    return *this;
  }
  Hash64& add(std::string_view text) noexcept {
    for (const char c : text) add(static_cast<std::uint8_t>(c));
    return *this;
  }
  Hash64& add(std::uint64_t number) noexcept {
    for (int shift = 0; shift < 64; shift += 8) add(static_cast<std::uint8_t>(number >> shift));
    return *this;
  }
  /// Not 0. Source: FNV-1a, finished by the mixer of SplitMix64.
  std::uint64_t get() const noexcept {
    std::uint64_t out = state_;
    out = (out ^ (out >> 30)) * 0xBF58476D1CE4E5B9ull;
    out = (out ^ (out >> 27)) * 0x94D049BB133111EBull;
    out ^= out >> 31;
    return out == 0 ? 1 : out;
  }

 private:
  void add(std::uint8_t byte) noexcept { state_ = (state_ ^ byte) * 0x100000001B3ull; }
  std::uint64_t state_ = 0xCBF29CE484222325ull;
};

}  // namespace

void Span::rename(std::string name) {
  if (!ended_) data_.name = std::move(name);
}

void Span::add(Attribute attribute) {
  if (!ended_ && data_.attributes.size() < attributes_max) data_.attributes.push_back(std::move(attribute));
}

void Span::fail(std::string_view reason) {
  if (ended_ || data_.failed) return;
  data_.failed = true;
  data_.error = reason;
  add({"error.type", std::string(reason)});
}

void Span::event(std::string_view name, std::vector<Attribute> attributes) {
  if (!ended_ && data_.events.size() < attributes_max) data_.events.push_back({now_ns(), name, std::move(attributes)});
}

void Span::link(const Span& other) {
  if (!ended_ && data_.links.size() < attributes_max) data_.links.push_back({other.trace(), other.id()});
}

void Span::end() {
  if (ended_) return;
  ended_ = true;
  data_.ended_ns = now_ns();
  // Children that come later still ask for the trace and the id.
  const Uuid trace = data_.trace;
  const std::uint64_t id = data_.id;
  put(std::exchange(data_, {}));
  data_.trace = trace;
  data_.id = id;
}

void Gathering::append_to(std::vector<Span*>& out) {
  for (const auto& span : spans_) out.push_back(span.get());
}

FlowRef<Span> child(std::string name, Kind kind) {
  const Span* const parent = current();
  if (parent == nullptr) return {};
  return FlowRef<Span>(
      new Span({.trace = parent->trace(), .id = new_span_id(), .parent = parent->id(), .name = std::move(name), .kind = kind, .began_ns = now_ns()}));
}

void Active::begin(FlowRef<Span> span) {
  if (!span) return;
  EMP_ASSERT(!span_);
  span_ = std::move(span);
  scope_.enter(FlowRef<>(span_.get()));
}

void enter_all(FlowScope& scope, std::vector<FlowRef<Span>> spans) {
  if (spans.empty()) return scope.enter({});
  if (spans.size() == 1) return scope.enter(FlowRef<>(spans.front().get()));
  scope.enter(FlowRef<>(new Gathering(std::move(spans))));
}

void SharedWork::begin() noexcept {
  mark_ = FlowRef<>(flow_mark);
  began_ns_ = now_ns();
}

void SharedWork::end(const End& how, std::uint64_t (*id_of)(const Uuid&, const void*), const void* context) {
  if (!mark_) return;
  std::vector<Span*> parents;
  static_cast<Mark*>(mark_.get())->append_to(parents);
  const std::int64_t ended_ns = now_ns();
  for (const Span* parent : parents) {
    SpanData data{.trace = parent->trace(),
                  .id = id_of == nullptr ? new_span_id() : id_of(parent->trace(), context),
                  .parent = parent->id(),
                  .name = how.name,
                  .kind = how.kind,
                  .began_ns = began_ns_,
                  .ended_ns = ended_ns,
                  .failed = !how.error.empty(),
                  .error = how.error,
                  .attributes = how.attributes};
    if (data.failed) data.attributes.push_back({"error.type", how.error});
    put(std::move(data));
  }
  mark_ = {};
}

std::uint64_t commit_span_id(const Uuid& trace, std::string_view module, std::int64_t transaction) noexcept {
  return Hash64().add(trace).add(module).add(static_cast<std::uint64_t>(transaction)).get();
}

std::uint64_t arrival_span_id(const Uuid& event, std::string_view consumer) noexcept { return Hash64().add(event).add(consumer).get(); }

std::int64_t now_ns() noexcept { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::uint64_t new_span_id() {
  static thread_local SystemRandom random;
  std::array<std::uint8_t, 8> bytes{};
  random.fill(bytes);
  std::uint64_t out = 0;
  for (const std::uint8_t byte : bytes) out = (out << 8) | byte;
  return out == 0 ? 1 : out;
}

}  // namespace emporion::trace
