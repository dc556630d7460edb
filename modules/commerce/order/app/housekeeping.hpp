#pragma once

#include "modules/commerce/order/app/neighbours.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// The module's periodic work. Source: commerce.md §2.6.
class Housekeeping {
 public:
  Housekeeping(OrderStore& store, Neighbours& neighbours, const Clock& clock) : store_(store), neighbours_(neighbours), clock_(clock) {}

  /// Orders whose payment window is long over end, if their saga has ended or never was, and Payment says that nothing is secured or under way.
  Task<Result<>> end_overdue(CallContext context);
  /// Delivered orders are completed after seven days.
  Task<Result<>> complete_delivered(CallContext context);
  /// Names cancelled orders whose money is not back after an hour.
  Task<Result<>> check_cancellations(CallContext context);
  /// Names confirmed orders that nobody has started after 48 hours; forgets old tries to track.
  Task<Result<>> flag_late(CallContext context);

 private:
  Task<Result<bool>> may_end(CallContext context, const JobRow& row);
  OrderStore& store_;
  Neighbours& neighbours_;
  const Clock& clock_;
};

}  // namespace emporion::order
