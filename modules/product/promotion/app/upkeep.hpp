#pragma once

#include "contracts/commerce/order/v1/order_api.hpp"
#include "kernel/rpc/calls.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What time does to redemptions.
class Upkeep {
 public:
  Upkeep(RedemptionStore& store, Calls& calls, const Clock& clock) : store_(store), calls_(calls), clock_(clock) {}

  /// Gives back what was reserved and never committed.
  Task<Result<>> expire(CallContext context);
  /// Asks Order what became of redemptions that are committed for two days: an event may have been skipped.
  Task<Result<>> ask_orders(CallContext context);

 private:
  Task<Result<>> ask_order(CallContext context, Uuid checkout, Uuid order);

  RedemptionStore& store_;
  Calls& calls_;
  const Clock& clock_;
};

}  // namespace emporion::promotion
