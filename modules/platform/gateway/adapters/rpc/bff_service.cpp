#include "modules/platform/gateway/adapters/rpc/bff_service.hpp"

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "contracts/commerce/order/v1/order_api.hpp"
#include "contracts/logistics/shipping/v1/shipping_api.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::gateway {
namespace {

// How long a page waits for a part: for what it cannot do without longest.
constexpr milliseconds required_limit{800};
constexpr milliseconds prices_limit{500};
constexpr milliseconds optional_limit{300};
constexpr std::int32_t featured_max = 20;

template <typename T>
json::Raw raw(const T& answer) {
  return {to_json(answer)};
}

void note(std::vector<std::string>& degraded, bool is_there, std::string_view part) {
  if (!is_there) degraded.emplace_back(part);
}

}  // namespace

Task<void> BffService::add_costs(CallContext context, std::vector<std::string> skus, std::string currency, Costs& out) {
  pricing::v1::GetBulkPricesRequest priced{.items = {}, .currency = std::move(currency)};
  for (const auto& sku : skus) priced.items.push_back({.sku = sku});
  const auto prices = co_await parts_.ask<pricing::v1::GetBulkPricesResponse>(
      "pricing", prices_limit, context, [&](CallContext call) { return calls_.get<pricing::v1::PricingApi>().get_bulk_prices(std::move(call), priced); });
  if (!prices) co_return;
  out.prices = raw(*prices);
  promotion::v1::LookupOffersRequest offered;
  for (const auto& price : prices->prices) {
    if (price.sku) offered.items.push_back({.sku = *price.sku, .unit_amount = price.unit_price, .on_sale = price.on_sale});
  }
  if (offered.items.empty()) {
    out.offers = raw(promotion::v1::LookupOffersResponse{});
    co_return;
  }
  const auto offers = co_await parts_.ask<promotion::v1::LookupOffersResponse>("promotion", optional_limit, context, [&](CallContext call) {
    return calls_.get<promotion::v1::PromotionApi>().lookup_offers(std::move(call), offered);
  });
  if (offers) out.offers = raw(*offers);
}

Task<void> BffService::add_stock(CallContext context, std::vector<std::string> skus, std::optional<json::Raw>& out) {
  const warehouse::v1::BatchStockRequest wanted{.skus = std::move(skus), .warehouse_id = {}};
  const auto stock = co_await parts_.ask<warehouse::v1::BatchStockResponse>(
      "warehouse", optional_limit, context, [&](CallContext call) { return calls_.get<warehouse::v1::WarehouseApi>().batch_stock(std::move(call), wanted); });
  if (stock) out = raw(*stock);
}

Task<Result<v1::HomePage>> BffService::get_home(CallContext context, v1::GetHomeRequest request) {
  const catalog::v1::ListProductsRequest wanted{.is_featured = true, .page_size = featured_max};
  EMP_CO_ASSIGN(const auto products, co_await parts_.ask<catalog::v1::ListProductsResponse>("catalog", required_limit, context, [&](CallContext call) {
    return calls_.get<catalog::v1::CatalogApi>().list_products(std::move(call), wanted);
  }));
  v1::HomePage out{.products = raw(products)};
  std::vector<std::string> skus;
  for (const auto& product : products.products) {
    for (const auto& variant : product.variants) skus.push_back(variant.sku);
  }
  Costs costs;
  if (!skus.empty()) {
    co_await add_costs(context, std::move(skus), request.currency.value_or(currency_), costs);
    note(out.degraded, costs.prices.has_value(), "prices");
    note(out.degraded, costs.offers.has_value(), "offers");
  }
  out.prices = std::move(costs.prices);
  out.offers = std::move(costs.offers);
  co_return out;
}

Task<Result<v1::ProductPage>> BffService::get_product_page(CallContext context, v1::GetProductPageRequest request) {
  EMP_CO_ASSIGN(const auto product, co_await parts_.ask<catalog::v1::Product>("catalog", required_limit, context, [&](CallContext call) {
    return calls_.get<catalog::v1::CatalogApi>().get_product(std::move(call), {.id = request.id});
  }));
  v1::ProductPage out{.product = raw(product)};
  std::vector<std::string> skus;
  for (const auto& variant : product.variants) skus.push_back(variant.sku);
  if (skus.empty()) co_return out;
  Costs costs;
  Scope beside;
  beside.spawn(add_costs(context, skus, request.currency.value_or(currency_), costs));
  beside.spawn(add_stock(context, skus, out.stock));
  co_await beside.join();
  out.prices = std::move(costs.prices);
  out.offers = std::move(costs.offers);
  note(out.degraded, out.prices.has_value(), "prices");
  note(out.degraded, out.offers.has_value(), "offers");
  note(out.degraded, out.stock.has_value(), "stock");
  co_return out;
}

Task<Result<v1::CartPage>> BffService::get_cart_page(CallContext context, v1::GetCartPageRequest request) {
  const checkout::v1::GetCartRequest whose{.cart_token = request.cart_token};
  EMP_CO_ASSIGN(const auto answer, co_await parts_.ask<checkout::v1::CartResponse>("checkout", required_limit, context, [&](CallContext call) {
    return calls_.get<checkout::v1::CheckoutApi>().get_cart(std::move(call), whose);
  }));
  v1::CartPage out{.cart = raw(answer.cart)};
  std::vector<std::string> skus;
  for (const auto& line : answer.cart.lines) skus.push_back(line.sku);
  if (skus.empty()) co_return out;
  co_await add_stock(context, std::move(skus), out.stock);
  note(out.degraded, out.stock.has_value(), "stock");
  co_return out;
}

Task<Result<v1::OrderPage>> BffService::get_order_page(CallContext context, v1::GetOrderPageRequest request) {
  EMP_CO_ASSIGN(const auto order, co_await parts_.ask<order::v1::Order>("order", required_limit, context, [&](CallContext call) {
    return calls_.get<order::v1::OrderApi>().get_order(std::move(call), {.id = request.id});
  }));
  v1::OrderPage out{.order = raw(order)};
  const shipping::v1::ListShipmentsRequest of_order{.order_id = request.id};
  // Whose order it is has been established; the shipments are the order's.
  const auto shipments = co_await parts_.ask<shipping::v1::ListShipmentsResponse>(
      "shipping", optional_limit, context, [&](CallContext call) { return calls_.get<shipping::v1::ShippingApi>().list_shipments(std::move(call), of_order); });
  if (shipments) out.shipments = raw(*shipments);
  note(out.degraded, out.shipments.has_value(), "shipments");
  co_return out;
}

}  // namespace emporion::gateway
