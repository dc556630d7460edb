#include "modules/product/pricing/app/calculation.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/product/pricing/app/tax_contract.hpp"

namespace emporion::pricing {
namespace {

// A line on its way through the calculation.
struct WorkingLine {
  ResolvedPrice price;
  Money discount;
  std::string tax_class;
  std::optional<Uuid> product_id;
};

const SkuPrices& prices_of(const PriceBookPage& page, const std::string& sku) {
  static const SkuPrices unknown;
  const auto found = page.skus.find(sku);
  return found == page.skus.end() ? unknown : *found->second;
}

Result<Money> amount_in(Currency currency, const std::optional<Money>& given, std::string_view what) {
  if (!given) return Money::zero(currency);
  if (given->currency() != currency)
    return fail(Error(ErrorKind::rule_violated, "CURRENCY_MISMATCH", text(what, " is in another currency")).with("field", what));
  if (given->is_negative()) return fail(Error(ErrorKind::rule_violated, "NEGATIVE_AMOUNT", text(what, " is negative")).with("field", what));
  return *given;
}

Error price_not_found(const std::vector<const v1::QuoteLineInput*>& lines) {
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  for (const auto* line : lines) writer.begin_object().key("line_id").string(line->line_id).key("sku").string(line->sku).end_object();
  writer.end_array();
  return Error(ErrorKind::not_found, "PRICE_NOT_FOUND", text("no price for ", lines.size(), " of the lines")).with_json("items", items);
}

PriceQuestion question_of(const CalculationInput& input, const v1::QuoteLineInput& line, const SkuPrices& prices, UtcTime at) {
  PriceQuestion question;
  question.sku = line.sku;
  if (prices.facts) question.product_id = prices.facts->product_id;
  question.warehouse_id = line.warehouse_id;
  question.customer_group = input.customer_group;
  question.currency = input.currency;
  question.quantity = line.qty;
  question.at = at;
  return question;
}

Result<> check_line_ids(const std::vector<v1::QuoteLineInput>& lines) {
  std::set<std::string_view> seen;
  for (const auto& line : lines) {
    if (!seen.insert(line.line_id).second)
      return fail(Error(ErrorKind::invalid_argument, "DUPLICATE_LINE", "a line id is used once").with("line_id", line.line_id));
  }
  return {};
}

// Unit prices and discounts of all lines; every line without a price is named in one refusal.
Result<std::vector<WorkingLine>> price_lines(const CalculationInput& input, const PriceBookPage& page, const PricingPolicy& policy, UtcTime at) {
  std::vector<WorkingLine> out;
  out.reserve(input.lines.size());
  std::vector<const v1::QuoteLineInput*> unpriced;
  for (const auto& line : input.lines) {
    const SkuPrices& prices = prices_of(page, line.sku);
    const bool deleted = prices.facts && prices.facts->is_deleted;
    auto resolved =
        deleted ? fail(ErrorKind::not_found, "PRICE_NOT_FOUND") : resolve(question_of(input, line, prices, at), prices.candidates, page.tables->fx, policy);
    if (!resolved && resolved.error().reason() == "PRICE_NOT_FOUND") {
      unpriced.push_back(&line);
      continue;
    }
    if (!resolved) return fail(Error(resolved.error()).with("line_id", line.line_id));
    EMP_ASSIGN(const Money discount, amount_in(input.currency, line.discount, "discount"));
    if (discount > resolved->line) {
      return fail(Error(ErrorKind::rule_violated, "DISCOUNT_TOO_LARGE", "a discount is at most its line's amount").with("line_id", line.line_id));
    }
    if (input.destination && !prices.facts) {
      return fail(Error(ErrorKind::unavailable, "SKU_FACTS_PENDING", text("the tax class of ", line.sku, " is not known yet")).with("sku", line.sku));
    }
    if (input.destination && resolved->tax_included) {
      return fail(
          Error(ErrorKind::rule_violated, "TAX_INCLUDED_PRICE", "prices that include tax cannot be sold where tax is added").with("line_id", line.line_id));
    }
    out.push_back({std::move(*resolved), discount, prices.facts ? prices.facts->tax_class : std::string(),
                   prices.facts ? std::optional(prices.facts->product_id) : std::nullopt});
  }
  if (!unpriced.empty()) return fail(price_not_found(unpriced));
  return out;
}

Result<> check_total(const v1::Totals& totals) {
  if (totals.grand_total.amount() <= Money::amount_max) return {};
  return fail(ErrorKind::rule_violated, "AMOUNT_OVERFLOW", "the total exceeds 10^15 minor units");
}

}  // namespace

PriceBookQuestion question_of(const CalculationInput& input, UtcTime at) {
  PriceBookQuestion question;
  std::set<std::string_view> skus;
  std::set<Uuid> warehouses;
  for (const auto& line : input.lines) {
    if (skus.insert(line.sku).second) question.skus.push_back(line.sku);
    if (line.warehouse_id && warehouses.insert(*line.warehouse_id).second) question.warehouses.push_back(*line.warehouse_id);
  }
  question.customer_group = input.customer_group;
  question.currency = input.currency;
  question.at = at;
  return question;
}

Result<v1::Calculation> calculate(const CalculationInput& input, const PriceBookPage& page, const PricingPolicy& policy, UtcTime at) {
  EMP_TRY(check_line_ids(input.lines));
  EMP_ASSIGN(const Money shipping, amount_in(input.currency, input.shipping, "shipping"));
  EMP_ASSIGN(const Money shipping_discount, amount_in(input.currency, input.shipping_discount, "shipping_discount"));
  if (shipping_discount > shipping)
    return fail(Error(ErrorKind::rule_violated, "DISCOUNT_TOO_LARGE", "a shipping discount is at most the shipping charge").with("field", "shipping_discount"));
  EMP_ASSIGN(const auto lines, price_lines(input, page, policy, at));

  std::optional<TaxResult> taxes;
  if (input.destination) {
    const CountryTax& tax = page.tables->country(input.destination->country);
    std::vector<TaxableLine> taxable;
    taxable.reserve(lines.size() + 1);
    for (const auto& line : lines) taxable.push_back({line.tax_class, line.price.line - line.discount, false});
    if (!shipping.is_zero()) taxable.push_back({tax.shipping_tax_class, shipping - shipping_discount, false});
    EMP_ASSIGN(taxes, calculate_tax(taxable, input.currency, tax.zones, tax.rates, tax.settings, to_domain(*input.destination), input.customer_group, at));
  }

  const Money zero = Money::zero(input.currency);
  v1::Calculation out;
  out.currency = input.currency.to_string();
  out.priced_at = at;
  out.totals = v1::Totals{.subtotal = zero,
                          .discount = zero,
                          .shipping = shipping,
                          .shipping_discount = shipping_discount,
                          .shipping_tax = zero,
                          .tax_total = zero,
                          .grand_total = zero};
  out.lines.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const WorkingLine& line = lines[i];
    const Money tax = taxes ? taxes->lines[i].tax : zero;
    out.lines.push_back(v1::PricedLine{.line_id = input.lines[i].line_id,
                                       .sku = input.lines[i].sku,
                                       .qty = input.lines[i].qty,
                                       .unit_price = line.price.unit,
                                       .list_price = line.price.list,
                                       .subtotal = line.price.line,
                                       .discount = line.discount,
                                       .tax = tax,
                                       .total = line.price.line - line.discount + tax,
                                       .tax_rates = taxes ? to_contract(taxes->lines[i].components) : std::vector<v1::AppliedTax>(),
                                       .tax_outcome = taxes ? to_contract(taxes->lines[i].outcome) : v1::TaxOutcome::not_calculated,
                                       .source = to_contract(line.price.level),
                                       .price_id = line.price.price_id,
                                       .converted = !line.price.fx_rate_ids.empty(),
                                       .product_id = line.product_id});
    out.totals.subtotal += line.price.line;
    out.totals.discount += line.discount;
  }
  if (taxes) {
    out.totals.tax_total = taxes->tax;
    if (taxes->lines.size() > lines.size()) {
      out.totals.shipping_tax = taxes->lines.back().tax;
      out.shipping_tax_rates = to_contract(taxes->lines.back().components);
    }
  }
  out.totals.grand_total = out.totals.subtotal - out.totals.discount + shipping - shipping_discount + out.totals.tax_total;
  EMP_TRY(check_total(out.totals));
  return out;
}

