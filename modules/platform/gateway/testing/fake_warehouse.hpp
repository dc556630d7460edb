#pragma once

#include <map>
#include <string>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"

namespace emporion::gateway {

/// Warehouse as far as the gateway calls it: tells what is left.
class FakeWarehouse final : public warehouse::v1::WarehouseApi {
 public:
  Task<Result<warehouse::v1::BatchStockResponse>> batch_stock(CallContext context, warehouse::v1::BatchStockRequest request) override {
    EMP_ASSERT(context.principal.service == "gateway");
    warehouse::v1::BatchStockResponse out;
    for (const auto& sku : request.skus)
      out.stock.push_back({.sku = sku, .available = left[sku], .status = warehouse::v1::StockStatus::in_stock, .warehouses = {}});
    co_return out;
  }
  std::map<std::string, std::int32_t> left;

#define EMP_UNUSED(name, Request, Response) \
  Task<Result<warehouse::v1::Response>> name(CallContext, warehouse::v1::Request) override { co_return fail(ErrorKind::unimplemented, "NOT_FAKED"); }
  EMP_UNUSED(create_warehouse, CreateWarehouseRequest, Warehouse)
  EMP_UNUSED(update_warehouse, UpdateWarehouseRequest, Warehouse)
  EMP_UNUSED(get_warehouse, GetWarehouseRequest, Warehouse)
  EMP_UNUSED(list_warehouses, ListWarehousesRequest, ListWarehousesResponse)
  EMP_UNUSED(activate_warehouse, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(deactivate_warehouse, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(take_warehouse_offline, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(bring_warehouse_online, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(close_warehouse, CloseWarehouseRequest, Warehouse)
  EMP_UNUSED(put_coverage, PutCoverageRequest, Coverage)
  EMP_UNUSED(get_coverage, GetCoverageRequest, Coverage)
  EMP_UNUSED(list_inventory, ListInventoryRequest, ListInventoryResponse)
  EMP_UNUSED(get_inventory, GetInventoryRequest, InventoryItem)
  EMP_UNUSED(update_inventory, UpdateInventoryRequest, InventoryItem)
  EMP_UNUSED(adjust_stock, AdjustStockRequest, StockMovement)
  EMP_UNUSED(batch_adjust_stock, BatchAdjustStockRequest, BatchAdjustStockResponse)
  EMP_UNUSED(list_movements, ListMovementsRequest, ListMovementsResponse)
  EMP_UNUSED(get_movement, GetMovementRequest, StockMovement)
  EMP_UNUSED(create_receipt, CreateReceiptRequest, Receipt)
  EMP_UNUSED(get_receipt, GetReceiptRequest, Receipt)
  EMP_UNUSED(list_receipts, ListReceiptsRequest, ListReceiptsResponse)
  EMP_UNUSED(inspect_receipt_line, InspectReceiptLineRequest, Receipt)
  EMP_UNUSED(put_away_receipt, PutAwayReceiptRequest, Receipt)
  EMP_UNUSED(plan_allocation, PlanAllocationRequest, AllocationPlan)
  EMP_UNUSED(reserve, ReserveRequest, Reservation)
  EMP_UNUSED(extend_reservation, ExtendReservationRequest, Reservation)
  EMP_UNUSED(confirm_reservation, ConfirmReservationRequest, Reservation)
  EMP_UNUSED(release_reservation, ReleaseReservationRequest, ReleaseReservationResponse)
  EMP_UNUSED(get_reservation, GetReservationRequest, Reservation)
  EMP_UNUSED(list_reservations, ListReservationsRequest, ListReservationsResponse)
  EMP_UNUSED(pick_reservation, PickReservationRequest, Reservation)
  EMP_UNUSED(short_reservation, ShortReservationRequest, ShortReservationResponse)
  EMP_UNUSED(fulfill_reservation, FulfillReservationRequest, Reservation)
  EMP_UNUSED(resource_reservation, ResourceReservationRequest, Reservation)
#undef EMP_UNUSED
};

}  // namespace emporion::gateway
