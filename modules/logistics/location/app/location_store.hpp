#pragma once

#include <string>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/location/domain/gazetteer.hpp"

namespace emporion::location {

/// Where places are kept. Writes happen in the caller's transaction, which holds the revision's lock from `begin_write` on, so they follow each other.
class LocationStore {
 public:
  virtual ~LocationStore() = default;
  virtual Task<Result<std::int64_t>> revision() = 0;
  virtual Task<Result<Gazetteer>> load() = 0;
  /// Takes the lock and counts the revision up.
  virtual Task<Result<>> begin_write(postgres::UnitOfWork& work) = 0;
  /// Errors: UNKNOWN_LOCATION.
  virtual Task<Result<Place>> find(postgres::UnitOfWork& work, Uuid id) = 0;
  /// Errors: DUPLICATE_CODE.
  virtual Task<Result<>> insert(postgres::UnitOfWork& work, Place place) = 0;
  /// Name, English name and place in the tree, with the paths of all below it. Errors: DUPLICATE_CODE.
  virtual Task<Result<>> update(postgres::UnitOfWork& work, Place place) = 0;
  /// The place and all below it; answers those that were active.
  virtual Task<Result<std::vector<Place>>> deactivate(postgres::UnitOfWork& work, Uuid id) = 0;
};

}  // namespace emporion::location
