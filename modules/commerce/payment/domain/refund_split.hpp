#pragma once

#include <cstdint>

#include "kernel/base/result.hpp"

namespace emporion::payment {

/// What an order was paid with and has not got back.
struct Refundable {
  std::int64_t payment = 0;  ///< Captured, or still to be collected.
  std::int64_t credit = 0;   ///< Gift cards and store credit.
};
struct RefundSplit {
  std::int64_t from_payment = 0;
  std::int64_t to_credit = 0;
  friend bool operator==(const RefundSplit&, const RefundSplit&) = default;
};

/// Money goes back before credit does: what the buyer paid last, in money, is what they get first. The two add up to `amount`. Source: ADR 0016.
/// Errors: OVER_REFUND {refundable}.
Result<RefundSplit> split_refund(std::int64_t amount, Refundable left);
/// The same of as much of `amount` as is left: fees and rounding stay with the order.
RefundSplit split_of_what_is_left(std::int64_t amount, Refundable left);

}  // namespace emporion::payment
