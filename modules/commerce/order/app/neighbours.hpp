#pragma once

#include <string>
#include <vector>

#include "contracts/commerce/order/v1/order_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// What Order asks of other modules. Never while a transaction is open.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  /// May these units (all of them if none are named) still be cancelled? A yes takes them out of fulfillment for good. Once per `cause_id`.
  /// Errors: ORDER_NOT_CANCELLABLE {why}, or a transient one.
  virtual Task<Result<>> ask_fulfillment(CallContext context, Uuid order_id, std::vector<v1::CancelItem> items, std::string reason, std::string cause_id) = 0;
  /// Gives the session's checkout up. Errors: CANNOT_ABANDON, or a transient one.
  virtual Task<Result<>> abandon_checkout(CallContext context, Uuid session_id, std::string reason, std::string key) = 0;
  /// Has the saga ended, or was it never there?
  virtual Task<Result<bool>> has_saga_ended(CallContext context, Uuid saga_id) = 0;
  /// Is that checkout session of the guest who has this cart token?
  virtual Task<Result<bool>> is_guests_session(CallContext context, Uuid session_id, std::string cart_token) = 0;
  /// Is nothing secured or under way for the order?
  virtual Task<Result<bool>> is_payment_over(CallContext context, Uuid order_id) = 0;
  /// What of a cancelled order was not given back yet: of payment, credit, stock, coupons, points.
  virtual Task<Result<std::vector<std::string>>> not_given_back(CallContext context, CancelledOrder order) = 0;
  /// The caller's own e-mail, if it is verified. `context` is the customer's.
  virtual Task<Result<std::optional<std::string>>> verified_email(CallContext context) = 0;
  /// What would not be the same at another address: fee, zone (the way or its time, or nobody goes there), tax. Nothing: it is the same order.
  virtual Task<Result<std::vector<std::string>>> changes_of_address(CallContext context, v1::Order order, v1::Address to) = 0;
};

}  // namespace emporion::order
