#include "apps/emporion/seeding/ground.hpp"

#include <utility>

#include "contracts/logistics/location/v1/location_api.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app::seeding {
namespace {

/// As a member of staff who may do everything; `step` makes it safe to repeat.
CallContext as_staff(Host& host, const Terms& terms, std::string_view step) {
  CallContext out = host.context("installer", seconds(60));
  out.principal.realm = Realm::staff;
  out.principal.service.clear();
  out.principal.id = Uuid::from_name("seed:staff");
  out.principal.permissions = {"*"};
  out.idempotency_key = text("seed:", terms.seed, ":", step);
  return out;
}

/// A thing that is there already is what we wanted.
template <typename T>
Result<> there(const Result<T>& answer, std::string_view what) {
  if (answer || answer.error().kind() == ErrorKind::conflict) return {};
  return fail(Error(answer.error().kind(), answer.error().reason(), text("seeding ", what, ": ", answer.error().to_string())));
}

Task<Result<>> make_category(Host& host, const Terms& terms) {
  catalog::v1::CreateCategoryRequest category;
  category.id = category_id(terms);
  category.category.name = text("Seed ", terms.seed);
  category.category.slug = text("seed-", terms.seed);
  co_return there(co_await host.calls().get<catalog::v1::CatalogApi>().create_category(as_staff(host, terms, "category"), std::move(category)), "the category");
}

Task<Result<>> make_warehouse(Host& host, const Terms& terms) {
  const Place& place = place_of(terms);
  const Uuid id = warehouse_id(terms);
  auto& warehouses = host.calls().get<warehouse::v1::WarehouseApi>();
  EMP_CO_ASSIGN(const auto countries, co_await host.calls().get<location::v1::LocationApi>().list_locations(
                                          host.context("installer"), {.type = location::v1::LocationType::country, .active = true, .limit = 500}));
  warehouse::v1::CreateWarehouseRequest request;
  request.id = id;
  request.code = text("SEED", terms.seed);
  request.name = text("Seed ", terms.seed);
  request.type = warehouse::v1::WarehouseType::fulfillment;
  request.priority = 900;
  request.lat = place.lat;
  request.lng = place.lng;
  request.address = {.country = std::string(place.country),
                     .region_code = std::string(place.region_code),
                     .city = std::string(place.city),
                     .line1 = std::string(place.line1),
                     .postal_code = std::string(place.postal_code)};
  request.timezone = std::string(place.timezone);
  request.handling_cost = Money(50, terms.currency);
  request.pick_cost = Money(5, terms.currency);
  EMP_CO_TRY(there(co_await warehouses.create_warehouse(as_staff(host, terms, "warehouse"), std::move(request)), "the warehouse"));
  warehouse::v1::PutCoverageRequest coverage{.id = id, .entries = {}};
  for (const auto& country : countries.locations)
    coverage.entries.push_back({.location_id = country.id, .service_levels = {}, .transit_hours = country.code == place.country ? 24 : 120});
  EMP_CO_TRY(there(co_await warehouses.put_coverage(as_staff(host, terms, "coverage"), std::move(coverage)), "where the warehouse delivers"));
  co_return there(co_await warehouses.activate_warehouse(as_staff(host, terms, "activate"), {.id = id}), "the warehouse");
}

}  // namespace

Task<Result<>> prepare_ground(Host& host, Terms terms) {
  EMP_CO_TRY(co_await make_category(host, terms));
  co_return co_await make_warehouse(host, terms);
}

}  // namespace emporion::app::seeding
