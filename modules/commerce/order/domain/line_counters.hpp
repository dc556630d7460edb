#pragma once

#include <cstdint>

#include "kernel/base/result.hpp"

namespace emporion::order {

/// What has become of the units of one line. Invariant 3: cancelled + undelivered + delivered ≤ qty, shipped ≤ qty − cancelled, returned ≤ delivered, all ≥ 0.
struct LineCounters {
  std::int32_t qty = 0;
  std::int32_t cancelled = 0;
  std::int32_t shipped = 0;
  std::int32_t delivered = 0;
  std::int32_t undelivered = 0;
  std::int32_t returned = 0;

  bool hold() const noexcept;
  std::int32_t live() const noexcept { return qty - cancelled; }

  /// Each moves `units` > 0, or refuses and changes nothing. Errors: QTY_LIMIT {available}.
  Result<> cancel(std::int32_t units);
  Result<> ship(std::int32_t units);
  /// A delivery that is told before its dispatch has been shipped all the same: `shipped` follows.
  Result<> deliver(std::int32_t units);
  Result<> fail_delivery(std::int32_t units);
  Result<> take_back(std::int32_t units);
  /// The units that did not arrive are to go out again.
  void redispatch() noexcept {
    shipped -= undelivered;
    undelivered = 0;
  }

  friend bool operator==(const LineCounters&, const LineCounters&) = default;
};

}  // namespace emporion::order
