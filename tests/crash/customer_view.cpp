#include "tests/crash/customer_view.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "kernel/base/text.hpp"

namespace emporion::crash {
namespace {

using journeys::member_of;

/// A row of the table: what the customer sees, and what the body must say beside it.
struct Row {
  int status;
  std::string_view outcome;  ///< `status` of the body, or the problem's reason.
  std::vector<std::string_view> members;
};

const std::vector<Row>& answers() {
  static const std::vector<Row> rows{
      {201, "confirmed", {"order_id", "order_number", "totals.grand_total.amount"}},
      {200, "confirmed", {"order_id", "order_number", "totals.grand_total.amount"}},
      {202, "processing", {"retry_after"}},
      {202, "requires_action", {"order_number", "next_action.type", "expires_at"}},
      {202, "payment_processing", {"order_number", "do_not_pay_again"}},
      {202, "under_review", {}},
      {200, "processing", {"retry_after"}},
      {200, "requires_action", {"order_number", "next_action.type", "expires_at"}},
      {200, "payment_processing", {"order_number", "do_not_pay_again"}},
      {200, "under_review", {}},
      {200, "payment_declined", {"order_id", "attempts_left"}},
      {200, "cancelled", {"refund.amount.amount", "refund.status"}},
  };
  return rows;
}

/// `members` are those of the problem's metadata. The last row is the owner's own: DELETE /checkout/{id} of §1.4 has no row in the table.
const std::vector<Row>& refusals() {
  static const std::vector<Row> rows{
      {409, "OUT_OF_STOCK", {"items.0.sku", "items.0.requested", "items.0.available"}},
      {409, "PRICE_CHANGED", {"old_total", "new_total", "changes", "quote_id"}},
      {422, "COUPON_INVALID", {"code", "reason"}},
      {422, "POINTS_UNAVAILABLE", {"available"}},
      {422, "CREDIT_INSUFFICIENT", {"available"}},
      {402, "PAYMENT_DECLINED", {"category"}},
      {503, "DEPENDENCY_UNAVAILABLE", {"retry_after"}},
      {409, "CHECKOUT_IN_PROGRESS", {}},
      {409, "CART_CHANGED", {}},
      {410, "CHECKOUT_EXPIRED", {}},
      {422, "ORDER_AMOUNT_OUT_OF_RANGE", {}},
      {410, "CHECKOUT_ABANDONED", {}},
  };
  return rows;
}

std::string missing(const std::string& body, std::string_view prefix, const std::vector<std::string_view>& members) {
  for (const auto member : members) {
    if (member_of(body, text(prefix, member)).empty()) return text("no member ", prefix, member);
  }
  return {};
}

/// A decline with tries left says how to go on; generic ones (risk) tell nothing.
std::string missing_of_decline(const std::string& body, std::string_view prefix) {
  if (member_of(body, text(prefix, "category")) == "generic") return {};
  if (auto none = missing(body, prefix, {"order_id", "attempts_left"}); !none.empty()) return none;
  return member_of(body, text(prefix, "attempts_left")) == "0" ? std::string() : missing(body, prefix, {"payment_deadline", "methods.0"});
}

std::string refusal_complaint(const std::string& body, std::string_view prefix, std::string_view reason, int status) {
  const auto found = std::ranges::find_if(refusals(), [&](const Row& row) { return row.outcome == reason && (status == 0 || row.status == status); });
  if (found == refusals().end()) return text("no row for ", status, ' ', reason);
  if (auto none = missing(body, prefix, found->members); !none.empty()) return none;
  return reason == "PAYMENT_DECLINED" ? missing_of_decline(body, prefix) : std::string();
}

std::string complaint(const journeys::Reply& reply, AskedBy by) {
  if (reply.status >= 400) {
    if (by == AskedBy::poll) return text("a poll is refused with ", reply.status, ' ', reply.reason);
    if (auto none = missing(reply.body, "metadata.", {"checkout_id", "poll_url"}); !none.empty()) return none;
    return refusal_complaint(reply.body, "metadata.", reply.reason, reply.status);
  }
  if (auto none = missing(reply.body, "", {"checkout_id", "poll_url"}); !none.empty()) return none;
  const std::string status = member_of(reply.body, "status");
  if (by == AskedBy::poll && status == "failed") return refusal_complaint(reply.body, "failure.metadata.", member_of(reply.body, "failure.reason"), 0);
  const auto found = std::ranges::find_if(answers(), [&](const Row& row) { return row.outcome == status && row.status == reply.status; });
  if (found == answers().end() || (by == AskedBy::poll && reply.status != 200)) return text("no row for ", reply.status, ' ', status);
  return missing(reply.body, "", found->members);
}

}  // namespace

std::string complaint_about(const journeys::Reply& reply, AskedBy by) {
  auto out = complaint(reply, by);
  return out.empty() ? out : text(out, " in ", reply.status, ' ', reply.body);
}

std::string outcome_of(const journeys::Reply& reply) {
  if (reply.status >= 400 || reply.status == 0) return reply.reason;
  const std::string status = member_of(reply.body, "status");
  return status == "failed" ? member_of(reply.body, "failure.reason") : status;
}

bool is_settled(const std::string& outcome) { return outcome != "processing" && outcome != "payment_processing"; }

}  // namespace emporion::crash
