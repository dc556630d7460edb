#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/base/text.hpp"

namespace emporion::fulfillment {

/// Warehouse as Fulfillment sees it: shelves from which units of a reservation's lines are picked. What is not asked for here is unimplemented.
class FakeWarehouse final : public warehouse::v1::WarehouseApi {
 public:
  std::map<std::int32_t, std::int32_t> on_shelf;  ///< Order line → units that can be picked. A line that is not named has plenty.
  std::map<std::int32_t, std::int32_t> picked;    ///< Order line → units picked, each step once.
  std::map<std::int32_t, std::int32_t> missing;   ///< Order line → units reported missing.
  bool is_down = false;
  bool loses_answers = false;  ///< Does the work, then fails as if the connection broke.
  int calls = 0;

  Task<Result<warehouse::v1::Reservation>> pick_reservation(CallContext, warehouse::v1::PickReservationRequest request) override {
    ++calls;
    if (is_down) co_return fail(ErrorKind::unavailable, "WAREHOUSE_DOWN");
    for (const auto& line : request.lines) {
      if (steps_.contains(text(request.fulfillment_id, request.step, line.line_no))) continue;
      if (on_shelf.contains(line.line_no) && on_shelf[line.line_no] < line.qty) co_return fail(ErrorKind::rule_violated, "OVER_PICK", "not so many");
      if (on_shelf.contains(line.line_no)) on_shelf[line.line_no] -= line.qty;
      picked[line.line_no] += line.qty;
      steps_.insert(text(request.fulfillment_id, request.step, line.line_no));
    }
    if (loses_answers) co_return fail(ErrorKind::deadline_exceeded, "ANSWER_LOST");
    warehouse::v1::Reservation out;
    out.id = request.id;
    co_return out;
  }
  Task<Result<warehouse::v1::ShortReservationResponse>> short_reservation(CallContext, warehouse::v1::ShortReservationRequest request) override {
    ++calls;
    if (steps_.insert(text(request.fulfillment_id, "short", request.line.line_no)).second) missing[request.line.line_no] += request.line.qty;
    co_return warehouse::v1::ShortReservationResponse{};
  }
  Task<Result<warehouse::v1::Reservation>> get_reservation(CallContext, warehouse::v1::GetReservationRequest request) override {
    warehouse::v1::Reservation out;
    out.id = request.id;
    out.status = warehouse::v1::ReservationStatus::confirmed;
    co_return out;
  }
  Task<Result<warehouse::v1::Warehouse>> get_warehouse(CallContext, warehouse::v1::GetWarehouseRequest request) override {
    warehouse::v1::Warehouse out;
    out.id = request.id;
    out.status = warehouse::v1::WarehouseStatus::active;
    co_return out;
  }

  Task<Result<warehouse::v1::Warehouse>> create_warehouse(CallContext, warehouse::v1::CreateWarehouseRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Warehouse>> update_warehouse(CallContext, warehouse::v1::UpdateWarehouseRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::ListWarehousesResponse>> list_warehouses(CallContext, warehouse::v1::ListWarehousesRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Warehouse>> activate_warehouse(CallContext, warehouse::v1::ChangeWarehouseStatusRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Warehouse>> deactivate_warehouse(CallContext, warehouse::v1::ChangeWarehouseStatusRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Warehouse>> take_warehouse_offline(CallContext, warehouse::v1::ChangeWarehouseStatusRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Warehouse>> bring_warehouse_online(CallContext, warehouse::v1::ChangeWarehouseStatusRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Warehouse>> close_warehouse(CallContext, warehouse::v1::CloseWarehouseRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Coverage>> put_coverage(CallContext, warehouse::v1::PutCoverageRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Coverage>> get_coverage(CallContext, warehouse::v1::GetCoverageRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::ListInventoryResponse>> list_inventory(CallContext, warehouse::v1::ListInventoryRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::InventoryItem>> get_inventory(CallContext, warehouse::v1::GetInventoryRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::InventoryItem>> update_inventory(CallContext, warehouse::v1::UpdateInventoryRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::BatchStockResponse>> batch_stock(CallContext, warehouse::v1::BatchStockRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::StockMovement>> adjust_stock(CallContext, warehouse::v1::AdjustStockRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::BatchAdjustStockResponse>> batch_adjust_stock(CallContext, warehouse::v1::BatchAdjustStockRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::ListMovementsResponse>> list_movements(CallContext, warehouse::v1::ListMovementsRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::StockMovement>> get_movement(CallContext, warehouse::v1::GetMovementRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Receipt>> create_receipt(CallContext, warehouse::v1::CreateReceiptRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Receipt>> get_receipt(CallContext, warehouse::v1::GetReceiptRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::ListReceiptsResponse>> list_receipts(CallContext, warehouse::v1::ListReceiptsRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Receipt>> inspect_receipt_line(CallContext, warehouse::v1::InspectReceiptLineRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Receipt>> put_away_receipt(CallContext, warehouse::v1::PutAwayReceiptRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::AllocationPlan>> plan_allocation(CallContext, warehouse::v1::PlanAllocationRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Reservation>> reserve(CallContext, warehouse::v1::ReserveRequest) override { co_return fail(unimplemented()); }
  Task<Result<warehouse::v1::Reservation>> extend_reservation(CallContext, warehouse::v1::ExtendReservationRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Reservation>> confirm_reservation(CallContext, warehouse::v1::ConfirmReservationRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::ReleaseReservationResponse>> release_reservation(CallContext, warehouse::v1::ReleaseReservationRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::ListReservationsResponse>> list_reservations(CallContext, warehouse::v1::ListReservationsRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Reservation>> fulfill_reservation(CallContext, warehouse::v1::FulfillReservationRequest) override {
    co_return fail(unimplemented());
  }
  Task<Result<warehouse::v1::Reservation>> resource_reservation(CallContext, warehouse::v1::ResourceReservationRequest) override {
    co_return fail(unimplemented());
  }

 private:
  static Error unimplemented() { return Error(ErrorKind::unimplemented, "NOT_FAKED"); }
  std::set<std::string> steps_;
};

}  // namespace emporion::fulfillment