std::vector<v1::ChangedLine> changed_lines(const std::vector<v1::PricedLine>& before, const std::vector<v1::PricedLine>& now) {
  std::map<std::string_view, const v1::PricedLine*> known;
  for (const auto& line : before) known.emplace(line.line_id, &line);
  std::vector<v1::ChangedLine> changed;
  for (const auto& line : now) {
    const auto found = known.find(line.line_id);
    if (found == known.end()) continue;
    const v1::PricedLine& old = *found->second;
    const bool same_currency = old.unit_price.currency() == line.unit_price.currency();
    // A tax that moved with the quantity is no change of the tax; what is compared per line is the rates.
    const bool same_tax = old.qty == line.qty ? old.tax == line.tax : true;
    if (same_currency && old.unit_price == line.unit_price && same_tax) continue;
    changed.push_back(v1::ChangedLine{.line_id = line.line_id,
                                      .sku = line.sku,
                                      .old_unit_price = old.unit_price,
                                      .new_unit_price = line.unit_price,
                                      .old_total = old.total,
                                      .new_total = line.total});
  }
  return changed;
}

v1::ResolvedPrice to_contract(const ResolvedPrice& resolved, const Price& row, const std::optional<std::string>& sku, UtcTime at) {
  v1::ResolvedPrice out{.product_id = row.product_id,
                        .sku = sku,
                        .unit_price = resolved.unit,
                        .list_price = resolved.list,
                        .source = to_contract(resolved.level),
                        .price_id = resolved.price_id,
                        .on_sale = resolved.on_sale,
                        .sale_starts_at = row.sale_starts_at,
                        .sale_ends_at = row.sale_ends_at,
                        .tax_included = resolved.tax_included,
                        .converted = !resolved.fx_rate_ids.empty(),
                        .as_of = at};
  if (out.converted) {
    out.fx_rate_id = resolved.fx_rate_ids.front();
    return out;  // Quantity breaks are shown in the currency they are set in only.
  }
  for (const auto& tier : row.tiers)
    out.tiers.push_back({.min_qty = static_cast<std::int32_t>(tier.min_quantity), .unit_amount = Money(tier.unit_amount, row.currency)});
  return out;
}

Result<> check_group(const std::optional<std::string>& group) {
  if (!group) return {};
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_rest = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  const bool is_code = !group->empty() && group->size() <= 64 && is_lower((*group)[0]) && std::ranges::all_of(*group, is_rest) && !Uuid::parse(*group);
  if (is_code) return {};
  return fail(Error(ErrorKind::rule_violated, "GROUP_INVALID", "a customer group is a code such as trade, not an id").with("group", *group));
}

v1::PriceSource to_contract(PriceLevel level) noexcept {
  switch (level) {
    case PriceLevel::sku_warehouse: return v1::PriceSource::sku_warehouse;
    case PriceLevel::sku: return v1::PriceSource::sku;
    case PriceLevel::product_warehouse: return v1::PriceSource::product_warehouse;
    case PriceLevel::product: return v1::PriceSource::product;
  }
  return v1::PriceSource::product;
}

}  // namespace emporion::pricing
