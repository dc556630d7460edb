#pragma once

#include "modules/logistics/shipping/app/rating.hpp"
#include "modules/logistics/shipping/app/shipments.hpp"
#include "modules/logistics/shipping/app/tracking.hpp"

namespace emporion::shipping {

/// The contract, operation by operation.
class ShippingService final : public v1::ShippingApi {
 public:
  ShippingService(Rating& rating, Shipments& shipments, Tracking& tracking) : rating_(rating), shipments_(shipments), tracking_(tracking) {}

  Task<Result<v1::RateQuote>> get_rates(CallContext, v1::GetRatesRequest request) override { return rating_.get_rates(std::move(request)); }
  Task<Result<v1::RateQuote>> get_rate_quote(CallContext, v1::GetRateQuoteRequest request) override { return rating_.get_quote(request.quote_id); }
  Task<Result<v1::ListMethodsResponse>> list_methods(CallContext, v1::ListMethodsRequest request) override { return rating_.list_methods(std::move(request)); }
  Task<Result<v1::ShippingMethod>> get_method(CallContext, v1::GetMethodRequest request) override { return rating_.get_method(std::move(request.id)); }
  Task<Result<v1::ShippingMethod>> create_method(CallContext context, v1::CreateMethodRequest request) override {
    return rating_.create_method(std::move(context), std::move(request));
  }
  Task<Result<v1::ShippingMethod>> update_method(CallContext, v1::UpdateMethodRequest request) override { return rating_.update_method(std::move(request)); }
  Task<Result<v1::DeleteMethodResponse>> delete_method(CallContext, v1::DeleteMethodRequest request) override {
    EMP_CO_TRY(co_await rating_.delete_method(std::move(request)));
    co_return v1::DeleteMethodResponse{};
  }
  Task<Result<v1::RateTable>> put_rate_table(CallContext, v1::PutRateTableRequest request) override { return rating_.put_table(std::move(request)); }
  Task<Result<v1::RateTable>> get_rate_table(CallContext, v1::GetRateTableRequest request) override { return rating_.get_table(request.id); }

  Task<Result<v1::Shipment>> create_shipment(CallContext context, v1::CreateShipmentRequest request) override {
    return shipments_.create(std::move(context), std::move(request));
  }
  Task<Result<v1::Shipment>> get_shipment(CallContext context, v1::GetShipmentRequest request) override {
    return shipments_.get(std::move(context), request.id);
  }
  Task<Result<v1::ListShipmentsResponse>> list_shipments(CallContext context, v1::ListShipmentsRequest request) override {
    return shipments_.list(std::move(context), std::move(request));
  }
  Task<Result<v1::Tracking>> get_tracking(CallContext context, v1::GetTrackingRequest request) override {
    return shipments_.tracking(std::move(context), request.id);
  }
  Task<Result<v1::Label>> get_label(CallContext context, v1::GetLabelRequest request) override { return shipments_.label(std::move(context), request.id); }
  Task<Result<v1::Shipment>> cancel_shipment(CallContext context, v1::CancelShipmentRequest request) override {
    return shipments_.cancel(std::move(context), std::move(request));
  }
  Task<Result<v1::Shipment>> correct_status(CallContext context, v1::CorrectStatusRequest request) override {
    return shipments_.correct(std::move(context), std::move(request));
  }
  Task<Result<v1::DemoCarrierWebhookResponse>> demo_carrier_webhook(CallContext, v1::DemoCarrierWebhookRequest request) override {
    return tracking_.receive(std::move(request));
  }

 private:
  Rating& rating_;
  Shipments& shipments_;
  Tracking& tracking_;
};

}  // namespace emporion::shipping
