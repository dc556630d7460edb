#include "modules/logistics/location/app/location_service.hpp"

#include <utility>

#include "contracts/logistics/location/v1/location_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/idempotency.hpp"
#include "modules/logistics/location/domain/address.hpp"

namespace emporion::location {
namespace {

constexpr std::size_t list_limit_default = 100;
constexpr std::size_t search_limit_default = 20;
constexpr std::int32_t tree_depth_default = 4;

v1::LocationType type_of(Level level) { return static_cast<v1::LocationType>(static_cast<int>(level) + 1); }
Level level_of(v1::LocationType type) { return static_cast<Level>(static_cast<int>(type) - 1); }

v1::Location to_contract(const Place& place) {
  return {.id = place.id,
          .country_code = place.country_code,
          .type = type_of(place.level),
          .level = static_cast<std::int32_t>(place.level),
          .code = place.code,
          .name = place.name,
          .name_en = place.name_en,
          .parent_id = place.parent_id,
          .path = place.path,
          .lat = place.lat,
          .lng = place.lng,
          .is_active = place.is_active,
          .version = place.version};
}

v1::ListLocationsResponse to_contract(const std::vector<const Place*>& places) {
  v1::ListLocationsResponse out;
  out.locations.reserve(places.size());
  for (const Place* place : places) out.locations.push_back(to_contract(*place));
  return out;
}

Error unknown_location(const Uuid& id) { return Error(ErrorKind::not_found, "UNKNOWN_LOCATION", text("no location ", id)); }

std::optional<std::string> upper(const std::optional<std::string>& value) { return value ? std::optional(ascii_upper(*value)) : std::nullopt; }

std::string caller_of(const CallContext& context) {
  return context.principal.realm == Realm::staff ? text("staff:", context.principal.id) : text("service:", context.principal.service);
}

template <typename Event>
Event event_of(const Place& place) {
  return {.id = place.id, .code = place.code, .type = std::string(to_string(type_of(place.level))), .parent_id = place.parent_id, .path = place.path};
}

}  // namespace

Task<Result<>> LocationService::load() {
  EMP_CO_ASSIGN(auto loaded, co_await store_.load());
  places_ = std::make_shared<const Gazetteer>(std::move(loaded));
  checked_at_ = clock_.now();
  co_return Result<>();
}

Task<Result<std::shared_ptr<const Gazetteer>>> LocationService::places() {
  if (places_ == nullptr) EMP_CO_TRY(co_await load());
  if (clock_.now() - checked_at_ >= seconds(1)) {
    checked_at_ = clock_.now();  // Only one caller asks; the others take the copy meanwhile.
    const auto revision = co_await store_.revision();
    if (!revision) {
      observe::warning("location: revision not readable, answering from the copy", {{"error", revision.error().to_string()}});
    } else if (*revision != places_->revision()) {
      EMP_CO_TRY(co_await load());
    }
  }
  co_return places_;
}

Task<Result<v1::ListLocationsResponse>> LocationService::list_locations(CallContext, v1::ListLocationsRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  Gazetteer::Filter filter{.parent_id = request.parent_id,
                           .level = std::nullopt,
                           .country_code = upper(request.country_code),
                           .is_active = request.active,
                           .code = upper(request.code)};
  if (request.type) filter.level = level_of(*request.type);
  co_return to_contract(places->list(filter, request.limit ? static_cast<std::size_t>(*request.limit) : list_limit_default));
}

Task<Result<v1::Location>> LocationService::get_location(CallContext, v1::GetLocationRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  const Place* place = places->find(request.id);
  if (place == nullptr) co_return fail(unknown_location(request.id));
  co_return to_contract(*place);
}

Task<Result<v1::ListLocationsResponse>> LocationService::search_locations(CallContext, v1::SearchLocationsRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  Gazetteer::Filter filter{
      .parent_id = std::nullopt, .level = std::nullopt, .country_code = upper(request.country_code), .is_active = true, .code = std::nullopt};
  if (request.type) filter.level = level_of(*request.type);
  co_return to_contract(places->search(request.query, filter, request.limit ? static_cast<std::size_t>(*request.limit) : search_limit_default));
}

Task<Result<v1::ListLocationsResponse>> LocationService::get_tree(CallContext, v1::GetTreeRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  const Place* root = places->find(request.root_id);
  if (root == nullptr) co_return fail(unknown_location(request.root_id));
  co_return to_contract(places->tree(*root, request.max_depth.value_or(tree_depth_default)));
}

Task<Result<v1::ListLocationsResponse>> LocationService::get_path(CallContext, v1::GetLocationRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  const Place* place = places->find(request.id);
  if (place == nullptr) co_return fail(unknown_location(request.id));
  co_return to_contract(places->path(*place));
}

Task<Result<v1::ListLocationsResponse>> LocationService::get_children(CallContext, v1::GetChildrenRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  if (places->find(request.parent_id) == nullptr) co_return fail(unknown_location(request.parent_id));
  co_return to_contract(places->children(request.parent_id, true));
}

Task<Result<v1::ValidateAddressResponse>> LocationService::validate_address(CallContext, v1::ValidateAddressRequest request) {
  EMP_CO_ASSIGN(const auto places, co_await this->places());
  v1::AddressInput& written = request.address;
  const AddressVerdict verdict = validate(*places, {.name = std::move(written.name),
                                                    .phone = std::move(written.phone),
                                                    .country = std::move(written.country),
                                                    .region_code = std::move(written.region_code),
                                                    .city = std::move(written.city),
                                                    .district = std::move(written.district),
                                                    .ward = std::move(written.ward),
                                                    .line1 = std::move(written.line1),
                                                    .line2 = std::move(written.line2),
                                                    .postal_code = std::move(written.postal_code)});
  v1::ValidateAddressResponse out;
  out.valid = verdict.errors.empty();
  for (const auto& remark : verdict.errors) out.errors.push_back({remark.field, remark.reason});
  for (const auto& remark : verdict.warnings) out.warnings.push_back({remark.field, remark.reason});
  const Address& normal = verdict.normalised;
  out.normalised = {normal.name,     normal.phone, normal.country, normal.region_code, normal.city,
                    normal.district, normal.ward,  normal.line1,   normal.line2,       normal.postal_code};
  if (verdict.place != nullptr) {
    out.location_path = verdict.place->path;
    if (const Place* located = places->with_coordinates(*verdict.place); located != nullptr) {
      out.lat = located->lat;
      out.lng = located->lng;
    }
  }
  co_return out;
}

Task<Result<v1::Location>> LocationService::create_location(CallContext context, v1::CreateLocationRequest request) {
  const postgres::IdempotencyScope scope{caller_of(context), "location.create_location", context.idempotency_key, to_json(request)};
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto answered, co_await postgres::claim_key(work, scope));
  if (answered) co_return parse_json<v1::Location>(answered->body);
  EMP_CO_TRY(co_await store_.begin_write(work));

