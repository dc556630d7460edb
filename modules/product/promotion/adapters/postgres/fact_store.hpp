#pragma once

#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What evaluations need, in one round trip.
class PostgresFactStore final : public FactStore {
 public:
  explicit PostgresFactStore(postgres::Database& database) : database_(database) {}
  Task<Result<Facts>> read(FactsQuestion question) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::promotion
