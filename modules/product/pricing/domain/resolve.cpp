#include "modules/product/pricing/domain/resolve.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "modules/product/pricing/domain/exact.hpp"

namespace emporion::pricing {
namespace {

// The place of a row in the search order: lower is more specific. Nothing if the row does not apply.
std::optional<int> rank(const Price& price, const PriceQuestion& question, Currency currency) {
  if (price.currency != currency || !price.is_effective_at(question.at)) return std::nullopt;
  if (price.sku ? *price.sku != question.sku : price.product_id != question.product_id) return std::nullopt;
  if (price.warehouse_id && price.warehouse_id != question.warehouse_id) return std::nullopt;
  if (price.customer_group && price.customer_group != question.customer_group) return std::nullopt;
  return (price.customer_group ? 0 : 4) + static_cast<int>(price.level());
}

const Price* most_specific(std::span<const Price> candidates, const PriceQuestion& question, Currency currency) {
  const Price* best = nullptr;
  int best_rank = 8;
  for (const Price& price : candidates) {
    if (const auto here = rank(price, question, currency); here && *here < best_rank) {
      best = &price;
      best_rank = *here;
    }
  }
  return best;
}

std::int64_t tier_amount(const Price& price, std::int64_t quantity) {
  std::int64_t amount = price.base_amount;
  for (const PriceTier& tier : price.tiers) {
    if (tier.min_quantity <= quantity) amount = tier.unit_amount;
  }
  return amount;
}

Result<std::int64_t> floor_amount(const Price& price, std::int64_t min_margin_bp) {
  std::int64_t floor = price.min_amount.value_or(0);
  if (price.cost_amount) {
    const Wide with_margin = round_quotient(Wide{*price.cost_amount} * (10'000 + min_margin_bp), 10'000);
    if (with_margin > Money::amount_max) return fail(ErrorKind::rule_violated, "AMOUNT_OVERFLOW", "cost with margin exceeds 10^15 minor units");
    floor = std::max(floor, static_cast<std::int64_t>(with_margin));
  }
  return floor;
}

}  // namespace

Result<ResolvedPrice> resolve(const PriceQuestion& question, std::span<const Price> candidates, std::span<const FxRate> rates, const PricingPolicy& policy) {
  if (question.quantity < 1 || question.quantity > policy.quantity_max) {
    return fail(Error(ErrorKind::rule_violated, "INVALID_QUANTITY", text("a line has 1 to ", policy.quantity_max, " units"))
                    .with("sku", question.sku)
                    .with("max", policy.quantity_max));
  }
  const Price* price = most_specific(candidates, question, question.currency);
  if (price == nullptr) price = most_specific(candidates, question, policy.store_currency);
  if (price == nullptr) return fail(Error(ErrorKind::not_found, "PRICE_NOT_FOUND", text("no price for ", question.sku)).with("sku", question.sku));

  std::int64_t unit = tier_amount(*price, question.quantity);
  const bool on_sale = price->is_on_sale_at(question.at) && *price->sale_amount < unit;
  if (on_sale) unit = *price->sale_amount;
  EMP_ASSIGN(const std::int64_t floor, floor_amount(*price, policy.min_margin_bp));

  EMP_ASSIGN(Conversion converted, convert(Money(unit, price->currency), question.currency, rates, policy.fx, question.at));
  EMP_ASSIGN(const Conversion list, convert(Money(price->base_amount, price->currency), question.currency, rates, policy.fx, question.at));
  EMP_ASSIGN(const Conversion least, convert(Money(floor, price->currency), question.currency, rates, policy.fx, question.at));
  const bool floored = converted.amount < least.amount;
  if (floored) converted.amount = least.amount;
  const auto line = converted.amount.times(question.quantity);
  if (!line) return fail(Error(line.error()).with("sku", question.sku));
  return ResolvedPrice{
      price->id, price->level(), converted.amount, list.amount, *line, on_sale && !floored, floored, price->tax_included, std::move(converted.rate_ids)};
}

}  // namespace emporion::pricing
