#pragma once

#include <memory>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/base/momentary_gate.hpp"
#include "kernel/lanes/lane.hpp"
#include "modules/logistics/warehouse/app/options.hpp"
#include "modules/logistics/warehouse/app/reserve_stock.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"
#include "modules/logistics/warehouse/app/topology_cache.hpp"

namespace emporion::warehouse {

/// The operations of the contract. What decides under load (reserve, confirm, release) goes through lanes; the rest is one statement each.
class WarehouseService final : public v1::WarehouseApi {
 public:
  WarehouseService(Runtime& runtime, Stores& stores, const Clock& clock, Random& random, Options options);
  /// Answers what was taken and refuses what comes later.
  Task<void> close();

  Task<Result<v1::Warehouse>> create_warehouse(CallContext context, v1::CreateWarehouseRequest request) override;
  Task<Result<v1::Warehouse>> update_warehouse(CallContext context, v1::UpdateWarehouseRequest request) override;
  Task<Result<v1::Warehouse>> get_warehouse(CallContext context, v1::GetWarehouseRequest request) override;
  Task<Result<v1::ListWarehousesResponse>> list_warehouses(CallContext context, v1::ListWarehousesRequest request) override;
  Task<Result<v1::Warehouse>> activate_warehouse(CallContext context, v1::ChangeWarehouseStatusRequest request) override;
  Task<Result<v1::Warehouse>> deactivate_warehouse(CallContext context, v1::ChangeWarehouseStatusRequest request) override;
  Task<Result<v1::Warehouse>> take_warehouse_offline(CallContext context, v1::ChangeWarehouseStatusRequest request) override;
  Task<Result<v1::Warehouse>> bring_warehouse_online(CallContext context, v1::ChangeWarehouseStatusRequest request) override;
  Task<Result<v1::Warehouse>> close_warehouse(CallContext context, v1::CloseWarehouseRequest request) override;
  Task<Result<v1::Coverage>> put_coverage(CallContext context, v1::PutCoverageRequest request) override;
  Task<Result<v1::Coverage>> get_coverage(CallContext context, v1::GetCoverageRequest request) override;

  Task<Result<v1::ListInventoryResponse>> list_inventory(CallContext context, v1::ListInventoryRequest request) override;
  Task<Result<v1::InventoryItem>> get_inventory(CallContext context, v1::GetInventoryRequest request) override;
  Task<Result<v1::InventoryItem>> update_inventory(CallContext context, v1::UpdateInventoryRequest request) override;
  Task<Result<v1::BatchStockResponse>> batch_stock(CallContext context, v1::BatchStockRequest request) override;
  Task<Result<v1::StockMovement>> adjust_stock(CallContext context, v1::AdjustStockRequest request) override;
  Task<Result<v1::BatchAdjustStockResponse>> batch_adjust_stock(CallContext context, v1::BatchAdjustStockRequest request) override;
  Task<Result<v1::ListMovementsResponse>> list_movements(CallContext context, v1::ListMovementsRequest request) override;
  Task<Result<v1::StockMovement>> get_movement(CallContext context, v1::GetMovementRequest request) override;

  Task<Result<v1::Receipt>> create_receipt(CallContext context, v1::CreateReceiptRequest request) override;
  Task<Result<v1::Receipt>> get_receipt(CallContext context, v1::GetReceiptRequest request) override;
  Task<Result<v1::ListReceiptsResponse>> list_receipts(CallContext context, v1::ListReceiptsRequest request) override;
  Task<Result<v1::Receipt>> inspect_receipt_line(CallContext context, v1::InspectReceiptLineRequest request) override;
  Task<Result<v1::Receipt>> put_away_receipt(CallContext context, v1::PutAwayReceiptRequest request) override;

  Task<Result<v1::AllocationPlan>> plan_allocation(CallContext context, v1::PlanAllocationRequest request) override;
  Task<Result<v1::Reservation>> reserve(CallContext context, v1::ReserveRequest request) override;
  Task<Result<v1::Reservation>> extend_reservation(CallContext context, v1::ExtendReservationRequest request) override;
  Task<Result<v1::Reservation>> confirm_reservation(CallContext context, v1::ConfirmReservationRequest request) override;
  Task<Result<v1::ReleaseReservationResponse>> release_reservation(CallContext context, v1::ReleaseReservationRequest request) override;
  Task<Result<v1::Reservation>> get_reservation(CallContext context, v1::GetReservationRequest request) override;
  Task<Result<v1::ListReservationsResponse>> list_reservations(CallContext context, v1::ListReservationsRequest request) override;
  Task<Result<v1::Reservation>> pick_reservation(CallContext context, v1::PickReservationRequest request) override;
  Task<Result<v1::ShortReservationResponse>> short_reservation(CallContext context, v1::ShortReservationRequest request) override;
  Task<Result<v1::Reservation>> fulfill_reservation(CallContext context, v1::FulfillReservationRequest request) override;
  Task<Result<v1::Reservation>> resource_reservation(CallContext context, v1::ResourceReservationRequest request) override;

 private:
  Task<Result<v1::Warehouse>> change_status(Uuid id, StatusCommand command, Uuid trace);
  Task<Result<v1::Reservation>> reservation(Uuid id);
  Task<Result<Uuid>> best_target(const v1::Reservation& reservation, std::int32_t line_no, Uuid from);

  Stores& stores_;
  const Clock& clock_;
  Random& random_;
  TopologyCache topology_;
  MomentaryGate gate_;
  ReserveStock reserve_stock_;
  using Levels = Lane<std::vector<std::string>, std::vector<v1::StockLevel>>;
  Task<Result<Levels::Answers>> read_levels(std::vector<std::vector<std::string>> batch);
  Levels levels_lane_;  ///< Reads that are asked together are one statement.
  Lane<Confirm, v1::Reservation> confirm_lane_;
  Lane<Release, ReleaseOutcome> release_lane_;
};

}  // namespace emporion::warehouse
