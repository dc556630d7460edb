#include "modules/commerce/payment/domain/refund.hpp"

#include "kernel/base/text.hpp"

namespace emporion::payment {

bool is_paid_back_by_hand(std::string_view method) noexcept { return method == "cod" || method == "bank_transfer"; }

Result<std::int64_t> judge_refund(const RefundFacts& facts, std::optional<std::int64_t> wanted, UtcTime now) {
  if (!is_successful(facts.status))
    return fail(Error(ErrorKind::conflict, "NOT_REFUNDABLE", text("the payment is ", to_string(facts.status))).with("status", to_string(facts.status)));
  if (!facts.window_exempt && now > facts.captured_at + refund_window)
    return fail(Error(ErrorKind::rule_violated, "REFUND_WINDOW_CLOSED", "captured more than 30 days ago").with("window_days", 30));
  const std::int64_t refundable = facts.captured_amount - facts.refunds_open_or_done - facts.charged_back;
  if (wanted && (*wanted <= 0 || *wanted > refundable)) {
    return fail(Error(ErrorKind::rule_violated, "OVER_REFUND", text(*wanted, " wanted, ", refundable, " left")).with("refundable", refundable));
  }
  if (refundable <= 0)
    return fail(Error(ErrorKind::conflict, "NOT_REFUNDABLE", "everything is refunded or charged back already").with("refundable", refundable));
  return wanted.value_or(refundable);
}

}  // namespace emporion::payment
