#pragma once

#include "contracts/commerce/payment/v1/credit_events.hpp"
#include "contracts/commerce/payment/v1/payment_events.hpp"
#include "contracts/logistics/fulfillment/v1/fulfillment_events.hpp"
#include "contracts/logistics/shipping/v1/shipping_events.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/commerce/order/app/cancelling.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// What other modules' news do to orders. A repeated or late event is noted in the history and moves nothing.
class EventHandlers {
 public:
  EventHandlers(OrderStore& store, Cancelling& cancelling) : store_(store), cancelling_(cancelling) {}

  void subscribe(messaging::Subscriptions& subscriptions);

  Task<Result<>> on_payment_authorized(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentAuthorized event);
  Task<Result<>> on_payment_captured(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentCaptured event);
  Task<Result<>> on_payment_failed(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentFailed event);
  Task<Result<>> on_payment_voided(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentVoided event);
  Task<Result<>> on_payment_expired(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentExpired event);
  Task<Result<>> on_refund_completed(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::RefundCompleted event);
  Task<Result<>> on_credit_returned(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::CreditReturned event);
  Task<Result<>> on_fulfillment_started(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentStarted event);
  Task<Result<>> on_fulfillment_rejected(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentRejected event);
  Task<Result<>> on_line_shorted(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::LineShorted event);
  Task<Result<>> on_reservation_resourced(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationResourced event);
  Task<Result<>> on_return_received(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReturnReceived event);
  Task<Result<>> on_shipment_dispatched(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentDispatched event);
  Task<Result<>> on_shipment_delivered(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentDelivered event);
  Task<Result<>> on_shipment_returned(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentReturnedToSender event);
  Task<Result<>> on_shipment_lost(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentLost event);

 private:
  /// A parcel, as all shipping events tell of it.
  struct Parcel {
    Uuid shipment_id;
    Uuid order_id;
    Uuid warehouse_id;
    std::string direction;
    std::optional<std::string> tracking;
    std::vector<shipping::v1::ShipmentItemFact> items;
  };
  template <typename Event>
  static Parcel parcel_of(const Event& event);
  template <typename Event>
  Task<Result<>> take_payment(postgres::UnitOfWork& work, Uuid trace, Event event, std::string status);
  Task<Result<>> take_parcel(postgres::UnitOfWork& work, messaging::Envelope envelope, Parcel parcel, std::string status);
  Task<Result<>> walk(postgres::UnitOfWork& work, OrderState order, messaging::Envelope envelope, std::string actor);
  Task<Result<>> move_by_event(postgres::UnitOfWork& work, Uuid order_id, messaging::Envelope envelope, Status to, Actor actor,
                               std::optional<std::string> reason);

  OrderStore& store_;
  Cancelling& cancelling_;
};

}  // namespace emporion::order
