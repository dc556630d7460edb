#pragma once

#include "contracts/commerce/payment/v1/disputes_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// The facet dispute_open: while it is set, the order is not completed (O16).
class DisputeNews {
 public:
  explicit DisputeNews(OrderStore& store) : store_(store) {}

  void subscribe(messaging::Subscriptions& subscriptions);
  Task<Result<>> on_opened(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::DisputeOpened event);
  /// Another dispute of the order may still be open: the event says so.
  Task<Result<>> on_closed(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::DisputeClosed event);

 private:
  OrderStore& store_;
};

}  // namespace emporion::order
