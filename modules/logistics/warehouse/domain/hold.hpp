#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "kernel/base/time.hpp"

namespace emporion::warehouse {

/// How long a reservation may wait for its confirmation. Source: specification, Jobs and TTLs.
struct HoldPolicy {
  seconds unasked{15 * 60};
  seconds ceiling{25 * 60};
  seconds ceiling_bank_transfer{24 * 3600 + 10 * 60};
  seconds ceiling_hot{5 * 60};  ///< Whatever the method; applied where the SKU's flag is read, under its lock.

  /// Grants min(asked, ceiling of the payment method).
  constexpr seconds grant(std::optional<seconds> asked, bool is_bank_transfer) const noexcept {
    return std::min(asked.value_or(unasked), is_bank_transfer ? ceiling_bank_transfer : ceiling);
  }
};

}  // namespace emporion::warehouse
