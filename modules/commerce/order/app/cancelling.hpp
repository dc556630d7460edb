#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modules/commerce/order/app/neighbours.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// Units of a line that are cancelled, and where they were held.
struct CancelledUnits {
  std::int32_t line_no = 0;
  std::int32_t qty = 0;
  std::vector<AllocatedUnits> allocations;
};

/// On whose behalf something is changed.
struct Cause {
  std::string actor;  ///< customer, staff, system, or a module's name.
  std::optional<Uuid> actor_id;
  std::optional<Uuid> event_id;
  Uuid trace;
  std::string cancel_by;  ///< customer, staff, system.
};

/// Cancels orders and units of them, before anything is dispatched. Money, stock and coupons follow from the events.
class Cancelling {
 public:
  Cancelling(OrderStore& store, Neighbours& neighbours) : store_(store), neighbours_(neighbours) {}

  /// The saga's undo of CreateOrder: an unknown order leaves a tombstone (then nothing is answered). Errors: ORDER_NOT_CANCELLABLE once confirmed.
  Task<Result<std::optional<v1::Order>>> undo(CallContext context, Uuid order_id, std::optional<Uuid> saga_id, std::string reason);
  /// The owner or staff gives an order up: before confirmation by way of Checkout (202), after it with Fulfillment's consent. Errors: ORDER_NOT_CANCELLABLE.
  Task<Result<v1::CancelOrderResponse>> cancel(CallContext context, v1::Order order, std::string reason, Actor actor, Cause cause);
  /// Cancels units with Fulfillment's consent; the last unit cancels the order. Errors: ORDER_NOT_CANCELLABLE, QTY_TOO_LARGE {line_no, cancellable}.
  Task<Result<v1::Order>> cancel_items(CallContext context, v1::CancelItemsRequest request, Cause cause);
  /// Writes lines whose counters and allocations were changed already, with history and one event per line.
  Task<Result<>> save_cancelled(postgres::UnitOfWork& work, OrderState& order, std::vector<CancelledUnits> units, std::string reason, Cause cause);

 private:
  Task<Result<v1::CancelOrderResponse>> hand_to_checkout(CallContext context, v1::Order order, std::string reason);
  OrderStore& store_;
  Neighbours& neighbours_;
};

}  // namespace emporion::order
