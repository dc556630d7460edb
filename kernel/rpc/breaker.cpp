#include "kernel/rpc/breaker.hpp"

#include <algorithm>

namespace emporion::rpc {
namespace {

std::int64_t second_of(Instant now) { return std::chrono::duration_cast<seconds>(now.time_since_epoch()).count(); }

}  // namespace

Instant steady_now() noexcept { return std::chrono::steady_clock::now(); }

bool Breaker::admit(Instant now) {
  if (state_ == State::open && now >= open_until_) half_open();
  if (state_ == State::closed) return true;
  if (state_ == State::open || probes_under_way_ >= probes) return false;
  ++probes_under_way_;
  return true;
}

void Breaker::reached(Instant now) {
  count(now, false);
  in_a_row_ = 0;
  if (state_ != State::half_open) return;
  ended();
  if (++probes_passed_ >= probes) reset();
}

void Breaker::failed(Instant now) {
  count(now, true);
  ++in_a_row_;
  if (state_ == State::half_open || (state_ == State::closed && (in_a_row_ >= failures_in_a_row || half_of_the_window_failed(now)))) open(now);
}

void Breaker::ended() {
  // A call that began before the breaker opened may end while probes are under way.
  if (state_ == State::half_open && probes_under_way_ > 0) --probes_under_way_;
}

void Breaker::connected() {
  if (state_ == State::open) half_open();
}

void Breaker::count(Instant now, bool failed) {
  const auto second = second_of(now);
  auto& slot = window_[static_cast<std::size_t>(second) % window_seconds];
  if (slot.second != second) slot = {.second = second};
  ++slot.calls;
  if (failed) ++slot.failures;
}

bool Breaker::half_of_the_window_failed(Instant now) const {
  int calls = 0;
  int failures = 0;
  for (const auto& slot : window_) {
    if (slot.second <= second_of(now) - window_seconds) continue;
    calls += slot.calls;
    failures += slot.failures;
  }
  return calls >= calls_min && failures * 2 >= calls;
}

void Breaker::open(Instant now) {
  state_ = State::open;
  const auto span = std::chrono::duration_cast<milliseconds>(open_for_);
  open_until_ = now + span * (80 + static_cast<int>(random_.below(41))) / 100;
  open_for_ = std::min(open_for_ * 2, open_max);
}

void Breaker::half_open() {
  state_ = State::half_open;
  probes_under_way_ = 0;
  probes_passed_ = 0;
}

void Breaker::reset() {
  state_ = State::closed;
  open_for_ = open_first;
  window_ = {};
  in_a_row_ = 0;
}

}  // namespace emporion::rpc
