#include "modules/product/pricing/app/price_terms.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/product/pricing/app/calculation.hpp"

namespace emporion::pricing {
namespace {

Result<std::optional<std::int64_t>> amount_of(const std::optional<Money>& money, Currency currency, std::string_view what) {
  if (!money) return std::optional<std::int64_t>();
  if (money->currency() != currency)
    return fail(Error(ErrorKind::rule_violated, "CURRENCY_MISMATCH", text(what, " is in another currency than base_amount")).with("field", what));
  return std::optional(money->amount());
}

Result<Price> to_domain(const PriceScope& scope, const v1::PriceTerms& terms) {
  Price price;
  price.product_id = scope.product_id;
  price.sku = scope.sku ? std::optional(ascii_upper(*scope.sku)) : std::nullopt;
  price.warehouse_id = scope.warehouse_id;
  price.customer_group = scope.customer_group;
  price.currency = terms.base_amount.currency();
  price.base_amount = terms.base_amount.amount();
  price.is_free = terms.is_free.value_or(false);
  for (const auto& tier : terms.tiers) {
    EMP_ASSIGN(const auto amount, amount_of(tier.unit_amount, price.currency, "tiers"));
    price.tiers.push_back({tier.min_qty, *amount});
  }
  EMP_ASSIGN(price.sale_amount, amount_of(terms.sale_amount, price.currency, "sale_amount"));
  EMP_ASSIGN(price.cost_amount, amount_of(terms.cost_amount, price.currency, "cost_amount"));
  EMP_ASSIGN(price.min_amount, amount_of(terms.min_amount, price.currency, "min_amount"));
  price.sale_starts_at = terms.sale_starts_at;
  price.sale_ends_at = terms.sale_ends_at;
  price.tax_included = terms.tax_included.value_or(false);
  if (terms.effective_from) price.effective_from = *terms.effective_from;
  price.effective_to = terms.effective_to;
  EMP_TRY(check_price(price));
  EMP_TRY(check_group(price.customer_group));
  if (!price.sku && !price.product_id)
    return fail(Error(ErrorKind::rule_violated, "PRICE_INVALID", "a price is for a product or a SKU").with("rule", "product_id or sku"));
  return price;
}

}  // namespace

Result<json::Raw> price_json(const PriceScope& scope, const v1::PriceTerms& terms) {
  EMP_ASSIGN(const Price price, to_domain(scope, terms));
  json::Raw out{""};
  json::Writer writer(out.json);
  const auto text_member = [&](std::string_view name, const auto& value) {
    if (value) writer.key(name).string(text(*value));
  };
  const auto integer_member = [&](std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) writer.key(name).integer(*value);
  };
  writer.begin_object();
  text_member("product_id", price.product_id);
  text_member("sku", price.sku);
  text_member("warehouse_id", price.warehouse_id);
  text_member("customer_group", price.customer_group);
  writer.key("currency").string(price.currency.code()).key("base_amount").integer(price.base_amount).key("is_free").boolean(price.is_free);
  writer.key("tier_min_qty").begin_array();
  for (const auto& tier : price.tiers) writer.integer(tier.min_quantity);
  writer.end_array().key("tier_amount").begin_array();
  for (const auto& tier : price.tiers) writer.integer(tier.unit_amount);
  writer.end_array();
  integer_member("sale_amount", price.sale_amount);
  integer_member("cost_amount", price.cost_amount);
  integer_member("min_amount", price.min_amount);
  text_member("sale_starts_at", price.sale_starts_at);
  text_member("sale_ends_at", price.sale_ends_at);
  text_member("effective_from", terms.effective_from);
  text_member("effective_to", price.effective_to);
  writer.key("tax_included").boolean(price.tax_included).end_object();
  return out;
}

}  // namespace emporion::pricing
