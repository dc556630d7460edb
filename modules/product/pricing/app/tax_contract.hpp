#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "modules/product/pricing/app/price_book.hpp"
#include "modules/product/pricing/domain/tax.hpp"

namespace emporion::pricing {

// Taxes between the contract's form and the domain's.

v1::TaxOutcome to_contract(TaxOutcome outcome) noexcept;
std::vector<v1::AppliedTax> to_contract(const std::vector<TaxComponent>& components);
Destination to_domain(const v1::TaxDestination& destination);

/// Taxes on given amounts; `page` holds the facts of their SKUs. Errors: CURRENCY_MISMATCH, NEGATIVE_AMOUNT, SKU_FACTS_PENDING, TAX_NOT_CONFIGURED,
/// AMOUNT_OVERFLOW.
Result<v1::TaxCalculation> tax_amounts(const v1::CalculateTaxRequest& request, const PriceBookPage& page, const CountryTax& tax, UtcTime at);

/// The taxes of a country as a quote keeps them, and back.
std::string write_tax_pins(const CountryTax& tax, const Destination& destination);
/// Errors: those of json::Reader; a pin that does not read is a bug or a newer version's.
Result<CountryTax> read_tax_pins(std::string_view json);

}  // namespace emporion::pricing
