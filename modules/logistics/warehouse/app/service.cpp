#include "modules/logistics/warehouse/app/service.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"

namespace emporion::warehouse {
namespace {

std::string actor_of(const Principal& principal) {
  if (principal.realm == Realm::service) return text("svc:", principal.service);
  return text(principal.realm == Realm::staff ? "staff:" : "customer:", principal.id);
}

/// The version in an If-Match header, quoted or not. Errors: INVALID_IF_MATCH.
Result<std::int64_t> version_in(std::string_view header) {
  if (header.starts_with('"') && header.ends_with('"') && header.size() > 2) header = header.substr(1, header.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), version);
  if (error != std::errc() || end != header.data() + header.size())
    return fail(ErrorKind::invalid_argument, "INVALID_IF_MATCH", "If-Match holds the version that was read");
  return version;
}

Result<> same_currency(const Money& a, const Money& b) {
  if (a.currency() == b.currency() && !a.is_negative() && !b.is_negative()) return {};
  return fail(ErrorKind::invalid_argument, "CURRENCY_MISMATCH", "costs of a warehouse are not negative and in one currency");
}

Result<> point_is_whole(bool has_lat, bool has_lng) {
  if (has_lat == has_lng) return {};
  return fail(ErrorKind::invalid_argument, "COORDINATES_INCOMPLETE", "give lat and lng, or neither");
}

/// "{warehouse_id}.{sku}". Errors: INVENTORY_NOT_FOUND.
Result<std::pair<Uuid, std::string>> pair_of(std::string_view id) {
  const auto warehouse = Uuid::parse(id.substr(0, 36));
  if (!warehouse || id.size() < 38 || id[36] != '.') return fail(ErrorKind::not_found, "INVENTORY_NOT_FOUND", "an inventory id is {warehouse_id}.{sku}");
  return std::pair(*warehouse, std::string(id.substr(37)));
}

std::string step_cause(const Uuid& fulfillment, std::string_view step) { return step.empty() ? fulfillment.to_string() : text(fulfillment, ":", step); }

}  // namespace

