#pragma once

#include "contracts/commerce/order/v1/order_events.hpp"
#include "contracts/logistics/fulfillment/v1/fulfillment_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"

namespace emporion::warehouse {

/// What Warehouse does with the facts of others, in the transaction that takes the event in.
class EventHandlers {
 public:
  explicit EventHandlers(ReservationStore& reservations) : reservations_(reservations) {}
  void subscribe(messaging::Subscriptions& subscriptions);

 private:
  /// Releases unpicked units at once; picked ones go when they are put back.
  Task<Result<>> order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event);
  Task<Result<>> line_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderLineCancelled event);
  Task<Result<>> fulfillment_shipped(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentShipped event);
  Task<Result<>> fulfillment_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentCancelled event);

  ReservationStore& reservations_;
};

}  // namespace emporion::warehouse
