#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/warehouse/domain/coverage.hpp"
#include "modules/logistics/warehouse/domain/distance.hpp"
#include "modules/logistics/warehouse/domain/lines.hpp"
#include "modules/logistics/warehouse/domain/status.hpp"

namespace emporion::warehouse {

/// What the planner knows of an active warehouse.
struct ActiveWarehouse {
  Uuid id;
  std::int32_t priority = 0;
  std::optional<Point> point;
  std::int64_t handling_cost = 0;
  std::int64_t pick_cost = 0;
  Currency currency;
  std::vector<CoverageArea> areas;
};
struct Topology {
  std::int64_t version = 0;
  std::vector<ActiveWarehouse> warehouses;  ///< By id.
};

class WarehouseStore {
 public:
  virtual ~WarehouseStore() = default;
  /// Errors: CODE_TAKEN. A repeat with the same id and code answers the first one.
  virtual Task<Result<v1::Warehouse>> create(Uuid id, v1::CreateWarehouseRequest request) = 0;
  /// Errors: WAREHOUSE_NOT_FOUND, VERSION_CONFLICT.
  virtual Task<Result<v1::Warehouse>> update(v1::UpdateWarehouseRequest request, std::int64_t version) = 0;
  virtual Task<Result<v1::Warehouse>> get(Uuid id) = 0;
  virtual Task<Result<v1::ListWarehousesResponse>> list(v1::ListWarehousesRequest request) = 0;
  /// Nothing if the warehouse is not in `from` any more. Errors: NOT_EMPTY.
  virtual Task<Result<std::optional<v1::Warehouse>>> set_status(Uuid id, Status from, Status to, Uuid trace) = 0;
  virtual Task<Result<v1::Coverage>> put_coverage(v1::PutCoverageRequest request, Uuid trace) = 0;
  virtual Task<Result<v1::Coverage>> get_coverage(Uuid id) = 0;
  virtual Task<Result<Topology>> topology() = 0;
};

/// Units free to reserve, by SKU and warehouse; pairs without any are left out.
using Availability = std::unordered_map<std::string, std::vector<std::pair<Uuid, std::int64_t>>>;

class StockStore {
 public:
  virtual ~StockStore() = default;
  virtual Task<Result<v1::ListInventoryResponse>> list(v1::ListInventoryRequest request) = 0;
  /// Errors: INVENTORY_NOT_FOUND.
  virtual Task<Result<v1::InventoryItem>> get(Uuid warehouse, std::string sku) = 0;
  /// Errors: WAREHOUSE_NOT_FOUND, VERSION_CONFLICT.
  virtual Task<Result<v1::InventoryItem>> update(Uuid warehouse, std::string sku, v1::UpdateInventoryRequest request, std::optional<std::int64_t> version) = 0;
  virtual Task<Result<std::vector<v1::StockLevel>>> levels(std::vector<std::string> skus, std::optional<Uuid> warehouse) = 0;
  /// Free units of these SKUs in active warehouses.
  virtual Task<Result<Availability>> available(std::vector<std::string> skus) = 0;
  /// One result per adjustment; each pair is named once.
  virtual Task<Result<std::vector<Result<v1::StockMovement>>>> adjust(std::vector<v1::AdjustStockRequest> adjustments, std::string actor, Uuid trace) = 0;
  virtual Task<Result<v1::ListMovementsResponse>> movements(v1::ListMovementsRequest request) = 0;
  /// Errors: MOVEMENT_NOT_FOUND.
  virtual Task<Result<v1::StockMovement>> movement(Uuid id) = 0;
  /// Tells of SKUs whose depletion was told wrongly, which two writers at once can cause.
  virtual Task<Result<>> retell_depletion(Uuid trace) = 0;
  /// Tells once of each pair whose available units fell to its reorder point.
  virtual Task<Result<>> tell_low_stock(Uuid trace) = 0;
};

class ReceiptStore {
 public:
  virtual ~ReceiptStore() = default;
  /// Errors: WAREHOUSE_NOT_FOUND, WAREHOUSE_CLOSED. Once per (warehouse, reference).
  virtual Task<Result<v1::Receipt>> create(Uuid id, v1::CreateReceiptRequest request, std::string actor, Uuid trace) = 0;
  /// Errors: RECEIPT_NOT_FOUND.
  virtual Task<Result<v1::Receipt>> get(Uuid id) = 0;
  virtual Task<Result<v1::ListReceiptsResponse>> list(v1::ListReceiptsRequest request) = 0;
  /// Errors: RECEIPT_NOT_FOUND, OVER_RECEIPT, RECEIPT_STATE.
  virtual Task<Result<v1::Receipt>> inspect(v1::InspectReceiptLineRequest request) = 0;
  /// Errors: RECEIPT_NOT_FOUND, RECEIPT_STATE, WAREHOUSE_CLOSED.
  virtual Task<Result<v1::Receipt>> put_away(Uuid id, std::string actor, Uuid trace) = 0;
};

/// A reserve command whose lines all have a warehouse.
struct Hold {
  Uuid id;
  Uuid body;  ///< Of the request as it was asked: another body under the same id is refused.
  v1::ReservationReference reference = v1::ReservationReference::unspecified;
  Uuid reference_id;
  std::int32_t attempt = 1;
  std::optional<Uuid> customer;
  std::optional<std::string> guest;
  v1::ReservationPaymentMethod payment_method = v1::ReservationPaymentMethod::none;
  seconds ttl{0};
  Uuid trace;
  std::vector<PlacedLine> lines;
};
struct HoldAnswer {
  enum class Outcome : std::uint8_t { accepted, stored, differs, tombstone, taken, limit, inactive, short_of_stock };
  Outcome outcome = Outcome::accepted;
  UtcTime created_at;
  UtcTime expires_at;
  std::string detail;  ///< Of inactive and short_of_stock: items[{line_no, sku, warehouse_id, requested, available}] as JSON.
};

struct Confirm {
  Uuid id;
  Uuid order;
  Uuid trace;
  friend bool operator==(const Confirm&, const Confirm&) = default;
};
struct Release {
  Uuid id;
  std::string reason;
  bool keep_picked = false;  ///< Picked units stay held until put back, instead of refusing the release.
  Uuid trace;
  friend bool operator==(const Release&, const Release&) = default;
};
enum class ReleaseOutcome : std::uint8_t { released, tombstone };

/// What is done to lines in the warehouse.
struct Step {
  Uuid reservation;
  std::string kind;   ///< pick, put_back, ship
  std::string cause;  ///< Once per cause, line and warehouse.
  std::vector<v1::ReservationStepLine> lines;
  std::string actor;
  Uuid trace;
};

/// A stored reservation with the body it was asked with.
struct StoredReservation {
  Uuid body;
  v1::Reservation reservation;
};

struct HoldLimits {
  std::int32_t active_per_holder_max = 3;
  seconds hot_ttl{300};
};

class ReservationStore {
 public:
  virtual ~ReservationStore() = default;
  /// One answer per hold, each all-or-nothing, judged in their order.
  virtual Task<Result<std::vector<Result<HoldAnswer>>>> reserve(std::vector<std::shared_ptr<const Hold>> holds, HoldLimits limits) = 0;
  /// Errors per command: RESERVATION_NOT_FOUND, BOUND_TO_OTHER_ORDER, RESERVATION_EXPIRED, RESERVATION_STATE.
  virtual Task<Result<std::vector<Result<v1::Reservation>>>> confirm(std::vector<Confirm> commands) = 0;
  /// Errors per command: PICKED_UNITS, RESERVATION_STATE.
  virtual Task<Result<std::vector<Result<ReleaseOutcome>>>> release(std::vector<Release> commands) = 0;
  virtual Task<Result<std::optional<StoredReservation>>> find(Uuid id) = 0;
  virtual Task<Result<v1::ListReservationsResponse>> list(v1::ListReservationsRequest request) = 0;
  /// Errors: RESERVATION_NOT_FOUND, RESERVATION_EXPIRED, RESERVATION_STATE.
  virtual Task<Result<>> extend(Uuid id, UtcTime wanted) = 0;
  /// Errors: RESERVATION_NOT_FOUND, LINE_NOT_FOUND, RESERVATION_STATE, PICKED_UNITS.
  virtual Task<Result<>> release_lines(v1::ReleaseReservationRequest request, std::string actor, Uuid trace) = 0;
  /// Errors: RESERVATION_NOT_FOUND, LINE_NOT_FOUND, RESERVATION_STATE, OVER_PICK, OVER_SHIP.
  virtual Task<Result<>> apply(Step step) = 0;
  /// Answers (resourced, shorted). Errors: RESERVATION_NOT_FOUND, LINE_NOT_FOUND, RESERVATION_STATE, OVER_SHORT.
  virtual Task<Result<std::pair<std::int32_t, std::int32_t>>> shorten(v1::ShortReservationRequest request, std::string actor, Uuid trace) = 0;
  /// Moves the unpicked units of a line. Errors: RESERVATION_NOT_FOUND, LINE_NOT_FOUND, RESERVATION_STATE, PICKED_UNITS, WAREHOUSE_NOT_ACTIVE,
  /// INSUFFICIENT_STOCK.
  virtual Task<Result<>> move(Uuid id, std::int32_t line_no, Uuid from, Uuid to, Uuid trace) = 0;
  /// Expires overdue reservations, at most `count`; with SKUs, only those that hold one of them. Answers how many.
  virtual Task<Result<std::int32_t>> expire(std::int32_t count, std::optional<std::vector<std::string>> skus, Uuid trace) = 0;
  /// Reservations with unpicked units in warehouses that do not take part any more, oldest first: (reservation, warehouse). Confirmed ones of an offline
  /// warehouse only after `offline_wait`.
  virtual Task<Result<std::vector<std::pair<Uuid, Uuid>>>> stranded(seconds offline_wait, std::int32_t count) = 0;
  /// Moves the unpicked units of a reservation out of a warehouse; what fits nowhere is given up. Answers how many units moved.
  virtual Task<Result<std::int32_t>> evacuate(Uuid id, Uuid warehouse, Uuid trace) = 0;

  // In the transaction of an event.
  virtual Task<Result<>> order_cancelled(postgres::UnitOfWork& work, Uuid order, std::vector<Uuid> reservations, std::string reason, Uuid trace) = 0;
  virtual Task<Result<>> line_cancelled(postgres::UnitOfWork& work, Uuid reservation, std::string cause, std::int32_t line_no, std::int32_t qty,
                                        std::string reason, Uuid trace) = 0;
  virtual Task<Result<>> shipped(postgres::UnitOfWork& work, Step step) = 0;
  virtual Task<Result<>> fulfillment_cancelled(postgres::UnitOfWork& work, Uuid reservation, Uuid fulfillment, Uuid warehouse,
                                               std::vector<std::pair<std::int32_t, std::int32_t>> put_back, Uuid trace) = 0;
};

struct Stores {
  std::unique_ptr<WarehouseStore> warehouses;
  std::unique_ptr<StockStore> stock;
  std::unique_ptr<ReceiptStore> receipts;
  std::unique_ptr<ReservationStore> reservations;
};

}  // namespace emporion::warehouse
