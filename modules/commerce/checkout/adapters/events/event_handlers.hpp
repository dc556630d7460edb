#pragma once

#include "contracts/commerce/order/v1/order_events.hpp"
#include "contracts/commerce/payment/v1/payment_events.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_events.hpp"
#include "contracts/product/catalog/v1/catalog_events.hpp"
#include "contracts/product/pricing/v1/pricing_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/saga/engine.hpp"

namespace emporion::checkout {

/// What the others say: payments and decisions let a waiting saga run; prices and catalogue changes flag cart lines, and never rewrite a total.
class EventHandlers {
 public:
  explicit EventHandlers(saga::Engine& engine) : engine_(engine) {}
  void subscribe(messaging::Subscriptions& subscriptions);

 private:
  template <typename Event>
  Task<Result<>> on_payment(postgres::UnitOfWork& work, messaging::Envelope, Event event) {
    co_return co_await wake_order(work, event.order_id);
  }
  Task<Result<>> on_review_decided(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderReviewDecided event);
  Task<Result<>> on_reservation_expired(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationExpired event);
  Task<Result<>> on_price_updated(postgres::UnitOfWork& work, messaging::Envelope envelope, pricing::v1::PriceUpdated event);
  Task<Result<>> on_product_deactivated(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductDeactivated event);
  Task<Result<>> wake_order(postgres::UnitOfWork& work, Uuid order);

  saga::Engine& engine_;
};

}  // namespace emporion::checkout
