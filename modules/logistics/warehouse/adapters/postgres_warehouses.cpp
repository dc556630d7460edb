#include "kernel/base/text.hpp"
#include "modules/logistics/warehouse/adapters/answers.hpp"
#include "modules/logistics/warehouse/adapters/postgres_stores.hpp"

namespace emporion::warehouse {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement insert_warehouse{
    "warehouse.insert_warehouse",
    "WITH made AS (INSERT INTO warehouse (id, code, name, type, status, priority, location_id, lat, lng, country, address, timezone, accepts_returns, "
    "handling_cost_minor, pick_cost_minor, currency) "
    "VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (id) DO NOTHING RETURNING *) "
    "SELECT warehouse_json(w, (SELECT version FROM topology))::text FROM made m, LATERAL (SELECT (m.*)::warehouse AS w) AS l",
    Effect::writes};
constexpr Statement update_warehouse{
    "warehouse.update_warehouse",
    "UPDATE warehouse w SET name = coalesce($3, name), priority = coalesce($4, priority), location_id = coalesce($5, location_id), lat = coalesce($6, lat), "
    "lng = coalesce($7, lng), address = coalesce($8, address), country = coalesce($9, country), timezone = coalesce($10, timezone), "
    "accepts_returns = coalesce($11, accepts_returns), handling_cost_minor = coalesce($12, handling_cost_minor), pick_cost_minor = coalesce($13, "
    "pick_cost_minor), "
    "version = version + 1, updated_at = clock_timestamp() WHERE id = $1 AND version = $2 RETURNING warehouse_json(w, (SELECT version FROM topology))::text",
    Effect::writes};
constexpr Statement select_warehouse{"warehouse.select_warehouse",
                                     "SELECT warehouse_json(w, (SELECT version FROM topology))::text FROM warehouse w WHERE w.id = $1"};
constexpr Statement select_warehouses{
    "warehouse.select_warehouses",
    "SELECT warehouse_json(w, (SELECT version FROM topology))::text, w.id::text FROM warehouse w "
    "WHERE ($1::text IS NULL OR w.status = $1) AND ($2::text IS NULL OR w.type = $2) AND ($3::text IS NULL OR w.country = $3) "
    "AND ($4::uuid IS NULL OR (w.priority, w.code) > (SELECT t.priority, t.code FROM warehouse t WHERE t.id = $4)) ORDER BY w.priority, w.code LIMIT $5"};
constexpr Statement set_warehouse_status{"warehouse.set_status", "SELECT warehouse_set_status($1, $2, $3, $4)::text", Effect::writes};
constexpr Statement put_warehouse_coverage{"warehouse.put_coverage", "SELECT coverage_put($1, $2, $3, $4, $5)::text", Effect::writes};
constexpr Statement select_coverage{"warehouse.select_coverage", "SELECT coverage_json(w.id)::text FROM warehouse w WHERE w.id = $1"};
constexpr Statement select_topology{
    "warehouse.select_topology",
    "SELECT t.version, w.id, w.priority, w.lat, w.lng, w.handling_cost_minor, w.pick_cost_minor, w.currency, c.location_id, array_to_string(c.service_levels, "
    "','), c.transit_hours "
    "FROM topology t LEFT JOIN warehouse w ON w.status = 'active' LEFT JOIN coverage c ON c.warehouse_id = w.id ORDER BY w.id, c.location_id"};

Error not_found(const Uuid& id) { return Error(ErrorKind::not_found, "WAREHOUSE_NOT_FOUND").with("warehouse_id", id.to_string()); }

std::string joined(const std::vector<v1::ServiceLevel>& levels) {
  std::string out;
  for (const auto level : levels) {
    if (!out.empty()) out += ',';
    out += v1::to_string(level);
  }
  return out;
}

std::vector<Service> services_of(std::string_view names) {
  std::vector<Service> out;
  if (names.find("standard") != names.npos) out.push_back(Service::standard);
  if (names.find("express") != names.npos) out.push_back(Service::express);
  if (names.find("economy") != names.npos) out.push_back(Service::economy);
  return out;
}

class PostgresWarehouseStore final : public WarehouseStore {
 public:
  explicit PostgresWarehouseStore(postgres::Database& database) : database_(database) {}

  Task<Result<v1::Warehouse>> create(Uuid id, v1::CreateWarehouseRequest request) override {
    const json::Raw address{to_json(request.address)};
    const auto rows = co_await database_.query(insert_warehouse, id, request.code, request.name, std::string(v1::to_string(request.type)),
                                               request.priority.value_or(100), request.location_id, request.lat, request.lng, request.address.country, address,
                                               request.timezone.value_or("UTC"), request.accepts_returns.value_or(true), request.handling_cost.amount(),
                                               request.pick_cost.amount(), request.handling_cost.currency().to_string());
    if (!rows && rows.error().reason() == "UNIQUE_VIOLATION") co_return fail(Error(ErrorKind::conflict, "CODE_TAKEN").with("code", request.code));
    if (!rows) co_return fail(rows.error());
    if (!rows->empty()) co_return answer_of<v1::Warehouse>(rows, not_found(id));
    auto stored = co_await get(id);
    if (stored && stored->code != request.code) co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this id or key has made another warehouse");
    co_return stored;
  }

