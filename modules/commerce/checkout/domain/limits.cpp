#include "modules/commerce/checkout/domain/limits.hpp"

#include "kernel/base/text.hpp"

namespace emporion::checkout {

Result<> check_order_amount(const AmountLimits& limits, const Money& grand_total) {
  if (grand_total >= limits.order_min && grand_total <= limits.order_max) return {};
  return fail(Error(ErrorKind::rule_violated, "ORDER_AMOUNT_OUT_OF_RANGE",
                    text("an order is worth ", limits.order_min.to_string(), " to ", limits.order_max.to_string(), "; this one ", grand_total.to_string()))
                  .with("min", limits.order_min.amount())
                  .with("max", limits.order_max.amount())
                  .with("currency", grand_total.currency().code()));
}

Result<> check_cod_amount(const AmountLimits& limits, const Money& grand_total) {
  if (grand_total <= limits.cod_max) return {};
  return fail(Error(ErrorKind::rule_violated, "PAYMENT_METHOD_NOT_ELIGIBLE", text("cash on delivery is taken up to ", limits.cod_max.to_string()))
                  .with("why", "AMOUNT_TOO_HIGH")
                  .with("max", limits.cod_max.amount()));
}

}  // namespace emporion::checkout
