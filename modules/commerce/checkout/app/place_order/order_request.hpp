#pragma once

#include "kernel/saga/definition.hpp"
#include "modules/commerce/checkout/app/place_order/state.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {

/// The order as Order is asked to write it: the quote's lines and sums, the session's addresses, the reservation's warehouses (invariant 9). `view` holds the
/// quote that `state` names.
order::v1::CreateOrderRequest order_request(const PlaceOrderState& state, const saga::Context& context, const SessionView& view,
                                            const warehouse::v1::Reservation& held);

/// No payment of these methods comes from a provider.
bool pays_online(const PlaceOrderState& state);

}  // namespace emporion::checkout
