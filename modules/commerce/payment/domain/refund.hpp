#pragma once

#include <cstdint>
#include <optional>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "modules/commerce/payment/domain/status.hpp"

namespace emporion::payment {

/// What the refund rule looks at, read under the payment's row lock.
struct RefundFacts {
  Status status;
  std::int64_t captured_amount = 0;
  std::int64_t refunds_open_or_done = 0;  ///< Sum of all refunds that have not failed.
  UtcTime captured_at;
  bool window_exempt = false;             ///< Staff, returns and checkout (ruling 4).
};

constexpr std::chrono::hours refund_window{24 * 30};

/// The amount to refund: `wanted`, or all that is left. Errors: NOT_REFUNDABLE (409: nothing taken or nothing left), REFUND_WINDOW_CLOSED (422),
/// OVER_REFUND {refundable} (422).
Result<std::int64_t> judge_refund(const RefundFacts& facts, std::optional<std::int64_t> wanted, UtcTime now);

}  // namespace emporion::payment
