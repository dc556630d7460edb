#pragma once

#include <functional>

#include "kernel/base/time.hpp"
#include "modules/commerce/checkout/domain/limits.hpp"

namespace emporion::checkout {

struct CheckoutSettings {
  CartLimits limits = CartLimits::retail();
  Currency shop_currency = Currency::of("VND");  ///< Of a new cart that names none.
  seconds quote_life{600};
  seconds confirm_wait{10};
  seconds payment_window{900};             ///< Card, PayPal, VNPay, MoMo.
  seconds transfer_window{86'400};         ///< Bank transfer.
  std::int32_t pending_transfers_max = 3;  ///< Per customer, e-mail address and IP address.
  seconds review_window{86'400};
  std::int32_t payment_attempts_max = 3;
  std::function<AmountLimits(Currency)> amounts;
};

}  // namespace emporion::checkout
