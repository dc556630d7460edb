#pragma once

#include <string>
#include <vector>

#include "contracts/platform/gateway/v1/bff_api.hpp"
#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "kernel/rpc/calls.hpp"
#include "modules/platform/gateway/app/page_parts.hpp"

namespace emporion::gateway {

/// Pages of several modules' answers. What is needed for the next question is asked first, everything else side by side, one call per module.
class BffService final : public v1::BffApi {
 public:
  BffService(Calls& calls, PageParts& parts, std::string currency) : calls_(calls), parts_(parts), currency_(std::move(currency)) {}

  Task<Result<v1::HomePage>> get_home(CallContext context, v1::GetHomeRequest request) override;
  Task<Result<v1::ProductPage>> get_product_page(CallContext context, v1::GetProductPageRequest request) override;
  Task<Result<v1::CartPage>> get_cart_page(CallContext context, v1::GetCartPageRequest request) override;
  Task<Result<v1::OrderPage>> get_order_page(CallContext context, v1::GetOrderPageRequest request) override;

 private:
  /// What some SKUs cost; each part is there or not.
  struct Costs {
    std::optional<json::Raw> prices;
    std::optional<json::Raw> offers;
  };
  Task<void> add_costs(CallContext context, std::vector<std::string> skus, std::string currency, Costs& out);
  Task<void> add_stock(CallContext context, std::vector<std::string> skus, std::optional<json::Raw>& out);

  Calls& calls_;
  PageParts& parts_;
  std::string currency_;
};

}  // namespace emporion::gateway
