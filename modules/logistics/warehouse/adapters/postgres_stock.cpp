#include <algorithm>
#include <charconv>
#include <cstdint>

#include "kernel/base/text.hpp"
#include "modules/logistics/warehouse/adapters/answers.hpp"
#include "modules/logistics/warehouse/adapters/postgres_stores.hpp"

namespace emporion::warehouse {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement select_inventory_page{
    "warehouse.select_inventory_page",
    "SELECT inventory_json(s, f.is_hot, w.currency)::text, s.warehouse_id || '.' || s.sku FROM stock s JOIN warehouse w ON w.id = s.warehouse_id "
    "LEFT JOIN sku_state f ON f.sku = s.sku WHERE ($1::uuid IS NULL OR s.warehouse_id = $1) AND ($2::text IS NULL OR s.sku = $2) "
    "AND ($3::bool IS NOT TRUE OR s.on_hand - s.reserved - s.buffer <= s.reorder_point) AND ($4::text IS NULL OR (s.sku, s.warehouse_id) > ($4, $5::uuid)) "
    "ORDER BY s.sku, s.warehouse_id LIMIT $6"};
constexpr Statement select_inventory{
    "warehouse.select_inventory",
    "SELECT inventory_json(s, f.is_hot, w.currency)::text FROM stock s JOIN warehouse w ON w.id = s.warehouse_id LEFT JOIN sku_state f ON f.sku = s.sku "
    "WHERE s.sku = $2 AND s.warehouse_id = $1"};
constexpr Statement update_inventory{"warehouse.update_inventory", "SELECT inventory_update($1, $2, $3, $4, $5, $6, $7)::text", Effect::writes};
constexpr Statement select_levels{"warehouse.select_levels",
                                  "SELECT s.sku, s.warehouse_id, greatest(0, s.on_hand - s.reserved - s.buffer), s.reorder_point FROM stock s JOIN warehouse w "
                                  "ON w.id = s.warehouse_id AND w.status = 'active' "
                                  "WHERE s.sku = ANY ($1) AND s.warehouse_id = coalesce($2::uuid, s.warehouse_id) ORDER BY s.sku, s.warehouse_id"};
constexpr Statement select_available{
    "warehouse.select_available",
    "SELECT s.sku, s.warehouse_id, s.on_hand - s.reserved - s.buffer FROM stock s WHERE s.sku = ANY ($1) AND s.on_hand - s.reserved - s.buffer > 0"};
constexpr Statement adjust_stock{"warehouse.adjust_stock", "SELECT a.outcome, a.answer FROM stock_adjust($1, $2, $3, $4, $5, $6, $7) AS a ORDER BY a.n",
                                 Effect::writes};
constexpr Statement select_movements{"warehouse.select_movements",
                                     "SELECT movement_json(m, w.currency)::text, m.number::text FROM movement m JOIN warehouse w ON w.id = m.warehouse_id "
                                     "WHERE ($1::uuid IS NULL OR m.warehouse_id = $1) AND ($2::text IS NULL OR m.sku = $2) AND ($3::text IS NULL OR m.type = "
                                     "$3) AND ($4::text IS NULL OR m.cause_id = $4) "
                                     "AND ($5::bigint IS NULL OR m.number < $5) ORDER BY m.number DESC LIMIT $6"};
constexpr Statement select_movement{"warehouse.select_movement",
                                    "SELECT movement_json(m, w.currency)::text FROM movement m JOIN warehouse w ON w.id = m.warehouse_id WHERE m.number = $1"};
constexpr Statement retell_all{"warehouse.retell_depletion", "SELECT depletion_publish((SELECT array_agg(sku) FROM sku_state), $1)", Effect::writes};

constexpr Statement tell_low{"warehouse.tell_low_stock", "SELECT low_stock_tell($1)", Effect::writes};

/// The ledger's number inside a movement's id; ids made elsewhere answer a number that no row has.
std::int64_t number_of(const Uuid& id) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    if (id.bytes()[i] != 0) return -1;
  }
  for (std::size_t i = 8; i < 16; ++i) number = (number << 8) | id.bytes()[i];
  return number;
}

Error refusal(const std::string& outcome, const v1::AdjustStockRequest& adjustment) {
  const bool is_rule = outcome == "out_of_range" || outcome == "warehouse_closed";
  const bool is_absent = outcome == "warehouse_not_found";
  return Error(is_absent ? ErrorKind::not_found
               : is_rule ? ErrorKind::rule_violated
                         : ErrorKind::conflict,
               ascii_upper(outcome))
      .with("sku", adjustment.sku)
      .with("warehouse_id", adjustment.warehouse_id.to_string());
}

class PostgresStockStore final : public StockStore {
 public:
  explicit PostgresStockStore(postgres::Database& database) : database_(database) {}