  Task<Result<v1::Warehouse>> update(v1::UpdateWarehouseRequest request, std::int64_t version) override {
    std::optional<json::Raw> address;
    std::optional<std::string> country;
    if (request.address) {
      address = json::Raw{to_json(*request.address)};
      country = request.address->country;
    }
    const auto amount = [](const std::optional<Money>& money) { return money ? std::optional(money->amount()) : std::nullopt; };
    const auto rows =
        co_await database_.query(update_warehouse, request.id, version, request.name, request.priority, request.location_id, request.lat, request.lng, address,
                                 country, request.timezone, request.accepts_returns, amount(request.handling_cost), amount(request.pick_cost));
    co_return answer_of<v1::Warehouse>(rows, Error(ErrorKind::conflict, "VERSION_CONFLICT", "read the warehouse again"));
  }

  Task<Result<v1::Warehouse>> get(Uuid id) override {
    const auto rows = co_await database_.query(select_warehouse, id);
    co_return answer_of<v1::Warehouse>(rows, not_found(id));
  }

  Task<Result<v1::ListWarehousesResponse>> list(v1::ListWarehousesRequest request) override {
    const auto size = request.page_size.value_or(page_size_default);
    EMP_CO_ASSIGN(const auto after, token_id(request.page_token));
    EMP_CO_ASSIGN(const auto rows,
                  co_await database_.query(select_warehouses, name_of(request.status), name_of(request.type), request.country, after, size + 1));
    EMP_CO_ASSIGN(auto page, page_of<v1::Warehouse>(rows, size));
    co_return v1::ListWarehousesResponse{std::move(page.first), std::move(page.second)};
  }

  Task<Result<std::optional<v1::Warehouse>>> set_status(Uuid id, Status from, Status to, Uuid trace) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(set_warehouse_status, id, std::string(to_string(from)), std::string(to_string(to)), trace));
    if (rows[0].is_null(0)) co_return std::optional<v1::Warehouse>();
    EMP_CO_ASSIGN(auto changed, parse_json<v1::Warehouse>(rows[0].get<std::string>(0)));
    co_return std::optional(std::move(changed));
  }

  Task<Result<v1::Coverage>> put_coverage(v1::PutCoverageRequest request, Uuid trace) override {
    std::vector<Uuid> locations;
    std::vector<std::string> services;
    std::vector<std::int32_t> hours_to;
    for (const auto& entry : request.entries) {
      locations.push_back(entry.location_id);
      services.push_back(joined(entry.service_levels));
      hours_to.push_back(entry.transit_hours);
    }
    const auto rows = co_await database_.query(put_warehouse_coverage, request.id, locations, services, hours_to, trace);
    co_return answer_of<v1::Coverage>(rows, not_found(request.id));
  }

  Task<Result<v1::Coverage>> get_coverage(Uuid id) override {
    const auto rows = co_await database_.query(select_coverage, id);
    co_return answer_of<v1::Coverage>(rows, not_found(id));
  }

  Task<Result<Topology>> topology() override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_topology));
    Topology out;
    for (const auto row : rows) {
      out.version = row.get<std::int64_t>(0);
      if (row.is_null(1)) continue;
      const auto id = row.get<Uuid>(1);
      if (out.warehouses.empty() || out.warehouses.back().id != id) {
        ActiveWarehouse warehouse{
            .id = id, .priority = row.get<std::int32_t>(2), .handling_cost = row.get<std::int64_t>(5), .pick_cost = row.get<std::int64_t>(6)};
        EMP_CO_ASSIGN(warehouse.currency, Currency::parse(row.get<std::string>(7)));
        if (!row.is_null(3)) warehouse.point = Point{row.get<std::int32_t>(3), row.get<std::int32_t>(4)};
        out.warehouses.push_back(std::move(warehouse));
      }
      if (!row.is_null(8)) out.warehouses.back().areas.push_back({row.get<Uuid>(8), services_of(row.get<std::string>(9)), row.get<std::int32_t>(10)});
    }
    co_return out;
  }

 private:
  postgres::Database& database_;
};

}  // namespace

std::unique_ptr<WarehouseStore> postgres_warehouse_store(postgres::Database& database) { return std::make_unique<PostgresWarehouseStore>(database); }

}  // namespace emporion::warehouse
