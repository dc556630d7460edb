#pragma once

#include "modules/commerce/order/app/neighbours.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

struct HousekeepingOptions {
  microseconds give_back_within = hours(1);  ///< After it a cancelled order is checked. Source: commerce.md §2.6.
  std::int32_t page_rows = 500;
};

/// The module's periodic work. Source: commerce.md §2.6.
class Housekeeping {
 public:
  Housekeeping(OrderStore& store, Neighbours& neighbours, const Clock& clock, HousekeepingOptions options = {})
      : store_(store), neighbours_(neighbours), clock_(clock), options_(options) {}

  /// Orders whose payment window is long over end, if their saga has ended or never was, and Payment says that nothing is secured or under way.
  Task<Result<>> end_overdue(CallContext context);
  /// Delivered orders are completed after seven days.
  Task<Result<>> complete_delivered(CallContext context);
  /// Asks Payment, Warehouse and Promotion about orders that were cancelled more than an hour ago. What has everything back is proven, for good, and not read
  /// again; the others are named.
  Task<Result<>> check_cancellations(CallContext context);
  /// Names confirmed orders that nobody has started after 48 hours; forgets old tries to track.
  Task<Result<>> flag_late(CallContext context);

 private:
  Task<Result<>> end_one(CallContext context, JobRow row);
  Task<Result<>> complete_one(CallContext context, JobRow row);
  Task<Result<bool>> prove_one(CallContext context, CancelledOrder row);
  OrderStore& store_;
  Neighbours& neighbours_;
  const Clock& clock_;
  HousekeepingOptions options_;
};

}  // namespace emporion::order
