#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"

namespace emporion::remote {

/// An instant of the clock that nobody sets.
using Instant = std::chrono::steady_clock::time_point;

/// Keeps calls from a module that cannot be reached. It opens after 5 calls in a row that reached nobody, or if of at least 20 within 10 s half reached nobody;
/// stays open for 30 s, longer each time up to 60 s, each ± 20 %, or until a connection stands again; then lets probes through, 3 at a time, of which one may
/// take long: 3 that reach somebody close it, the first that does not opens it again. What a module answers, refusals included, counts as reached. Source:
/// platform.md §3.5.
class Breaker {
 public:
  enum class State : std::uint8_t { closed, half_open, open };

  explicit Breaker(Random& random) : random_(random) {}

  /// Whether a call may be made. True obliges the caller to one of `reached`, `failed`, `ended`.
  bool admit(Instant now);
  void reached(Instant now);
  void failed(Instant now);
  /// It is not known whether somebody was reached: the time ran out, or the caller left.
  void ended();
  /// A connection stands again: no need to wait.
  void connected();

  State state() const noexcept { return state_; }

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
  void close();

  Random& random_;
  State state_ = State::closed;
  std::array<Second, window_seconds> window_{};
  int in_a_row_ = 0;
  seconds open_for_ = open_first;
  Instant open_until_{};
  int probes_under_way_ = 0;
  int probes_passed_ = 0;
};

}  // namespace emporion::remote
