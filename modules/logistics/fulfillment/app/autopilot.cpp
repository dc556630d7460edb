#include "modules/logistics/fulfillment/app/autopilot.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/logistics/fulfillment/app/workflow.hpp"
#include "modules/logistics/fulfillment/domain/parcels.hpp"

namespace emporion::fulfillment {
namespace {

constexpr std::int32_t batch = 64;
constexpr int rounds_max = 50;  // Then the job's lease is renewed.
constexpr const char* scan_id = "autopilot";

std::vector<Uuid> ids_of(const std::vector<FulfillmentStore::Waiting>& waiting) {
  std::vector<Uuid> out;
  for (const auto& each : waiting) out.push_back(each.id);
  return out;
}

std::vector<std::string> before_ready() { return {"pending", "planning", "picking", "picked", "packing", "packed"}; }

}  // namespace

Task<Result<>> Autopilot::run(CallContext context) {
  for (int round = 0; round < rounds_max; ++round) {
    EMP_CO_ASSIGN(const int packed, co_await pick_and_pack(context));
    EMP_CO_ASSIGN(const int shipped, co_await hand_over(context));
    if (packed + shipped == 0) co_return Result<>();
  }
  co_return Result<>();
}

Task<Result<std::vector<Autopilot::Pick>>> Autopilot::start_picking(CallContext context, std::vector<FulfillmentStore::Waiting> waiting) {
  std::vector<Uuid> orders;
  for (const auto& each : waiting) orders.push_back(each.order_id);
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, std::move(orders)));
  EMP_CO_ASSIGN(auto all, co_await store_.lock(work, ids_of(waiting)));
  std::map<Uuid, OrderBook*> by_order;
  for (OrderBook& book : books) by_order.emplace(book.order_id, &book);
  std::vector<Pick> picks;
  std::vector<Scan> scans;
  for (Fulfillment& fulfillment : all) {
    if (fulfillment.status() == Status::pending) EMP_CO_TRY(fulfillment.plan());
    if (fulfillment.status() == Status::planning) {
      EMP_CO_TRY(fulfillment.make_picklist(Uuid::from_name(text("picklist:", fulfillment.view.id)), picklist_number(fulfillment.view.id)));
      OrderBook& book = *by_order.at(fulfillment.view.order_id);
      EMP_CO_TRY(fulfillment.start(!book.is_started));
      if (!std::exchange(book.is_started, true)) EMP_CO_TRY(co_await store_.save_order(work, book));
    }
    if (fulfillment.status() != Status::picking || fulfillment.scans_open > 0) continue;
    Pick pick{fulfillment.view.id, fulfillment.view.reservation_id, fulfillment.view.warehouse_id, {}};
    for (const auto& line : fulfillment.picklist->lines) {
      const std::int32_t left = line.qty - line.picked - line.short_qty;
      if (left <= 0) continue;
      EMP_CO_ASSIGN(auto scan, fulfillment.record_scan(line.line_no, scan_id, line.sku, left, 0));
      pick.scans.push_back(scan);
      scans.push_back(std::move(scan));
    }
    if (!pick.scans.empty()) picks.push_back(std::move(pick));
  }
  EMP_CO_TRY(co_await store_.insert_scans(work, std::move(scans)));
  EMP_CO_TRY(co_await store_.save(work, std::move(all)));
  EMP_CO_TRY(co_await work.commit());
  co_return picks;
}

Task<Result<>> Autopilot::tell(CallContext context, Pick pick) {
  co_return co_await picking_.tell_warehouse(std::move(context), pick.reservation_id, pick.warehouse_id, std::move(pick.scans), scan_id);
}

Result<> Autopilot::pack(Fulfillment& fulfillment) const {
  std::vector<Load> loads;
  for (const auto& item : fulfillment.view.items) {
    if (item.picked > 0) loads.push_back({item.order_line, item.picked, item.weight_g && *item.weight_g > 0 ? *item.weight_g : unit_weight_g_});
  }
  std::vector<v1::NewPackage> packages;
  for (const Parcel& parcel : packed(loads)) {
    v1::NewPackage package;
    package.id = Uuid::from_name(text("package:", fulfillment.view.id, ":", packages.size()));
    package.weight_g = static_cast<std::int32_t>(parcel.weight_g);
    for (const Load& load : parcel.items) package.items.push_back({.order_line = load.order_line, .qty = load.qty});
    packages.push_back(std::move(package));
  }
  return fulfillment.pack(packages);
}

