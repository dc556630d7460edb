#pragma once

#include <vector>

#include "modules/commerce/checkout/app/neighbours.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// What may be taken now from each of the session's gift cards and its store credit, in their order; those without anything are left out. Asks nobody where
/// there are none. Errors: DEPENDENCY_UNAVAILABLE.
Task<Result<std::vector<v1::QuoteCredit>>> usable_credits(const Neighbours& neighbours, CallContext context, v1::CheckoutSession session,
                                                          std::optional<Uuid> customer);

Money sum_of(const std::vector<v1::QuoteCredit>& credits, Currency currency);
/// What of `usable` pays `total`: each in its turn as much as is left to pay.
std::vector<v1::QuoteCredit> taken_for(Money total, const std::vector<v1::QuoteCredit>& usable);

}  // namespace emporion::checkout
