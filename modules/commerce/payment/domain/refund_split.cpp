#include "modules/commerce/payment/domain/refund_split.hpp"

#include <algorithm>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::payment {

RefundSplit split_of_what_is_left(std::int64_t amount, Refundable left) {
  EMP_ASSERT(amount >= 0 && left.payment >= 0 && left.credit >= 0);
  const std::int64_t from_payment = std::min(amount, left.payment);
  return {from_payment, std::min(amount - from_payment, left.credit)};
}

Result<RefundSplit> split_refund(std::int64_t amount, Refundable left) {
  const std::int64_t refundable = left.payment + left.credit;
  if (refundable <= 0)
    return fail(Error(ErrorKind::conflict, "NOT_REFUNDABLE", "nothing was taken for it, or everything went back").with("refundable", refundable));
  if (amount <= 0 || amount > refundable)
    return fail(Error(ErrorKind::rule_violated, "OVER_REFUND", text(amount, " wanted, ", refundable, " left")).with("refundable", refundable));
  return split_of_what_is_left(amount, left);
}

}  // namespace emporion::payment
