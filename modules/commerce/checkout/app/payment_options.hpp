#pragma once

#include <string>
#include <vector>

#include "modules/commerce/checkout/app/checkout_settings.hpp"
#include "modules/commerce/checkout/app/neighbours.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// All methods of the shop, judged for a sum: those that do not fit carry the reason. Errors: DEPENDENCY_UNAVAILABLE.
Task<Result<std::vector<v1::PaymentOption>>> payment_options(const Neighbours& neighbours, const CheckoutSettings& settings, CallContext context, Money total);

/// Marks what cannot pay an order that stands already, with NOT_ON_RETRY: the order was made for a payment that is there before anything is sent, within
/// minutes.
void keep_to_retries(std::vector<v1::PaymentOption>& options);

/// Errors: PAYMENT_METHOD_NOT_ELIGIBLE with why.
Result<> check_selection(const std::vector<v1::PaymentOption>& options, const v1::PaymentSelection& selection);

/// ["card","vnpay"]: what may be selected.
std::string eligible_methods(const std::vector<v1::PaymentOption>& options);

}  // namespace emporion::checkout
