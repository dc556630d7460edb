#pragma once

#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// Why an order was not confirmed: of an answer that is neither "confirmed" nor "repeated".
Error refusal_of_confirmation(const ConfirmationAnswer& answer);

/// Confirms an order whose units are elsewhere than it was made with: Warehouse moved them, or they were reserved anew (ADR 0037). The others are confirmed by
/// the batch, which knows nothing of this.
class Confirming {
 public:
  explicit Confirming(OrderStore& store) : store_(store) {}

  /// In one transaction under the order's lock: the lines name what `request.reservation` says, moves of the reservation that were told with a later version
  /// come on top, and the order is confirmed. A refusal leaves everything as it was; a repeat changes nothing. Errors: ORDER_NOT_FOUND, ALLOCATION_MISMATCH
  /// {line_no}.
  Task<Result<ConfirmationAnswer>> confirm(CallContext context, v1::ConfirmOrderRequest request, Confirmation confirmation);

 private:
  Task<Result<>> take_over(postgres::UnitOfWork& work, OrderState order, v1::ConfirmedReservation reservation);
  OrderStore& store_;
};

}  // namespace emporion::order