  Task<Result<v1::ListInventoryResponse>> list(v1::ListInventoryRequest request) override {
    const auto size = request.page_size.value_or(page_size_default);
    std::optional<std::string> after_sku;
    std::optional<Uuid> after_warehouse;
    if (request.page_token) {
      EMP_CO_ASSIGN(after_warehouse, token_id(request.page_token->substr(0, 36)));
      if (request.page_token->size() < 38) co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "send next_page_token as it was answered");
      after_sku = request.page_token->substr(37);
    }
    EMP_CO_ASSIGN(const auto rows,
                  co_await database_.query(select_inventory_page, request.warehouse_id, request.sku, request.low_only, after_sku, after_warehouse, size + 1));
    EMP_CO_ASSIGN(auto page, page_of<v1::InventoryItem>(rows, size));
    co_return v1::ListInventoryResponse{std::move(page.first), std::move(page.second)};
  }

  Task<Result<v1::InventoryItem>> get(Uuid warehouse, std::string sku) override {
    const auto rows = co_await database_.query(select_inventory, warehouse, sku);
    co_return answer_of<v1::InventoryItem>(rows, Error(ErrorKind::not_found, "INVENTORY_NOT_FOUND"));
  }

  Task<Result<v1::InventoryItem>> update(Uuid warehouse, std::string sku, v1::UpdateInventoryRequest request, std::optional<std::int64_t> version) override {
    const auto rows = co_await database_.query(update_inventory, warehouse, sku, version, request.buffer, request.reorder_point, request.hot, Uuid());
    co_return answer_of<v1::InventoryItem>(rows, Error(ErrorKind::not_found, "INVENTORY_NOT_FOUND"));
  }

  Task<Result<std::vector<v1::StockLevel>>> levels(std::vector<std::string> skus, std::optional<Uuid> warehouse) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_levels, skus, warehouse));
    struct Sums {
      std::int64_t available = 0;
      std::int64_t reorder_point = 0;
      std::vector<v1::WarehouseStock> places;
    };
    std::unordered_map<std::string, Sums> by_sku;
    for (const auto row : rows) {
      auto& sums = by_sku[row.get<std::string>(0)];
      sums.available += row.get<std::int32_t>(2);
      sums.reorder_point += row.get<std::int32_t>(3);
      sums.places.push_back({row.get<Uuid>(1), row.get<std::int32_t>(2)});
    }
    std::vector<v1::StockLevel> out;
    for (auto& sku : skus) {
      const auto& sums = by_sku[sku];
      const auto status = sums.available == 0 ? v1::StockStatus::out : sums.available <= sums.reorder_point ? v1::StockStatus::low : v1::StockStatus::in_stock;
      out.push_back({sku, static_cast<std::int32_t>(std::min<std::int64_t>(sums.available, INT32_MAX)), status, sums.places});
    }
    co_return out;
  }

  Task<Result<Availability>> available(std::vector<std::string> skus) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_available, skus));
    Availability out;
    for (const auto row : rows) out[row.get<std::string>(0)].emplace_back(row.get<Uuid>(1), row.get<std::int32_t>(2));
    co_return out;
  }

  Task<Result<std::vector<Result<v1::StockMovement>>>> adjust(std::vector<v1::AdjustStockRequest> adjustments, std::string actor, Uuid trace) override {
    std::vector<Uuid> warehouses;
    std::vector<std::string> skus;
    std::vector<std::int32_t> deltas;
    std::vector<std::string> reasons;
    std::vector<std::string> causes;
    for (const auto& adjustment : adjustments) {
      warehouses.push_back(adjustment.warehouse_id);
      skus.push_back(adjustment.sku);
      deltas.push_back(adjustment.delta);
      reasons.push_back(adjustment.note ? text(v1::to_string(adjustment.reason), ": ", *adjustment.note) : std::string(v1::to_string(adjustment.reason)));
      causes.push_back(adjustment.cause_id);
    }
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(adjust_stock, warehouses, skus, deltas, reasons, causes, actor, trace));
    std::vector<Result<v1::StockMovement>> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto outcome = rows[i].get<std::string>(0);
      if (outcome == "adjusted") {
        out.push_back(parse_json<v1::StockMovement>(rows[i].get<std::string>(1)));
      } else {
        out.push_back(fail(refusal(outcome, adjustments[i])));
      }
    }
    co_return out;
  }

  Task<Result<v1::ListMovementsResponse>> movements(v1::ListMovementsRequest request) override {
    const auto size = request.page_size.value_or(page_size_default);
    std::optional<std::int64_t> before;
    if (request.page_token) {
      std::int64_t number = 0;
      const auto& token = *request.page_token;
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
      if (error != std::errc() || end != token.data() + token.size())
        co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "send next_page_token as it was answered");
      before = number;
    }
    EMP_CO_ASSIGN(const auto rows,
                  co_await database_.query(select_movements, request.warehouse_id, request.sku, name_of(request.type), request.cause_id, before, size + 1));
    EMP_CO_ASSIGN(auto page, page_of<v1::StockMovement>(rows, size));
    co_return v1::ListMovementsResponse{std::move(page.first), std::move(page.second)};
  }

  Task<Result<v1::StockMovement>> movement(Uuid id) override {
    const auto rows = co_await database_.query(select_movement, number_of(id));
    co_return answer_of<v1::StockMovement>(rows, Error(ErrorKind::not_found, "MOVEMENT_NOT_FOUND"));
  }

  Task<Result<>> retell_depletion(Uuid trace) override {
    EMP_CO_TRY(co_await database_.query(retell_all, trace));
    co_return Result<>();
  }

  Task<Result<>> tell_low_stock(Uuid trace) override {
    EMP_CO_TRY(co_await database_.query(tell_low, trace));
    co_return Result<>();
  }

 private:
  postgres::Database& database_;
};

}  // namespace

std::unique_ptr<StockStore> postgres_stock_store(postgres::Database& database) { return std::make_unique<PostgresStockStore>(database); }

}  // namespace emporion::warehouse
