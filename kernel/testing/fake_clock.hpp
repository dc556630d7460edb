#pragma once

#include "kernel/base/time.hpp"

namespace emporion::testing {

/// A clock that stands still until it is moved. It starts on 2026-01-05 08:00 UTC, a Monday.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(UtcTime start = UtcTime::from_micros(1'767'600'000'000'000)) : now_(start) {}

  UtcTime now() const override { return now_; }
  void move(microseconds span) { now_ = now_ + span; }
  void set(UtcTime now) { now_ = now; }

 private:
  UtcTime now_;
};

}  // namespace emporion::testing
