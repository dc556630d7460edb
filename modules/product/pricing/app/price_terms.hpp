#pragma once

#include <optional>
#include <string>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/json/value.hpp"
#include "modules/product/pricing/domain/price.hpp"

namespace emporion::pricing {

/// Who and what a price is for.
struct PriceScope {
  std::optional<Uuid> product_id;
  std::optional<std::string> sku;
  std::optional<Uuid> warehouse_id;
  std::optional<std::string> customer_group;
};

/// Terms of the contract as the JSON that price_create, price_update and price_upsert read; checked against the rules of a price.
/// Errors: PRICE_INVALID, CURRENCY_MISMATCH, GROUP_INVALID.
Result<json::Raw> price_json(const PriceScope& scope, const v1::PriceTerms& terms);

}  // namespace emporion::pricing