WarehouseService::WarehouseService(Runtime& runtime, Stores& stores, const Clock& clock, Random& random, Options options)
    : stores_(stores),
      clock_(clock),
      random_(random),
      topology_(*stores.warehouses, clock),
      gate_(clock),
      reserve_stock_(runtime, *stores.stock, *stores.reservations, topology_, gate_, options),
      levels_lane_(runtime, LaneOptions{.name = "warehouse.levels", .queue_max = 20'000, .unknown_tries_max = 1},
                   [this](std::vector<std::vector<std::string>> batch) { return read_levels(std::move(batch)); }),
      confirm_lane_(runtime, LaneOptions{.name = "warehouse.confirm"},
                    [this](std::vector<Confirm> batch) { return stores_.reservations->confirm(std::move(batch)); }),
      release_lane_(runtime, LaneOptions{.name = "warehouse.release"},
                    [this](std::vector<Release> batch) { return stores_.reservations->release(std::move(batch)); }) {}

Task<void> WarehouseService::close() {
  co_await reserve_stock_.close();
  co_await levels_lane_.close();
  co_await confirm_lane_.close();
  co_await release_lane_.close();
}

// --- Warehouses ---

Task<Result<v1::Warehouse>> WarehouseService::create_warehouse(CallContext context, v1::CreateWarehouseRequest request) {
  EMP_CO_TRY(same_currency(request.handling_cost, request.pick_cost));
  EMP_CO_TRY(point_is_whole(request.lat.has_value(), request.lng.has_value()));
  // Without an id of the caller's, his key names the warehouse, so that a repeat finds it.
  const Uuid id = request.id.value_or(Uuid::from_name(text("warehouse.create:", actor_of(context.principal), ":", context.idempotency_key)));
  co_return co_await stores_.warehouses->create(id, std::move(request));
}

Task<Result<v1::Warehouse>> WarehouseService::update_warehouse(CallContext context, v1::UpdateWarehouseRequest request) {
  (void)context;
  EMP_CO_ASSIGN(const auto version, version_in(request.if_match));
  EMP_CO_TRY(point_is_whole(request.lat.has_value(), request.lng.has_value()));
  EMP_CO_ASSIGN(const auto before, co_await stores_.warehouses->get(request.id));
  EMP_CO_TRY(same_currency(before.handling_cost, request.handling_cost.value_or(before.handling_cost)));
  EMP_CO_TRY(same_currency(before.pick_cost, request.pick_cost.value_or(before.pick_cost)));
  auto changed = co_await stores_.warehouses->update(std::move(request), version);
  topology_.forget();
  co_return changed;
}

Task<Result<v1::Warehouse>> WarehouseService::get_warehouse(CallContext context, v1::GetWarehouseRequest request) {
  (void)context;
  return stores_.warehouses->get(request.id);
}

Task<Result<v1::ListWarehousesResponse>> WarehouseService::list_warehouses(CallContext context, v1::ListWarehousesRequest request) {
  (void)context;
  return stores_.warehouses->list(std::move(request));
}

Task<Result<v1::Warehouse>> WarehouseService::activate_warehouse(CallContext context, v1::ChangeWarehouseStatusRequest request) {
  return change_status(request.id, StatusCommand::activate, context.trace);
}
Task<Result<v1::Warehouse>> WarehouseService::deactivate_warehouse(CallContext context, v1::ChangeWarehouseStatusRequest request) {
  return change_status(request.id, StatusCommand::deactivate, context.trace);
}
Task<Result<v1::Warehouse>> WarehouseService::take_warehouse_offline(CallContext context, v1::ChangeWarehouseStatusRequest request) {
  return change_status(request.id, StatusCommand::take_offline, context.trace);
}
Task<Result<v1::Warehouse>> WarehouseService::bring_warehouse_online(CallContext context, v1::ChangeWarehouseStatusRequest request) {
  return change_status(request.id, StatusCommand::bring_online, context.trace);
}
Task<Result<v1::Warehouse>> WarehouseService::close_warehouse(CallContext context, v1::CloseWarehouseRequest request) {
  return change_status(request.id, StatusCommand::close, context.trace);
}

Task<Result<v1::Warehouse>> WarehouseService::change_status(Uuid id, StatusCommand command, Uuid trace) {
  for (int tried = 1;; ++tried) {
    EMP_CO_ASSIGN(auto before, co_await stores_.warehouses->get(id));
    const auto from = parse_status(v1::to_string(before.status));
    const auto to = next(*from, command);
    if (!to) co_return fail(Error(ErrorKind::conflict, "INVALID_TRANSITION", text("the warehouse is ", to_string(*from))).with("status", to_string(*from)));
    if (*to == *from) co_return before;
    EMP_CO_ASSIGN(auto changed, co_await stores_.warehouses->set_status(id, *from, *to, trace));
    topology_.forget();
    gate_.open_all();
    if (changed) co_return std::move(*changed);
    if (tried == 3) co_return fail(ErrorKind::conflict, "VERSION_CONFLICT", "the warehouse changes all the time");
  }
}

Task<Result<v1::Coverage>> WarehouseService::put_coverage(CallContext context, v1::PutCoverageRequest request) {
  std::vector<Uuid> locations;
  for (const auto& entry : request.entries) locations.push_back(entry.location_id);
  std::ranges::sort(locations);
  if (const auto twice = std::ranges::adjacent_find(locations); twice != locations.end())
    co_return fail(Error(ErrorKind::rule_violated, "OVERLAP").with("location_id", twice->to_string()));
  auto changed = co_await stores_.warehouses->put_coverage(std::move(request), context.trace);
  topology_.forget();
  co_return changed;
}

Task<Result<v1::Coverage>> WarehouseService::get_coverage(CallContext context, v1::GetCoverageRequest request) {
  (void)context;
  return stores_.warehouses->get_coverage(request.id);
}

// --- Stock ---

Task<Result<v1::ListInventoryResponse>> WarehouseService::list_inventory(CallContext context, v1::ListInventoryRequest request) {
  (void)context;
  return stores_.stock->list(std::move(request));
}

Task<Result<v1::InventoryItem>> WarehouseService::get_inventory(CallContext context, v1::GetInventoryRequest request) {
  (void)context;
  EMP_CO_ASSIGN(auto pair, pair_of(request.id));
  co_return co_await stores_.stock->get(pair.first, std::move(pair.second));
}

Task<Result<v1::InventoryItem>> WarehouseService::update_inventory(CallContext context, v1::UpdateInventoryRequest request) {
  (void)context;
  EMP_CO_ASSIGN(auto pair, pair_of(request.id));
  std::optional<std::int64_t> version;
  if (request.if_match) {
    EMP_CO_ASSIGN(version, version_in(*request.if_match));
  }
  auto changed = co_await stores_.stock->update(pair.first, std::move(pair.second), std::move(request), version);
  gate_.open_all();
  co_return changed;
}

Task<Result<WarehouseService::Levels::Answers>> WarehouseService::read_levels(std::vector<std::vector<std::string>> batch) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<std::string> skus;
  for (const auto& wanted : batch) {
    for (const auto& sku : wanted) {
      if (places.emplace(sku, skus.size()).second) skus.push_back(sku);
    }
  }
  EMP_CO_ASSIGN(const auto levels, co_await stores_.stock->levels(std::move(skus), std::nullopt));
  Levels::Answers out;
  for (const auto& wanted : batch) {
    std::vector<v1::StockLevel> own;
    for (const auto& sku : wanted) own.push_back(levels[places.at(sku)]);
    out.emplace_back(std::move(own));
  }
  co_return out;
}

