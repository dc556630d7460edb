#pragma once

#include <vector>

#include "contracts/commerce/order/v1/order_events.hpp"
#include "contracts/product/catalog/v1/catalog_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/product/promotion/app/customer_keys.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What Promotion hears: the fate of orders, and Catalog's facts of SKUs. A copy applies only if it is newer than what is known.
class EventHandlers {
 public:
  EventHandlers(RedemptionStore& redemptions, const CustomerKeys& keys, const Clock& clock) : redemptions_(redemptions), keys_(keys), clock_(clock) {}
  void subscribe(messaging::Subscriptions& subscriptions);

 private:
  Task<Result<>> orders_confirmed(postgres::UnitOfWork& work, std::vector<messaging::Heard<order::v1::OrderConfirmed>> orders);
  Task<Result<>> order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event);
  Task<Result<>> product_created(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductCreated event);
  Task<Result<>> product_updated(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductUpdated event);
  Task<Result<>> product_deleted(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductDeleted event);
  Task<Result<>> category_moved(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::CategoryMoved event);

  RedemptionStore& redemptions_;
  const CustomerKeys& keys_;
  const Clock& clock_;
};

}  // namespace emporion::promotion
