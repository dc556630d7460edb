#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/async/flow.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::trace {

/// As OTLP numbers them.
enum class Kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

/// `key` is a constant text. Values are names and numbers of the program: nothing that a person sent.
struct Attribute {
  std::string_view key;
  std::variant<std::string, std::int64_t> value;
};
struct Event {
  std::int64_t at_ns = 0;
  std::string_view name;
  std::vector<Attribute> attributes;
};
struct SpanLink {
  Uuid trace;
  std::uint64_t span = 0;
};

/// A span as it is exported. Instants are nanoseconds since 1970.
struct SpanData {
  Uuid trace;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< 0: it is the root.
  std::string name;
  Kind kind = Kind::internal;
  std::int64_t began_ns = 0;
  std::int64_t ended_ns = 0;
  bool failed = false;
  std::string error;  ///< The reason, where it failed.
  std::vector<Attribute> attributes;
  std::vector<Event> events;
  std::vector<SpanLink> links;
};

class Span;

/// What kernel/trace puts on a flow: one span, or several whose work is done together.
class Mark : public FlowMark {
 public:
  /// The span that becomes the parent of what has one parent only.
  virtual Span* first() noexcept = 0;
  virtual void append_to(std::vector<Span*>& out) = 0;
};

/// A piece of work under way in a sampled trace. It goes to the queue of the exporter once, at its end; what is set later is lost.
class Span final : public Mark {
 public:
  explicit Span(SpanData data) noexcept : data_(std::move(data)) {}
  ~Span() override { end(); }

  const Uuid& trace() const noexcept { return data_.trace; }
  std::uint64_t id() const noexcept { return data_.id; }
  Kind kind() const noexcept { return kind_; }
  const std::string& name() const noexcept { return data_.name; }

  void rename(std::string name);
  void set(std::string_view key, std::string value) { add({key, std::move(value)}); }
  void set(std::string_view key, std::int64_t value) { add({key, value}); }
  /// It failed, for that reason ("QUEUE_FULL"); never with a text that may hold what somebody sent.
  void fail(std::string_view reason);
  void event(std::string_view name, std::vector<Attribute> attributes);
  void link(const Span& other);
  void end();

  Span* first() noexcept override { return this; }
  void append_to(std::vector<Span*>& out) override { out.push_back(this); }

 private:
  void add(Attribute attribute);

  SpanData data_;
  Kind kind_ = data_.kind;
  bool ended_ = false;
};

/// Several spans, of several traces perhaps, whose work is done together: the commands of a batch, the events of a page.
class Gathering final : public Mark {
 public:
  explicit Gathering(std::vector<FlowRef<Span>> spans) : spans_(std::move(spans)) {}
  Span* first() noexcept override { return spans_.front().get(); }
  void append_to(std::vector<Span*>& out) override;

 private:
  std::vector<FlowRef<Span>> spans_;  ///< Not empty.
};

/// The flow of work is part of a sampled trace. All that tracing costs where it is not.
inline bool is_traced() noexcept { return flow_mark != nullptr; }
/// The span of the flow; null where it is not traced.
inline Span* current() noexcept { return flow_mark == nullptr ? nullptr : static_cast<Mark*>(flow_mark)->first(); }

/// A span below the current one; null where the flow is not traced.
FlowRef<Span> child(std::string name, Kind kind);

/// The span of a flow while a scope lasts. Empty until `begin`.
class Active {
 public:
  Active() noexcept = default;
  explicit Active(FlowRef<Span> span) { begin(std::move(span)); }
  ~Active() {
    if (span_) [[unlikely]]
      span_->end();
  }
  Active(const Active&) = delete;
  Active& operator=(const Active&) = delete;
  /// Once; of nothing it stays empty.
  void begin(FlowRef<Span> span);
  Span* operator->() const noexcept { return span_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(span_); }

 private:
  FlowScope scope_;
  FlowRef<Span> span_;
};

/// Makes what follows the work of all these spans. Of none the flow is untraced.
void enter_all(FlowScope& scope, std::vector<FlowRef<Span>> spans);

/// Work without parts of its own that is done for all spans of the flow at once: a transaction. It ends as one span below each of them.
class SharedWork {
 public:
  SharedWork() noexcept {
    if (is_traced()) [[unlikely]]
      begin();
  }
  SharedWork(const SharedWork&) = delete;
  SharedWork& operator=(const SharedWork&) = delete;
  SharedWork(SharedWork&&) noexcept = default;
  explicit operator bool() const noexcept { return static_cast<bool>(mark_); }
  struct End {
    std::string name;
    Kind kind = Kind::internal;
    std::string error;  ///< Empty: it succeeded.
    std::vector<Attribute> attributes;
  };
  /// Once. `id_of` answers the span's id in a trace, where that is known; else it is random.
  void end(const End& how, std::uint64_t (*id_of)(const Uuid& trace, const void* context) = nullptr, const void* context = nullptr);

 private:
  void begin() noexcept;
  FlowRef<> mark_;
  std::int64_t began_ns_ = 0;
};

/// The id of the span of the commit of `module`'s transaction of that number, the same for whoever knows the three: who reads the transaction's events finds
/// their parent by it, in any process, and no row has to carry it (ADR 0028).
std::uint64_t commit_span_id(const Uuid& trace, std::string_view module, std::int64_t transaction) noexcept;
/// Likewise the id of the span in which `consumer` got an event.
std::uint64_t arrival_span_id(const Uuid& event, std::string_view consumer) noexcept;

std::int64_t now_ns() noexcept;
/// Random, not 0.
std::uint64_t new_span_id();

}  // namespace emporion::trace
