#pragma once

#include "contracts/commerce/order/v1/order_events.hpp"
#include "contracts/logistics/fulfillment/v1/fulfillment_events.hpp"
#include "kernel/base/random.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

/// Parcels on record: made from packages, cancelled, corrected, read. What the carrier must hear of it is left to Booking.
class Shipments {
 public:
  Shipments(ShipmentStore& store, postgres::Database& database, const Clock& clock, Random& random, std::string carrier_default)
      : store_(store), database_(database), clock_(clock), random_(random), carrier_default_(std::move(carrier_default)) {}

  Task<Result<v1::Shipment>> create(CallContext context, v1::CreateShipmentRequest request);
  Task<Result<v1::Shipment>> get(CallContext context, Uuid id);
  Task<Result<v1::ListShipmentsResponse>> list(CallContext context, v1::ListShipmentsRequest request);
  Task<Result<v1::Tracking>> tracking(CallContext context, Uuid id);
  Task<Result<v1::Label>> label(CallContext context, Uuid id);
  Task<Result<v1::Shipment>> cancel(CallContext context, v1::CancelShipmentRequest request);
  Task<Result<v1::Shipment>> correct(CallContext context, v1::CorrectStatusRequest request);

  Task<Result<>> on_package_readied(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::PackageReadied event);
  Task<Result<>> on_package_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::PackageCancelled event);
  Task<Result<>> on_fulfillment_shipped(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentShipped event);
  Task<Result<>> on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event);
  Task<Result<>> on_address_changed(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderAddressChanged event);

 private:
  Task<Result<Shipment>> visible(CallContext context, Uuid id);
  /// Answers false if the package has a shipment already.
  Task<Result<bool>> record(postgres::UnitOfWork& work, Shipment shipment);
  Task<Result<>> cancel_all(postgres::UnitOfWork& work, std::vector<Shipment> shipments, std::string reason);

  ShipmentStore& store_;
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  std::string carrier_default_;
};

}  // namespace emporion::shipping
