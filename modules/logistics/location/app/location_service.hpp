#pragma once

#include <memory>

#include "contracts/logistics/location/v1/location_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/location/app/location_store.hpp"

namespace emporion::location {

/// Answers from a copy of all places in memory. The copy is compared with the store's revision at most once a second, so a write elsewhere shows within a
/// second (L-I8); a write here shows at once. While the store cannot be reached, the copy goes on answering.
class LocationService final : public v1::LocationApi {
 public:
  LocationService(LocationStore& store, postgres::Database& database, const Clock& clock, Random& random)
      : store_(store), database_(database), clock_(clock), random_(random) {}

  /// Loads the copy; before that every operation answers unavailable.
  Task<Result<>> load();

  Task<Result<v1::ListLocationsResponse>> list_locations(CallContext context, v1::ListLocationsRequest request) override;
  Task<Result<v1::Location>> get_location(CallContext context, v1::GetLocationRequest request) override;
  Task<Result<v1::ListLocationsResponse>> search_locations(CallContext context, v1::SearchLocationsRequest request) override;
  Task<Result<v1::ListLocationsResponse>> get_tree(CallContext context, v1::GetTreeRequest request) override;
  Task<Result<v1::ListLocationsResponse>> get_path(CallContext context, v1::GetLocationRequest request) override;
  Task<Result<v1::ListLocationsResponse>> get_children(CallContext context, v1::GetChildrenRequest request) override;
  Task<Result<v1::ValidateAddressResponse>> validate_address(CallContext context, v1::ValidateAddressRequest request) override;
  Task<Result<v1::Location>> create_location(CallContext context, v1::CreateLocationRequest request) override;
  Task<Result<v1::Location>> update_location(CallContext context, v1::UpdateLocationRequest request) override;
  Task<Result<v1::Location>> deactivate_location(CallContext context, v1::GetLocationRequest request) override;

 private:
  Task<Result<std::shared_ptr<const Gazetteer>>> places();

  LocationStore& store_;
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  std::shared_ptr<const Gazetteer> places_;
  UtcTime checked_at_;
};

}  // namespace emporion::location
