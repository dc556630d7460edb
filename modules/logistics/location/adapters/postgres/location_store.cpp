#include "modules/logistics/location/adapters/postgres/location_store.hpp"

#include <string_view>
#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::location {
namespace {

using postgres::Effect;
using postgres::Statement;

#define EMP_PLACE_COLUMNS "id, country_code, level, code, name, name_en, parent_id, path, lat, lng, is_active, successors, version"

constexpr Statement read_revision{"location.read_revision", "SELECT revision FROM location_revision"};
// One statement, so that the revision and the rows are of one snapshot.
constexpr Statement load_places{"location.load_places", "SELECT " EMP_PLACE_COLUMNS ", (SELECT revision FROM location_revision) FROM location"};
constexpr Statement lock_revision{"location.lock_revision", "UPDATE location_revision SET revision = revision + 1", Effect::writes};
constexpr Statement find_place{"location.find_place", "SELECT " EMP_PLACE_COLUMNS " FROM location WHERE id = $1"};
constexpr Statement insert_place{"location.insert_place",
                                 "INSERT INTO location (id, country_code, type, level, code, name, name_en, parent_id, path, lat, lng)"
                                 " VALUES ($1, $2, (ARRAY['country','province','district','ward'])[$3::int4 + 1], $3::int4, $4, $5, $6, $7, $8, $9, $10)",
                                 Effect::writes};
constexpr Statement update_place{"location.update_place", "UPDATE location SET name = $2, name_en = $3, parent_id = $4, path = $5, version = $6 WHERE id = $1",
                                 Effect::writes};
constexpr Statement move_below{
    "location.move_below",
    "UPDATE location SET path = $2::uuid[] || path[array_position(path, $1) + 1 :], version = version + 1 WHERE $1 = ANY(path) AND id <> $1", Effect::writes};
constexpr Statement end_places{"location.end_places",
                               "UPDATE location SET is_active = false, effective_to = current_date, version = version + 1 WHERE $1 = ANY(path) AND is_active"
                               " RETURNING " EMP_PLACE_COLUMNS,
                               Effect::writes};

Place place_of(const postgres::Row& row) {
  return {.id = row.get<Uuid>(0),
          .country_code = row.get<std::string>(1),
          .level = static_cast<Level>(row.get<std::int32_t>(2)),
          .code = row.get<std::string>(3),
          .name = row.get<std::string>(4),
          .name_en = row.get<std::string>(5),
          .parent_id = row.get<std::optional<Uuid>>(6),
          .path = row.get<std::vector<Uuid>>(7),
          .lat = row.get<std::optional<std::int32_t>>(8),
          .lng = row.get<std::optional<std::int32_t>>(9),
          .is_active = row.get<bool>(10),
          .successors = row.get<std::vector<Uuid>>(11),
          .version = row.get<std::int64_t>(12)};
}

Error named(const Error& error) {
  if (error.reason() == "UNIQUE_VIOLATION") return Error(ErrorKind::conflict, "DUPLICATE_CODE", "this code is taken there");
  return error;
}

}  // namespace

Task<Result<std::int64_t>> PostgresLocationStore::revision() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_revision));
  co_return rows[0].get<std::int64_t>(0);
}

Task<Result<Gazetteer>> PostgresLocationStore::load() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(load_places));
  std::vector<Place> places;
  places.reserve(rows.size());
  for (const auto row : rows) places.push_back(place_of(row));
  co_return Gazetteer(std::move(places), rows.empty() ? 0 : rows[0].get<std::int64_t>(13));
}

Task<Result<>> PostgresLocationStore::begin_write(postgres::UnitOfWork& work) {
  EMP_CO_TRY(co_await work.query(lock_revision));
  co_return Result<>();
}

Task<Result<Place>> PostgresLocationStore::find(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(find_place, id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "UNKNOWN_LOCATION", text("no location ", id));
  co_return place_of(rows[0]);
}

Task<Result<>> PostgresLocationStore::insert(postgres::UnitOfWork& work, Place place) {
  const auto inserted = co_await work.query(insert_place, place.id, place.country_code, static_cast<std::int32_t>(place.level), place.code, place.name,
                                            place.name_en, place.parent_id, place.path, place.lat, place.lng);
  if (!inserted) co_return fail(named(inserted.error()));
  co_return Result<>();
}

Task<Result<>> PostgresLocationStore::update(postgres::UnitOfWork& work, Place place) {
  const auto updated = co_await work.query(update_place, place.id, place.name, place.name_en, place.parent_id, place.path, place.version);
  if (!updated) co_return fail(named(updated.error()));
  EMP_CO_TRY(co_await work.query(move_below, place.id, place.path));
  co_return Result<>();
}

Task<Result<std::vector<Place>>> PostgresLocationStore::deactivate(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(end_places, id));
  std::vector<Place> out;
  for (const auto row : rows) out.push_back(place_of(row));
  co_return out;
}

}  // namespace emporion::location
