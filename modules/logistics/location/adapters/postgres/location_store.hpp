#pragma once

#include "modules/logistics/location/app/location_store.hpp"

namespace emporion::location {

class PostgresLocationStore final : public LocationStore {
 public:
  explicit PostgresLocationStore(postgres::Database& database) : database_(database) {}
  Task<Result<std::int64_t>> revision() override;
  Task<Result<Gazetteer>> load() override;
  Task<Result<>> begin_write(postgres::UnitOfWork& work) override;
  Task<Result<Place>> find(postgres::UnitOfWork& work, Uuid id) override;
  Task<Result<>> insert(postgres::UnitOfWork& work, Place place) override;
  Task<Result<>> update(postgres::UnitOfWork& work, Place place) override;
  Task<Result<std::vector<Place>>> deactivate(postgres::UnitOfWork& work, Uuid id) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::location
