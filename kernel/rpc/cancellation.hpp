#pragma once

#include <functional>
#include <list>
#include <memory>

#include "kernel/base/error.hpp"

namespace emporion {

/// Says that nobody waits for a call's answer any more. It goes with the CallContext to what the call calls in turn, over every binding; what has not begun by
/// then is refused. Only calls that read have one: what changes something runs to its end. Belongs to one runtime's thread.
class Cancellation {
 public:
  class Listener;

  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  bool is_set() const noexcept { return is_set_; }
  /// A repeat does nothing.
  void set();
  /// What such a call is answered, for logs and counters: CALL_CANCELLED (deadline_exceeded).
  static Error error();

 private:
  bool is_set_ = false;
  std::list<std::function<void()>> listeners_;
};

/// Whether a call is cancelled; one without a cancellation never is.
inline bool is_cancelled(const std::shared_ptr<Cancellation>& cancellation) noexcept { return cancellation && cancellation->is_set(); }

/// Runs `then` when the call is cancelled, or at once if it is already; not after this is gone. `then` makes no listener and ends none.
class Cancellation::Listener {
 public:
  /// Without `to` nothing is listened to.
  Listener(std::shared_ptr<Cancellation> to, std::function<void()> then);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  std::shared_ptr<Cancellation> to_;
  std::list<std::function<void()>>::iterator at_;
};

}  // namespace emporion