Task<Result<v1::BatchStockResponse>> WarehouseService::batch_stock(CallContext context, v1::BatchStockRequest request) {
  constexpr std::size_t shared_skus_max = 100;  // A long list keeps nobody waiting but who asks.
  const bool is_shared = !request.warehouse_id && request.skus.size() <= shared_skus_max;
  EMP_CO_ASSIGN(auto levels, is_shared ? co_await levels_lane_.submit(std::move(request.skus))
                                       : co_await stores_.stock->levels(std::move(request.skus), request.warehouse_id));
  const bool is_public = context.principal.realm == Realm::guest || context.principal.realm == Realm::customer;
  constexpr std::int32_t shown_max = 10;
  if (is_public) {
    for (auto& level : levels) {
      level.available = std::min(level.available, shown_max);
      level.warehouses.clear();
    }
  }
  co_return v1::BatchStockResponse{std::move(levels)};
}

Task<Result<v1::StockMovement>> WarehouseService::adjust_stock(CallContext context, v1::AdjustStockRequest request) {
  if (request.delta == 0) co_return fail(ErrorKind::invalid_argument, "OUT_OF_RANGE", "delta is not 0");
  EMP_CO_ASSIGN(auto results, co_await stores_.stock->adjust({std::move(request)}, actor_of(context.principal), context.trace));
  gate_.open_all();
  co_return std::move(results.front());
}

Task<Result<v1::BatchAdjustStockResponse>> WarehouseService::batch_adjust_stock(CallContext context, v1::BatchAdjustStockRequest request) {
  v1::BatchAdjustStockResponse out;
  out.results.resize(request.adjustments.size());
  // A pair that is adjusted twice is judged twice, in the order sent: each statement names a pair once.
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < request.adjustments.size(); ++i) {
    out.results[i].cause_id = request.adjustments[i].cause_id;
    if (request.adjustments[i].delta == 0) {
      out.results[i].reason = "OUT_OF_RANGE";
    } else {
      left.push_back(i);
    }
  }
  while (!left.empty()) {
    std::set<std::pair<Uuid, std::string>> pairs;
    std::vector<std::size_t> chosen;
    std::vector<std::size_t> later;
    std::vector<v1::AdjustStockRequest> batch;
    for (const auto i : left) {
      const auto& adjustment = request.adjustments[i];
      const bool is_first = pairs.emplace(adjustment.warehouse_id, adjustment.sku).second;
      (is_first ? chosen : later).push_back(i);
      if (is_first) batch.push_back(adjustment);
    }
    EMP_CO_ASSIGN(auto results, co_await stores_.stock->adjust(std::move(batch), actor_of(context.principal), context.trace));
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      if (results[k]) {
        out.results[chosen[k]].movement = std::move(*results[k]);
      } else {
        out.results[chosen[k]].reason = results[k].error().reason();
      }
    }
    left = std::move(later);
  }
  gate_.open_all();
  co_return out;
}

Task<Result<v1::ListMovementsResponse>> WarehouseService::list_movements(CallContext context, v1::ListMovementsRequest request) {
  (void)context;
  return stores_.stock->movements(std::move(request));
}

