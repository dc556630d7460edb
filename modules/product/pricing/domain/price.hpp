#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::pricing {

/// Where a price applies, the most specific first: the order in which resolve() looks.
enum class PriceLevel : std::uint8_t { sku_warehouse, sku, product_warehouse, product };

struct PriceTier {
  std::int64_t min_quantity = 2;
  std::int64_t unit_amount = 0;
  friend bool operator==(const PriceTier&, const PriceTier&) = default;
};

/// A price list entry as stored: one scope (SKU or product, warehouse, customer group, currency) over [effective_from, effective_to).
struct Price {
  Uuid id;
  std::optional<Uuid> product_id;  ///< Always set at the two product levels.
  std::optional<std::string> sku;
  std::optional<Uuid> warehouse_id;
  std::optional<std::string> customer_group;
  Currency currency = Currency::of("USD");
  std::int64_t base_amount = 0;
  bool is_free = false;          ///< base_amount 0 on purpose.
  std::vector<PriceTier> tiers;  ///< min_quantity rising, unit_amount falling.
  std::optional<std::int64_t> sale_amount;
  std::optional<UtcTime> sale_starts_at;
  std::optional<UtcTime> sale_ends_at;
  std::optional<std::int64_t> cost_amount;
  std::optional<std::int64_t> min_amount;
  bool tax_included = false;
  UtcTime effective_from;
  std::optional<UtcTime> effective_to;
  bool is_active = true;

  PriceLevel level() const noexcept {
    if (sku) return warehouse_id ? PriceLevel::sku_warehouse : PriceLevel::sku;
    return warehouse_id ? PriceLevel::product_warehouse : PriceLevel::product;
  }
  bool is_effective_at(UtcTime at) const noexcept { return is_active && effective_from <= at && (!effective_to || at < *effective_to); }
  bool is_on_sale_at(UtcTime at) const noexcept { return sale_amount && (!sale_starts_at || *sale_starts_at <= at) && (!sale_ends_at || at < *sale_ends_at); }
};

/// PRC-1 and the shape of tiers, sale and windows. Errors (rule_violated): PRICE_INVALID with `rule` in the metadata.
Result<> check_price(const Price& price);

/// True if going from `previous` to `next` needs the permission pricing.price.override: base moved by more than 50 %, or lies below cost. Source: PRC-6.
bool needs_override(const std::optional<std::int64_t>& previous_base, const Price& next) noexcept;

std::string_view to_string(PriceLevel level) noexcept;

}  // namespace emporion::pricing
