#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// An instant in UTC, to the microsecond. On the wire it is RFC 3339 with six decimals and `Z`.
class UtcTime {
 public:
  constexpr UtcTime() = default;
  static constexpr UtcTime from_micros(std::int64_t micros) { return UtcTime(micros); }
  /// Reads RFC 3339 with any offset and 0 to 6 decimals. Errors: INVALID_TIME.
  static Result<UtcTime> parse(std::string_view text);

  constexpr std::int64_t micros_since_epoch() const noexcept { return micros_; }
  std::string to_string() const;

  friend constexpr auto operator<=>(UtcTime, UtcTime) = default;
  friend constexpr UtcTime operator+(UtcTime time, microseconds span) { return UtcTime(time.micros_ + span.count()); }
  friend constexpr UtcTime operator-(UtcTime time, microseconds span) { return UtcTime(time.micros_ - span.count()); }
  friend constexpr microseconds operator-(UtcTime a, UtcTime b) { return microseconds(a.micros_ - b.micros_); }

 private:
  constexpr explicit UtcTime(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

/// The only source of "now" outside the kernel's drivers; tests pass one that they move by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UtcTime now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  UtcTime now() const override;
};

}  // namespace emporion