Task<Result<v1::StockMovement>> WarehouseService::get_movement(CallContext context, v1::GetMovementRequest request) {
  (void)context;
  return stores_.stock->movement(request.id);
}

// --- Receipts ---

Task<Result<v1::Receipt>> WarehouseService::create_receipt(CallContext context, v1::CreateReceiptRequest request) {
  const Uuid id = request.id.value_or(Uuid::v7(clock_.now(), random_));
  EMP_CO_ASSIGN(const auto warehouse, co_await stores_.warehouses->get(request.warehouse_id));
  for (const auto& line : request.lines) {
    if (line.unit_cost) EMP_CO_TRY(same_currency(warehouse.pick_cost, *line.unit_cost));
  }
  auto made = co_await stores_.receipts->create(id, std::move(request), actor_of(context.principal), context.trace);
  gate_.open_all();
  co_return made;
}

Task<Result<v1::Receipt>> WarehouseService::get_receipt(CallContext context, v1::GetReceiptRequest request) {
  (void)context;
  return stores_.receipts->get(request.id);
}

Task<Result<v1::ListReceiptsResponse>> WarehouseService::list_receipts(CallContext context, v1::ListReceiptsRequest request) {
  (void)context;
  return stores_.receipts->list(std::move(request));
}

Task<Result<v1::Receipt>> WarehouseService::inspect_receipt_line(CallContext context, v1::InspectReceiptLineRequest request) {
  (void)context;
  return stores_.receipts->inspect(std::move(request));
}

Task<Result<v1::Receipt>> WarehouseService::put_away_receipt(CallContext context, v1::PutAwayReceiptRequest request) {
  auto done = co_await stores_.receipts->put_away(request.id, actor_of(context.principal), context.trace);
  gate_.open_all();
  co_return done;
}

// --- Allocation and reservations ---

Task<Result<v1::AllocationPlan>> WarehouseService::plan_allocation(CallContext context, v1::PlanAllocationRequest request) {
  return reserve_stock_.plan(std::move(context), std::move(request));
}

Task<Result<v1::Reservation>> WarehouseService::reserve(CallContext context, v1::ReserveRequest request) {
  return reserve_stock_.reserve(std::move(context), std::move(request));
}

Task<Result<v1::Reservation>> WarehouseService::extend_reservation(CallContext context, v1::ExtendReservationRequest request) {
  (void)context;
  EMP_CO_TRY(co_await stores_.reservations->extend(request.id, request.expires_at));
  co_return co_await reservation(request.id);
}

Task<Result<v1::Reservation>> WarehouseService::confirm_reservation(CallContext context, v1::ConfirmReservationRequest request) {
  return confirm_lane_.submit(Confirm{request.id, request.order_id, context.trace});
}

Task<Result<v1::ReleaseReservationResponse>> WarehouseService::release_reservation(CallContext context, v1::ReleaseReservationRequest request) {
  const Uuid id = request.reservation_id;
  if (!request.lines.empty()) {
    if (!request.cause_id || request.cause_id->empty())
      co_return fail(ErrorKind::invalid_argument, "CAUSE_REQUIRED", "a release of lines takes effect once per cause_id");
    EMP_CO_TRY(co_await stores_.reservations->release_lines(std::move(request), actor_of(context.principal), context.trace));
  } else {
    EMP_CO_ASSIGN(const auto outcome, co_await release_lane_.submit(Release{id, std::move(request.reason), false, context.trace}));
    if (outcome == ReleaseOutcome::tombstone) co_return v1::ReleaseReservationResponse{};
  }
  gate_.open_all();
  EMP_CO_ASSIGN(auto released, co_await reservation(id));
  co_return v1::ReleaseReservationResponse{std::move(released)};
}

Task<Result<v1::Reservation>> WarehouseService::get_reservation(CallContext context, v1::GetReservationRequest request) {
  (void)context;
  return reservation(request.id);
}

Task<Result<v1::Reservation>> WarehouseService::reservation(Uuid id) {
  EMP_CO_ASSIGN(auto found, co_await stores_.reservations->find(id));
  if (!found) co_return fail(Error(ErrorKind::not_found, "RESERVATION_NOT_FOUND").with("reservation_id", id.to_string()));
  co_return std::move(found->reservation);
}

