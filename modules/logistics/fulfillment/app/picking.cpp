#include "modules/logistics/fulfillment/app/picking.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::fulfillment {
namespace {

template <typename T>
std::vector<T> one(T value) {
  std::vector<T> out;
  out.push_back(std::move(value));
  return out;
}

}  // namespace

Task<Result<>> Picking::tell_warehouse(CallContext context, Uuid reservation_id, Uuid warehouse_id, std::vector<Scan> scans, std::string step) {
  auto& warehouse = calls_.get<warehouse::v1::WarehouseApi>();
  warehouse::v1::PickReservationRequest pick;
  pick.id = reservation_id;
  pick.fulfillment_id = scans.front().fulfillment_id;
  pick.step = step;
  pick.action = warehouse::v1::PickAction::pick;
  for (const Scan& scan : scans) {
    if (scan.qty > 0) pick.lines.push_back({.line_no = scan.order_line, .warehouse_id = warehouse_id, .qty = scan.qty});
  }
  if (!pick.lines.empty()) EMP_CO_TRY(co_await warehouse.pick_reservation(context.as_service("fulfillment", text(pick.fulfillment_id, ":", step)), pick));
  for (const Scan& scan : scans) {
    if (scan.short_qty == 0) continue;
    warehouse::v1::ShortReservationRequest missing;
    missing.id = reservation_id;
    missing.fulfillment_id = scan.fulfillment_id;
    missing.line = {.line_no = scan.order_line, .warehouse_id = warehouse_id, .qty = scan.short_qty};
    EMP_CO_TRY(co_await warehouse.short_reservation(context.as_service("fulfillment", text(scan.fulfillment_id, ":short:", scan.order_line)), missing));
  }
  co_return Result<>();
}

Task<Result<v1::Picklist>> Picking::settle(CallContext context, Uuid reservation_id, Uuid warehouse_id, Scan scan) {
  const auto told = co_await tell_warehouse(context, reservation_id, warehouse_id, one(scan), text(scan.line_no, ":", scan.scan_id).substr(0, 64));
  if (!told && told.error().is_transient()) co_return fail(told.error());
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(scan.fulfillment_id)));
  EMP_CO_ASSIGN(const auto now, co_await store_.find_scan(work, scan.fulfillment_id, scan.line_no, scan.scan_id));
  Fulfillment& fulfillment = locked.front();
  if (now && !now->is_done) {
    if (told) {
      fulfillment.finish_scan(scan);
      EMP_CO_TRY(co_await store_.finish_scans(work, one(scan)));
    } else {
      fulfillment.take_back_scan(scan);
      EMP_CO_TRY(co_await store_.drop_scan(work, scan));
    }
  }
  v1::Picklist list = *fulfillment.picklist;
  EMP_CO_TRY(co_await store_.save(work, std::move(locked)));
  EMP_CO_TRY(co_await work.commit());
  if (!told) {
    if (told.error().reason() == "OVER_PICK") co_return fail(ErrorKind::conflict, "OVER_PICK", told.error().detail());
    co_return fail(told.error());
  }
  co_return list;
}

Task<Result<v1::Picklist>> Picking::confirm_item(CallContext context, v1::ConfirmPickItemRequest request) {
  EMP_CO_ASSIGN(const auto found, co_await store_.find_by_picklist(request.id));
  if (!found) co_return fail(ErrorKind::not_found, "PICKLIST_NOT_FOUND", text("no picklist ", request.id));
  const Uuid reservation_id = found->view.reservation_id;
  const Uuid warehouse_id = found->view.warehouse_id;
  Scan scan;
  {
    EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
    EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(found->view.id)));
    EMP_CO_ASSIGN(const auto before, co_await store_.find_scan(work, found->view.id, request.line_no, request.scan_id));
    if (before && before->is_done) co_return *locked.front().picklist;
    if (before) {
      scan = *before;  // Recorded, but its teller died or is still at it; telling twice is safe.
    } else {
      if (request.qty == 0 && request.short_qty.value_or(0) == 0)
        co_return fail(ErrorKind::invalid_argument, "OUT_OF_RANGE", "nothing was found and nothing is missing");
      EMP_CO_ASSIGN(auto recorded, locked.front().record_scan(request.line_no, request.scan_id, request.sku, request.qty, request.short_qty.value_or(0)));
      scan = std::move(recorded);
      EMP_CO_TRY(co_await store_.insert_scans(work, one(scan)));
      EMP_CO_TRY(co_await store_.save(work, std::move(locked)));
      EMP_CO_TRY(co_await work.commit());
    }
  }
  co_return co_await settle(std::move(context), reservation_id, warehouse_id, std::move(scan));
}

Task<Result<>> Picking::finish_stale(CallContext context) {
  EMP_CO_ASSIGN(const auto stale, co_await store_.stale_scans(100));
  for (const Scan& scan : stale) {
    EMP_CO_ASSIGN(const auto found, co_await store_.find(scan.fulfillment_id));
    if (!found) continue;
    const auto settled = co_await settle(context, found->view.reservation_id, found->view.warehouse_id, scan);
    if (!settled) observe::warning("fulfillment: scan not settled", {{"fulfillment", scan.fulfillment_id.to_string()}, {"error", settled.error().to_string()}});
  }
  co_return Result<>();
}

}  // namespace emporion::fulfillment
