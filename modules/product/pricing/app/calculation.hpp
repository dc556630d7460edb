#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/result.hpp"
#include "modules/product/pricing/app/price_book.hpp"
#include "modules/product/pricing/domain/resolve.hpp"

namespace emporion::pricing {

/// What Calculate and CreateQuote have in common.
struct CalculationInput {
  std::vector<v1::QuoteLineInput> lines;
  Currency currency = Currency::of("USD");
  std::optional<std::string> customer_group;
  std::optional<v1::TaxDestination> destination;  ///< Absent: no taxes.
  std::optional<Money> shipping;
  std::optional<Money> shipping_discount;
};

/// The SKUs, warehouses, group and time that `input` needs read.
PriceBookQuestion question_of(const CalculationInput& input, UtcTime at);

/// Prices, discounts, taxes and totals of all lines: the only calculation behind Calculate, quotes, and so orders (PRC-11). Pure.
/// Errors: PRICE_NOT_FOUND with items, DISCOUNT_TOO_LARGE, AMOUNT_OVERFLOW, TAX_NOT_CONFIGURED, TAX_INCLUDED_PRICE, SKU_FACTS_PENDING (unavailable: Catalog's
/// event for the SKU has not arrived), FX_STALE, DUPLICATE_LINE, CURRENCY_MISMATCH, NEGATIVE_AMOUNT.
Result<v1::Calculation> calculate(const CalculationInput& input, const PriceBookPage& page, const PricingPolicy& policy, UtcTime at);

/// The lines of `now` whose unit price or tax differ from `before`, by line id.
std::vector<v1::ChangedLine> changed_lines(const std::vector<v1::PricedLine>& before, const std::vector<v1::PricedLine>& now);

/// One price as the contract shows it.
v1::ResolvedPrice to_contract(const ResolvedPrice& resolved, const Price& row, const std::optional<std::string>& sku, UtcTime at);

/// A group's code as callers may give it. Errors: GROUP_INVALID (rule_violated) for a UUID or what is no code. Source: PRC-9.
Result<> check_group(const std::optional<std::string>& group);

v1::PriceSource to_contract(PriceLevel level) noexcept;

}  // namespace emporion::pricing
