#pragma once

#include "kernel/saga/definition.hpp"
#include "modules/commerce/checkout/app/place_order/state.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {

/// The order as Order is asked to write it: the quote's lines and sums, the session's addresses, the reservation's warehouses (invariant 9). `view` holds the
/// quote that `state` names.
order::v1::CreateOrderRequest order_request(const PlaceOrderState& state, const saga::Context& context, const SessionView& view,
                                            const warehouse::v1::Reservation& held);

/// Where the units of the order are as it is confirmed. Those that a warehouse gave up since are named where they were: Fulfillment tells Order of them.
order::v1::ConfirmedReservation confirmed_reservation(const warehouse::v1::Reservation& held);

/// Whether the buyer pays before the order stands: not for cash on delivery, and not if there is nothing to pay.
bool pays_online(const PlaceOrderState& state);
/// How long the buyer has to pay. Source: commerce.md §4.2 (windows).
seconds window_of(const PlaceOrderState& state, const CheckoutSettings& settings);

}  // namespace emporion::checkout
