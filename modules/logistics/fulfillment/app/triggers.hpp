#pragma once

#include <vector>

#include "contracts/commerce/order/v1/order_events.hpp"
#include "contracts/logistics/fulfillment/v1/fulfillment_events.hpp"
#include "contracts/logistics/shipping/v1/shipping_events.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/logistics/fulfillment/app/store.hpp"

namespace emporion::fulfillment {

/// What other modules' events do here.
class Triggers {
 public:
  explicit Triggers(FulfillmentStore& store) : store_(store) {}
  void subscribe(messaging::Subscriptions& subscriptions);

  /// One fulfillment per warehouse that holds units of the order. An order that was cancelled before is refused.
  Task<Result<>> on_orders_confirmed(postgres::UnitOfWork& work, std::vector<messaging::Heard<order::v1::OrderConfirmed>> orders);
  /// All fulfillments of the order (F-I9): those in house are cancelled, those on their way are expected back.
  Task<Result<>> on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event);
  /// Takes out the units unless `CancelForOrder` did, and the cash that is not due for them any more.
  Task<Result<>> on_line_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderLineCancelled event);
  Task<Result<>> on_address_changed(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderAddressChanged event);
  /// Units that another warehouse sends now, and units that none has. Told before the order's confirmation they wait for it.
  Task<Result<>> on_resourced(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationResourced event);
  Task<Result<>> on_shorted(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationShorted event);
  Task<Result<>> on_warehouse_status(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::WarehouseStatusChanged event);
  Task<Result<>> on_return_received(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReturnReceived event);
  Task<Result<>> on_label(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::LabelGenerated event);
  Task<Result<>> on_booking_failed(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::BookingFailed event);
  Task<Result<>> on_dispatched(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentDispatched event);
  Task<Result<>> on_delivered(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentDelivered event);
  Task<Result<>> on_returned_to_sender(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentReturnedToSender event);
  Task<Result<>> on_lost(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentLost event);

 private:
  template <typename Event>
  Task<Result<>> keep_for_later(postgres::UnitOfWork& work, OrderBook book, messaging::Envelope envelope, Event event);
  /// Applies what was told of the order's reservation before its confirmation, save for what that has already.
  Task<Result<>> catch_up(postgres::UnitOfWork& work, OrderBook book);
  Task<Result<>> move_units(postgres::UnitOfWork& work, Uuid trace, warehouse::v1::ReservationResourced event, bool is_cancelled);
  Task<Result<>> settle_short(postgres::UnitOfWork& work, warehouse::v1::ReservationShorted event);

  FulfillmentStore& store_;
};

/// Its item of that line of the order; null if it sends nothing of it.
v1::FulfillmentItem* item_of(Fulfillment& fulfillment, std::int32_t order_line);
/// What `event` asks for, per warehouse, cash split over them. In the order of ids.
std::vector<Fulfillment> fulfillments_of(const order::v1::OrderConfirmed& event, UtcTime confirmed_at, const Uuid& trace);

}  // namespace emporion::fulfillment
