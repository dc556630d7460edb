#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

namespace emporion {

/// What a flow of work carries from await to await without being passed along: the span that it is part of (kernel/trace). A flow is what one caller waits for;
/// a task that is spawned goes on in the flow of whoever spawned it. Belongs to one runtime's thread, so references are counted without atomics.
class FlowMark {
 public:
  FlowMark() = default;
  FlowMark(const FlowMark&) = delete;
  FlowMark& operator=(const FlowMark&) = delete;
  virtual ~FlowMark() = default;

 private:
  template <typename Mark>
  friend class FlowRef;
  // Out of line and rare: every suspended coroutine holds a reference, nearly always to nothing.
  [[gnu::noinline, gnu::cold]] static void release(FlowMark* mark) noexcept {
    if (--mark->references_ == 0) delete mark;
  }
  std::uint32_t references_ = 0;
};

/// A counted reference to a mark, or to nothing.
template <typename Mark = FlowMark>
class FlowRef {
 public:
  FlowRef() noexcept = default;
  explicit FlowRef(Mark* mark) noexcept : mark_(mark) {
    if (mark_ != nullptr) ++static_cast<FlowMark*>(mark_)->references_;
  }
  FlowRef(const FlowRef& other) noexcept : FlowRef(other.mark_) {}
  FlowRef(FlowRef&& other) noexcept : mark_(std::exchange(other.mark_, nullptr)) {}
  FlowRef& operator=(FlowRef other) noexcept {
    std::swap(mark_, other.mark_);
    return *this;
  }
  ~FlowRef() {
    if (mark_ != nullptr) [[unlikely]]
      FlowMark::release(mark_);
  }
  Mark* get() const noexcept { return mark_; }
  Mark* operator->() const noexcept { return mark_; }
  explicit operator bool() const noexcept { return mark_ != nullptr; }

  /// A reference that was counted already.
  static FlowRef adopt(Mark* counted) noexcept {
    FlowRef out;
    out.mark_ = counted;
    return out;
  }
  /// The mark, with its count, which is the caller's now.
  Mark* detach() noexcept { return std::exchange(mark_, nullptr); }

 private:
  Mark* mark_ = nullptr;
};

/// The mark of what runs on this thread now, counted: see `replace_flow`.
inline thread_local constinit FlowMark* flow_mark = nullptr;

/// What runs from here on has another mark. Answers the one before.
inline FlowRef<> replace_flow(FlowRef<> mark) noexcept { return FlowRef<>::adopt(std::exchange(flow_mark, mark.detach())); }

/// A suspended coroutine and the mark of its flow: what everything that resumes coroutines keeps instead of a bare handle.
class Suspended {
 public:
  Suspended() noexcept = default;
  explicit Suspended(std::coroutine_handle<> handle) noexcept : handle_(handle), mark_(flow_mark) {}
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  /// Inline, in its own flow; the caller goes on in the caller's. Once.
  void resume() const {
    FlowRef<> outer = replace_flow(mark_);
    handle_.resume();
    replace_flow(std::move(outer));
  }

 private:
  std::coroutine_handle<> handle_;
  FlowRef<> mark_;
};

/// The caller's flow is as before at the end of this scope, whatever the coroutine that is started within it did before it suspended.
class FlowKept {
 public:
  FlowKept() noexcept : outer_(flow_mark) {}
  ~FlowKept() { replace_flow(std::move(outer_)); }
  FlowKept(const FlowKept&) = delete;
  FlowKept& operator=(const FlowKept&) = delete;

 private:
  FlowRef<> outer_;
};

/// From `enter` to the end of the scope the flow has another mark, or none. In a coroutine it spans awaits.
class FlowScope {
 public:
  FlowScope() noexcept = default;
  FlowScope(const FlowScope&) = delete;
  FlowScope& operator=(const FlowScope&) = delete;
  ~FlowScope() {
    if (is_entered_) [[unlikely]]
      leave();
  }
  /// Once.
  void enter(FlowRef<> mark) noexcept {
    mark_ = mark;
    outer_ = replace_flow(std::move(mark));
    is_entered_ = true;
  }

 private:
  void leave() noexcept {
    if (flow_mark == mark_.get()) replace_flow(std::move(outer_));  // Else its coroutine dies without having gone on, in nobody's flow.
  }

  FlowRef<> mark_;
  FlowRef<> outer_;
  bool is_entered_ = false;
};

}  // namespace emporion