Task<Result<v1::ListReservationsResponse>> WarehouseService::list_reservations(CallContext context, v1::ListReservationsRequest request) {
  (void)context;
  return stores_.reservations->list(std::move(request));
}

Task<Result<v1::Reservation>> WarehouseService::pick_reservation(CallContext context, v1::PickReservationRequest request) {
  const bool is_pick = request.action == v1::PickAction::pick;
  EMP_CO_TRY(co_await stores_.reservations->apply({.reservation = request.id,
                                                   .kind = is_pick ? "pick" : "put_back",
                                                   .cause = step_cause(request.fulfillment_id, request.step),
                                                   .lines = std::move(request.lines),
                                                   .actor = actor_of(context.principal),
                                                   .trace = context.trace}));
  if (!is_pick) gate_.open_all();
  co_return co_await reservation(request.id);
}

Task<Result<v1::ShortReservationResponse>> WarehouseService::short_reservation(CallContext context, v1::ShortReservationRequest request) {
  const Uuid id = request.id;
  EMP_CO_ASSIGN(const auto units, co_await stores_.reservations->shorten(std::move(request), actor_of(context.principal), context.trace));
  EMP_CO_ASSIGN(auto after, co_await reservation(id));
  co_return v1::ShortReservationResponse{std::move(after), units.first, units.second};
}

Task<Result<v1::Reservation>> WarehouseService::fulfill_reservation(CallContext context, v1::FulfillReservationRequest request) {
  EMP_CO_TRY(co_await stores_.reservations->apply({.reservation = request.id,
                                                   .kind = "ship",
                                                   .cause = step_cause(request.fulfillment_id, {}),
                                                   .lines = std::move(request.lines),
                                                   .actor = actor_of(context.principal),
                                                   .trace = context.trace}));
  co_return co_await reservation(request.id);
}

Task<Result<v1::Reservation>> WarehouseService::resource_reservation(CallContext context, v1::ResourceReservationRequest request) {
  EMP_CO_ASSIGN(auto before, co_await reservation(request.id));
  const auto at = [&](const Uuid& warehouse) {
    return std::ranges::any_of(before.lines,
                               [&](const v1::ReservationLine& line) { return line.line_no == request.line_no && line.warehouse_id == warehouse; });
  };
  // A repeat finds the line where the first call moved it.
  if (request.to_warehouse_id && !at(request.from_warehouse_id) && at(*request.to_warehouse_id)) co_return before;
  Uuid target = request.to_warehouse_id.value_or(Uuid());
  if (!request.to_warehouse_id) {
    EMP_CO_ASSIGN(target, co_await best_target(before, request.line_no, request.from_warehouse_id));
  }
  EMP_CO_TRY(co_await stores_.reservations->move(request.id, request.line_no, request.from_warehouse_id, target, context.trace));
  co_return co_await reservation(request.id);
}

Task<Result<Uuid>> WarehouseService::best_target(const v1::Reservation& reservation, std::int32_t line_no, Uuid from) {
  const auto line =
      std::ranges::find_if(reservation.lines, [&](const v1::ReservationLine& other) { return other.line_no == line_no && other.warehouse_id == from; });
  if (line == reservation.lines.end()) co_return fail(Error(ErrorKind::not_found, "LINE_NOT_FOUND").with("line_no", line_no));
  const std::int64_t units = line->qty - line->shipped - line->released - line->picked;
  const std::string sku = line->sku;
  EMP_CO_ASSIGN(const auto topology, co_await topology_.now());
  EMP_CO_ASSIGN(const auto available, co_await stores_.stock->available({sku}));
  const auto places = available.find(sku);
  const ActiveWarehouse* best = nullptr;
  std::int64_t most = 0;
  for (const auto& warehouse : topology->warehouses) {
    if (warehouse.id == from || places == available.end()) continue;
    const auto found = std::ranges::find(places->second, warehouse.id, &std::pair<Uuid, std::int64_t>::first);
    if (found == places->second.end()) continue;
    most = std::max(most, found->second);
    if (found->second >= units && (best == nullptr || std::pair(warehouse.priority, warehouse.id) < std::pair(best->priority, best->id))) best = &warehouse;
  }
  if (best == nullptr) co_return fail(insufficient_stock({{line_no, sku, units, most}}));
  co_return best->id;
}

}  // namespace emporion::warehouse
