#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"
#include "modules/commerce/payment/domain/status.hpp"

namespace emporion::payment {

/// Money on its way back, as it is stored.
struct Refund {
  Uuid id = {};
  Uuid payment_id = {};
  Uuid order_id = {};
  std::string provider = {};
  Money amount = {};
  std::string reason = {};
  std::string source = {};
  std::string target = "source";  ///< Or store_credit.
  std::string status = {};
  std::optional<std::string> provider_ref = std::nullopt;
  std::string key = {};
  std::int32_t tries = 0;
  bool held = false;  ///< Waits for the end of a dispute.
  std::optional<UtcTime> next_run_at = std::nullopt;
  UtcTime created_at = {};
  std::optional<UtcTime> finished_at = std::nullopt;
};

/// Cash and bank transfers have no way back through a provider: a person pays them out.
bool is_paid_back_by_hand(std::string_view method) noexcept;

/// What the refund rule looks at, read under the payment's row lock.
struct RefundFacts {
  Status status;
  std::int64_t captured_amount = 0;
  std::int64_t refunds_open_or_done = 0;  ///< Sum of all refunds that have not failed.
  std::int64_t charged_back = 0;          ///< What lost disputes took.
  UtcTime captured_at;
  bool window_exempt = false;  ///< Staff, returns and checkout (ruling 4).
};

constexpr std::chrono::hours refund_window{24 * 30};

/// The amount to refund: `wanted`, or all that is left. Errors: NOT_REFUNDABLE (409: nothing taken or nothing left), REFUND_WINDOW_CLOSED (422),
/// OVER_REFUND {refundable} (422).
Result<std::int64_t> judge_refund(const RefundFacts& facts, std::optional<std::int64_t> wanted, UtcTime now);

}  // namespace emporion::payment