  Place place;
  place.id = Uuid::v7(clock_.now(), random_);
  place.country_code = ascii_upper(request.country_code);
  place.level = level_of(request.type);
  place.code = ascii_upper(request.code);
  place.name = request.name;
  place.name_en = request.name_en.value_or(request.name);
  place.parent_id = request.parent_id;
  place.lat = request.lat;
  place.lng = request.lng;
  if (place.lat.has_value() != place.lng.has_value()) co_return fail(ErrorKind::invalid_argument, "COORDINATES_INCOMPLETE", "lat and lng go together");
  std::optional<Place> parent;
  if (place.parent_id) {
    EMP_CO_ASSIGN(auto found, co_await store_.find(work, *place.parent_id));
    parent = std::move(found);
  }
  EMP_CO_TRY(check_parent(place.country_code, place.level, parent ? &*parent : nullptr));
  if (parent) place.path = parent->path;
  place.path.push_back(place.id);
  EMP_CO_TRY(co_await store_.insert(work, place));
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event_of<v1::LocationCreated>(place), place.id, place.version, context.trace)));
  v1::Location answer = to_contract(place);
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {201, to_json(answer)}));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_TRY(co_await load());
  co_return answer;
}

Task<Result<v1::Location>> LocationService::update_location(CallContext context, v1::UpdateLocationRequest request) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_TRY(co_await store_.begin_write(work));
  EMP_CO_ASSIGN(Place place, co_await store_.find(work, request.id));
  if (place.version != request.version) {
    co_return fail(Error(ErrorKind::conflict, "VERSION_CONFLICT", "somebody changed it meanwhile").with("version", place.version));
  }
  if (request.name) place.name = *request.name;
  if (request.name_en) place.name_en = *request.name_en;
  if (request.parent_id && request.parent_id != place.parent_id) {
    EMP_CO_ASSIGN(const Place parent, co_await store_.find(work, *request.parent_id));
    for (const Uuid& above : parent.path) {
      if (above == place.id) co_return fail(ErrorKind::conflict, "CYCLE", "a place cannot lie below itself");
    }
    EMP_CO_TRY(check_parent(place.country_code, place.level, &parent));
    place.parent_id = parent.id;
    place.path = parent.path;
    place.path.push_back(place.id);
  }
  ++place.version;
  EMP_CO_TRY(co_await store_.update(work, place));
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event_of<v1::LocationUpdated>(place), place.id, place.version, context.trace)));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_TRY(co_await load());
  co_return to_contract(place);
}

Task<Result<v1::Location>> LocationService::deactivate_location(CallContext context, v1::GetLocationRequest request) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_TRY(co_await store_.begin_write(work));
  EMP_CO_ASSIGN(const auto ended, co_await store_.deactivate(work, request.id));
  for (const Place& place : ended) {
    const v1::LocationDeactivated event{.id = place.id, .code = place.code};
    EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, place.id, place.version, context.trace)));
  }
  EMP_CO_ASSIGN(const Place place, co_await store_.find(work, request.id));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_TRY(co_await load());
  co_return to_contract(place);
}

}  // namespace emporion::location
