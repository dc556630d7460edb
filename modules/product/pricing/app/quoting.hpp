#pragma once

#include <memory>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "modules/product/pricing/app/calculation.hpp"
#include "modules/product/pricing/app/price_book.hpp"
#include "modules/product/pricing/app/quote_store.hpp"

namespace emporion::pricing {

constexpr minutes quote_life{15};

/// What a thing costs: single prices, calculations and quotes. Every figure comes from `calculate`.
class Quoting {
 public:
  Quoting(PriceBook& book, QuoteStore& quotes, const Clock& clock, Random& random, PricingPolicy policy)
      : book_(book), quotes_(quotes), clock_(clock), random_(random), policy_(std::move(policy)) {}

  Task<Result<v1::ResolvedPrice>> get_price(CallContext context, v1::GetPriceRequest request);
  Task<Result<v1::GetBulkPricesResponse>> get_bulk_prices(CallContext context, v1::GetBulkPricesRequest request);
  Task<Result<v1::Calculation>> calculate(CallContext context, v1::CalculateRequest request);
  Task<Result<v1::TaxCalculation>> calculate_tax(CallContext context, v1::CalculateTaxRequest request);
  Task<Result<v1::Quote>> create_quote(CallContext context, v1::CreateQuoteRequest request);
  Task<Result<v1::Quote>> get_quote(CallContext context, v1::GetQuoteRequest request);

 private:
  Task<Result<v1::Quote>> load_quote(Uuid id);

  PriceBook& book_;
  QuoteStore& quotes_;
  const Clock& clock_;
  Random& random_;
  PricingPolicy policy_;
};

}  // namespace emporion::pricing