Task<Result<int>> Autopilot::pick_and_pack(CallContext context) {
  EMP_CO_ASSIGN(auto waiting, co_await store_.waiting(before_ready(), batch));
  if (waiting.empty()) co_return 0;
  EMP_CO_ASSIGN(const auto picks, co_await start_picking(context, waiting));
  std::vector<Task<Result<>>> calls;
  calls.reserve(picks.size());
  for (const Pick& pick : picks) calls.push_back(tell(context, pick));
  const auto answers = co_await when_all(std::move(calls));
  std::map<Uuid, std::pair<const Pick*, const Result<>*>> told;
  for (std::size_t i = 0; i < picks.size(); ++i) told.emplace(picks[i].fulfillment_id, std::pair(&picks[i], &answers[i]));

  int moved = 0;
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto all, co_await store_.lock(work, ids_of(waiting)));
  std::vector<Scan> done;
  for (Fulfillment& fulfillment : all) {
    if (const auto found = told.find(fulfillment.view.id); found != told.end()) {
      const auto& [pick, answer] = found->second;
      if (!*answer && answer->error().is_transient()) continue;  // The scans stay open; the job for stale scans asks again.
      for (const Scan& scan : pick->scans) {
        // Somebody else may have settled it meanwhile.
        EMP_CO_ASSIGN(const auto now, co_await store_.find_scan(work, scan.fulfillment_id, scan.line_no, scan.scan_id));
        if (!now || now->is_done) continue;
        if (*answer) {
          fulfillment.finish_scan(scan);
          done.push_back(scan);
        } else {
          fulfillment.take_back_scan(scan);
          EMP_CO_TRY(co_await store_.drop_scan(work, scan));
        }
      }
      if (!*answer) {
        observe::warning("fulfillment: the warehouse refuses a pick",
                         {{"fulfillment", fulfillment.view.id.to_string()}, {"error", answer->error().to_string()}});
        if (is_in_house(fulfillment.status())) EMP_CO_TRY(fulfillment.hold(text("warehouse: ", answer->error().reason())));
        continue;
      }
    }
    if (fulfillment.status() == Status::picking && fulfillment.scans_open == 0) EMP_CO_TRY(fulfillment.finish_picking());
    if (fulfillment.status() == Status::picked) EMP_CO_TRY(fulfillment.start_packing());
    if (fulfillment.status() == Status::packing) {
      if (const auto packed = pack(fulfillment); !packed) {
        observe::warning("fulfillment: cannot be packed", {{"fulfillment", fulfillment.view.id.to_string()}, {"error", packed.error().to_string()}});
        EMP_CO_TRY(fulfillment.hold(packed.error().reason()));
        continue;
      }
    }
    if (fulfillment.status() == Status::packed) {
      EMP_CO_TRY(fulfillment.make_ready());
      ++moved;
    }
  }
  EMP_CO_TRY(co_await store_.finish_scans(work, std::move(done)));
  EMP_CO_TRY(co_await store_.save(work, std::move(all)));
  EMP_CO_TRY(co_await work.commit());
  co_return moved;
}

Task<Result<int>> Autopilot::hand_over(CallContext context) {
  EMP_CO_ASSIGN(const auto waiting, co_await store_.waiting_for_handover(batch));
  if (waiting.empty()) co_return 0;
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto all, co_await store_.lock(work, ids_of(waiting)));
  int shipped = 0;
  for (Fulfillment& fulfillment : all) {
    if (fulfillment.status() != Status::ready || !fulfillment.has_all_labels()) continue;
    std::vector<Uuid> packages;
    for (const auto& package : fulfillment.view.packages) {
      if (package.status != v1::PackageStatus::cancelled) packages.push_back(package.id);
    }
    EMP_CO_TRY(fulfillment.ship(packages));
    ++shipped;
  }
  EMP_CO_TRY(co_await store_.save(work, std::move(all)));
  EMP_CO_TRY(co_await work.commit());
  co_return shipped;
}

}  // namespace emporion::fulfillment
