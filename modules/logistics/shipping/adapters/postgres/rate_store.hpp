#pragma once

#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

class PostgresRateStore final : public RateStore {
 public:
  explicit PostgresRateStore(postgres::Database& database) : database_(database) {}
  Task<Result<std::int64_t>> revision() override;
  Task<Result<RateBook>> load() override;
  Task<Result<>> store_quotes(std::vector<StoredQuote> quotes) override;
  Task<Result<std::optional<StoredQuote>>> find_quote(Uuid id) override;
  Task<Result<std::vector<StoredMethod>>> list_methods(std::optional<bool> enabled, std::int32_t offset, std::int32_t limit) override;
  Task<Result<std::optional<StoredMethod>>> find_method(Uuid id) override;
  Task<Result<>> insert_method(postgres::UnitOfWork& work, StoredMethod method) override;
  Task<Result<StoredMethod>> update_method(StoredMethod method) override;
  Task<Result<>> delete_method(Uuid id, std::int64_t version) override;
  Task<Result<v1::RateTable>> put_table(v1::RateTable table) override;
  Task<Result<std::optional<v1::RateTable>>> find_table(Uuid id) override;

 private:
  /// Why a write by id and version touched nothing.
  Task<Error> why_not(Uuid id);
  postgres::Database& database_;
};

}  // namespace emporion::shipping
