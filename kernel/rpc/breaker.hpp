#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"

namespace emporion::rpc {

/// An instant of the clock that nobody sets.
using Instant = std::chrono::steady_clock::time_point;
/// Now, by that clock: for whoever composes what is told the time by its caller.
Instant steady_now() noexcept;

/// Keeps calls from whom they would fail at. It opens after 5 failures in a row, or if of at least 20 calls within 10 s half failed; stays open for 30 s,
/// longer each time up to 60 s, each ± 20 %; then lets probes through, 3 at a time, of which one may take long: 3 that pass close it, the first that fails
/// opens it again. What counts as a failure is the caller's to say: between processes that nobody was reached, at the public entry also that an answer did not
/// come in time. Source: platform.md §3.5.
class Breaker {
 public:
  enum class State : std::uint8_t { closed, half_open, open };

  explicit Breaker(Random& random) : random_(random) {}

  /// Whether a call may be made. True obliges the caller to one of `reached`, `failed`, `ended`.
  bool admit(Instant now);
  void reached(Instant now);
  void failed(Instant now);
  /// It is not known whether the call failed: the caller left, or did not wait.
  void ended();
  /// A connection stands again: no need to wait.
  void connected();

  /// As if it had never opened: what an operator asks for who knows better.
  void reset();

  State state() const noexcept { return state_; }
  /// When an open one lets probes through.
  Instant open_until() const noexcept { return open_until_; }

  static constexpr int failures_in_a_row = 5;
  static constexpr int calls_min = 20;
  static constexpr int window_seconds = 10;
  static constexpr seconds open_first{30};
  static constexpr seconds open_max{60};
  static constexpr int probes = 3;

 private:
  struct Second {
    std::int64_t second = -1;
    int calls = 0;
    int failures = 0;
  };
  void count(Instant now, bool failed);
  bool half_of_the_window_failed(Instant now) const;
  void open(Instant now);
  void half_open();

  Random& random_;
  State state_ = State::closed;
  std::array<Second, window_seconds> window_{};
  int in_a_row_ = 0;
  seconds open_for_ = open_first;
  Instant open_until_{};
  int probes_under_way_ = 0;
  int probes_passed_ = 0;
};

}  // namespace emporion::rpc
