#include "modules/product/pricing/domain/price.hpp"

#include "kernel/base/text.hpp"

namespace emporion::pricing {
namespace {

std::unexpected<Error> refuse(std::string_view rule) { return fail(Error(ErrorKind::rule_violated, "PRICE_INVALID", std::string(rule)).with("rule", rule)); }

bool in_range(std::int64_t amount) { return amount >= 0 && amount <= Money::amount_max; }

}  // namespace

Result<> check_price(const Price& price) {
  if (!in_range(price.base_amount)) return refuse("base_amount lies within 0 to 10^15");
  if (price.base_amount == 0 && !price.is_free) return refuse("base_amount is above 0 unless is_free");
  if (price.is_free && price.base_amount != 0) return refuse("a free price has base_amount 0");
  std::int64_t quantity = 1;
  std::int64_t amount = price.base_amount;
  for (const PriceTier& tier : price.tiers) {
    if (tier.min_quantity <= quantity) return refuse("tiers rise in min_qty from 2");
    if (tier.unit_amount < 0 || tier.unit_amount >= amount) return refuse("tiers fall strictly in unit_amount from base_amount");
    quantity = tier.min_quantity;
    amount = tier.unit_amount;
  }
  if (price.tiers.size() > 20) return refuse("at most 20 tiers");
  if (price.sale_amount && (*price.sale_amount < 0 || *price.sale_amount >= price.base_amount))
    return refuse("sale_amount is at least 0 and below base_amount");
  if (!price.sale_amount && (price.sale_starts_at || price.sale_ends_at)) return refuse("a sale window needs sale_amount");
  if (price.sale_starts_at && price.sale_ends_at && *price.sale_ends_at <= *price.sale_starts_at) return refuse("sale_ends_at is after sale_starts_at");
  if (price.effective_to && *price.effective_to <= price.effective_from) return refuse("effective_to is after effective_from");
  if (price.cost_amount && !in_range(*price.cost_amount)) return refuse("cost_amount lies within 0 to 10^15");
  if (price.min_amount && !in_range(*price.min_amount)) return refuse("min_amount lies within 0 to 10^15");
  return {};
}

bool needs_override(const std::optional<std::int64_t>& previous_base, const Price& next) noexcept {
  if (next.cost_amount && next.base_amount < *next.cost_amount) return true;
  if (!previous_base) return false;
  const std::int64_t moved = next.base_amount > *previous_base ? next.base_amount - *previous_base : *previous_base - next.base_amount;
  return 2 * moved > *previous_base;
}

std::string_view to_string(PriceLevel level) noexcept {
  switch (level) {
    case PriceLevel::sku_warehouse: return "sku_warehouse";
    case PriceLevel::sku: return "sku";
    case PriceLevel::product_warehouse: return "product_warehouse";
    case PriceLevel::product: return "product";
  }
  return "product";
}

}  // namespace emporion::pricing
