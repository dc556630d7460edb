#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"
#include "modules/product/pricing/domain/fx.hpp"
#include "modules/product/pricing/domain/price.hpp"

namespace emporion::pricing {

/// What is asked about one SKU.
struct PriceQuestion {
  std::string sku;
  std::optional<Uuid> product_id;  ///< Of the SKU, if known; rows of other products are ignored.
  std::optional<Uuid> warehouse_id;
  std::optional<std::string> customer_group;
  Currency currency = Currency::of("USD");
  std::int64_t quantity = 1;
  UtcTime at;
};

/// How the shop prices, apart from its rows.
struct PricingPolicy {
  Currency store_currency = Currency::of("USD");
  std::int64_t quantity_max = 100'000;  ///< Of the largest order profile; Checkout holds the limit of the shop.
  std::int64_t min_margin_bp = 0;       ///< The floor is at least cost × (1 + margin).
  FxSettings fx;
};

struct ResolvedPrice {
  Uuid price_id;
  PriceLevel level = PriceLevel::product;
  Money unit;            ///< What one unit costs at this quantity and time.
  Money list;            ///< The row's base amount, in the asked currency.
  Money line;            ///< unit × quantity.
  bool on_sale = false;  ///< The sale amount decided the unit.
  bool floored = false;  ///< The unit was raised to the floor.
  bool tax_included = false;
  std::vector<Uuid> fx_rate_ids;  ///< Not empty: converted from the store currency.
};

/// The unit price of a SKU: group before none; SKU+warehouse, SKU, product+warehouse, product; the asked currency, else the store's converted; tiers, sale,
/// conversion, floor. `candidates` are the rows of this SKU and its product in any order; rows of other scopes are ignored. Pure.
/// Errors: INVALID_QUANTITY, PRICE_NOT_FOUND (PRC-3), FX_STALE (PRC-10), AMOUNT_OVERFLOW (PRC-4). Source: product.md §2, algorithm resolve.
Result<ResolvedPrice> resolve(const PriceQuestion& question, std::span<const Price> candidates, std::span<const FxRate> rates, const PricingPolicy& policy);

}  // namespace emporion::pricing
