#pragma once

#include <functional>
#include <utility>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::pricing {

/// Price rows as staff keep them. Each change is one call of a function of the database that writes row, history and event together (PRC-5).
class PriceLists {
 public:
  /// `changed` is called after each commit that changed what prices are made of.
  PriceLists(
      postgres::Database& database, const Clock& clock, Random& random, std::function<void()> changed = [] {})
      : database_(database), clock_(clock), random_(random), changed_(std::move(changed)) {}

  Task<Result<v1::Price>> set(CallContext context, v1::SetPriceRequest request);
  Task<Result<v1::Price>> update(CallContext context, v1::UpdatePriceRequest request);
  Task<Result<v1::DeletePriceResponse>> remove(CallContext context, v1::DeletePriceRequest request);
  Task<Result<v1::Price>> get(CallContext context, v1::GetPriceRowRequest request);
  Task<Result<v1::ListPricesResponse>> list(CallContext context, v1::ListPricesRequest request);
  Task<Result<v1::ListPriceHistoryResponse>> history(CallContext context, v1::ListPriceHistoryRequest request);

  /// Tells of sales that began or ended since the last time. Run by a job.
  Task<Result<>> announce_sales(CallContext context);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  std::function<void()> changed_;
};

}  // namespace emporion::pricing
