#pragma once

#include "kernel/base/random.hpp"
#include "kernel/lanes/lane.hpp"
#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

/// Rates, computed from a copy of all methods and tables that is compared with the store once a second; quotes are remembered through a lane.
class Rating {
 public:
  Rating(RateStore& store, postgres::Database& database, Runtime& runtime, const Clock& clock, Random& random, microseconds quote_life);
  Task<Result<>> load();
  Task<void> stop() { co_await quotes_.close(); }

  Task<Result<v1::RateQuote>> get_rates(v1::GetRatesRequest request);
  Task<Result<v1::RateQuote>> get_quote(Uuid id);
  Task<Result<v1::ListMethodsResponse>> list_methods(v1::ListMethodsRequest request);
  Task<Result<v1::ShippingMethod>> get_method(std::string id);
  Task<Result<v1::ShippingMethod>> create_method(CallContext context, v1::CreateMethodRequest request);
  Task<Result<v1::ShippingMethod>> update_method(v1::UpdateMethodRequest request);
  Task<Result<>> delete_method(v1::DeleteMethodRequest request);
  Task<Result<v1::RateTable>> put_table(v1::PutRateTableRequest request);
  Task<Result<v1::RateTable>> get_table(Uuid id);

 private:
  Task<Result<std::shared_ptr<const RateBook>>> book();

  RateStore& store_;
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  microseconds quote_life_;
  Lane<StoredQuote, bool> quotes_;
  std::shared_ptr<const RateBook> book_;
  UtcTime checked_at_;
};

}  // namespace emporion::shipping
