#pragma once

#include "contracts/commerce/order/v1/order_api.hpp"
#include "contracts/commerce/payment/v1/credit_api.hpp"
#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "contracts/logistics/location/v1/location_api.hpp"
#include "contracts/logistics/shipping/v1/shipping_api.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "kernel/rpc/calls.hpp"

namespace emporion::checkout {

/// The modules that checkout calls. Found when first needed: bindings are complete only once everything has started.
class Neighbours {
 public:
  explicit Neighbours(Calls& calls) : calls_(calls) {}
  catalog::v1::CatalogApi& catalog() const { return calls_.get<catalog::v1::CatalogApi>(); }
  pricing::v1::PricingApi& pricing() const { return calls_.get<pricing::v1::PricingApi>(); }
  promotion::v1::PromotionApi& promotion() const { return calls_.get<promotion::v1::PromotionApi>(); }
  warehouse::v1::WarehouseApi& warehouse() const { return calls_.get<warehouse::v1::WarehouseApi>(); }
  shipping::v1::ShippingApi& shipping() const { return calls_.get<shipping::v1::ShippingApi>(); }
  location::v1::LocationApi& location() const { return calls_.get<location::v1::LocationApi>(); }
  order::v1::OrderApi& order() const { return calls_.get<order::v1::OrderApi>(); }
  payment::v1::PaymentApi& payment() const { return calls_.get<payment::v1::PaymentApi>(); }
  payment::v1::CreditApi& credit() const { return calls_.get<payment::v1::CreditApi>(); }

 private:
  Calls& calls_;
};

}  // namespace emporion::checkout
