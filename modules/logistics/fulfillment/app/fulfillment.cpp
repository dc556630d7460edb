#include "modules/logistics/fulfillment/app/fulfillment.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernel/base/text.hpp"
#include "modules/logistics/fulfillment/app/fulfillment_inner.hpp"

namespace emporion::fulfillment {

std::int32_t Fulfillment::units_picked() const {
  std::int32_t out = 0;
  for (const auto& item : view.items) out += item.picked;
  return out;
}

std::int32_t Fulfillment::units_open() const {
  std::int32_t out = 0;
  for (const auto& item : view.items) out += open_of(item);
  return out;
}

v1::FulfillmentItem* Fulfillment::item(std::int32_t order_line) {
  const auto found = std::find_if(view.items.begin(), view.items.end(), [&](const auto& item) { return item.order_line == order_line; });
  return found == view.items.end() ? nullptr : &*found;
}

Result<> Fulfillment::move(Status to) {
  EMP_TRY(check_move(status(), to));
  view.status = static_cast<v1::FulfillmentStatus>(static_cast<int>(to) + 1);
  is_dirty_ = true;
  return {};
}

v1::FulfillmentCreated Fulfillment::created() const {
  return {.fulfillment_id = view.id,
          .order_id = view.order_id,
          .warehouse_id = view.warehouse_id,
          .items = facts_of([](const auto& i) { return i.qty; }),
          .ship_by = view.ship_by};
}

Result<> Fulfillment::plan() {
  if (status() == Status::planning) return {};
  return move(Status::planning);
}

Result<> Fulfillment::make_picklist(Uuid id, std::string number) {
  if (picklist) return {};
  if (status() != Status::planning) return fail(Error(ErrorKind::conflict, "ILLEGAL_TRANSITION", "plan it first").with("status", to_string(status())));
  v1::Picklist list;
  list.id = id;
  list.number = std::move(number);
  list.fulfillment_id = view.id;
  list.warehouse_id = view.warehouse_id;
  list.status = v1::PicklistStatus::open;
  list.ship_by = view.ship_by;
  for (const auto& item : view.items) {
    if (open_of(item) > 0)
      list.lines.push_back({.line_no = 0, .order_line = item.order_line, .sku = item.sku, .qty = open_of(item), .picked = 0, .short_qty = 0});
  }
  std::sort(list.lines.begin(), list.lines.end(), [](const auto& a, const auto& b) { return std::tie(a.sku, a.order_line) < std::tie(b.sku, b.order_line); });
  for (std::size_t i = 0; i < list.lines.size(); ++i) list.lines[i].line_no = static_cast<std::int32_t>(i + 1);
  view.picklist_id = id;
  picklist = std::move(list);
  is_dirty_ = true;
  return {};
}

Result<> Fulfillment::assign(Uuid assignee) {
  if (picklist->status != v1::PicklistStatus::open && picklist->status != v1::PicklistStatus::assigned) {
    return fail(Error(ErrorKind::conflict, "ILLEGAL_TRANSITION", "it is started").with("status", v1::to_string(picklist->status)));
  }
  picklist->status = v1::PicklistStatus::assigned;
  picklist->assignee_id = assignee;
  ++picklist->version;
  is_dirty_ = true;
  return {};
}

Result<> Fulfillment::start(bool is_first) {
  if (picklist->status == v1::PicklistStatus::picking) return {};
  EMP_TRY(move(Status::picking));
  picklist->status = v1::PicklistStatus::picking;
  ++picklist->version;
  if (is_first) add(v1::FulfillmentStarted{.order_id = view.order_id, .fulfillment_id = view.id});
  return {};
}

Result<Scan> Fulfillment::record_scan(std::int32_t line_no, std::string scan_id, std::string_view sku, std::int32_t qty, std::int32_t short_qty) {
  EMP_TRY(check_move(status(), Status::picked));
  const auto line = std::find_if(picklist->lines.begin(), picklist->lines.end(), [&](const auto& l) { return l.line_no == line_no; });
  if (line == picklist->lines.end()) return fail(ErrorKind::not_found, "PICKLIST_LINE_NOT_FOUND", text("no line ", line_no));
  if (line->sku != sku) return fail(Error(ErrorKind::rule_violated, "WRONG_ITEM", "another item belongs here").with("wanted", line->sku).with("scanned", sku));
  const std::int32_t left = line->qty - line->picked - line->short_qty;
  if (std::int64_t{qty} + short_qty > left) return fail(Error(ErrorKind::conflict, "OVER_PICK", "more units than are left to pick").with("left", left));
  v1::FulfillmentItem* of = item(line->order_line);
  line->picked += qty;
  line->short_qty += short_qty;
  of->picked += qty;
  of->short_qty += short_qty;
  if (short_qty > 0) facts.shorts[of->order_line] += short_qty;
  ++picklist->version;
  ++scans_open;
  is_dirty_ = true;
  return Scan{view.id, line_no, std::move(scan_id), line->order_line, qty, short_qty, false};
}

void Fulfillment::finish_scan(const Scan& scan) {
  --scans_open;
  is_dirty_ = true;
  if (scan.short_qty > 0) {
    ++view.attempts;
    const v1::FulfillmentItem* of = item(scan.order_line);
    add(v1::PickFailed{.fulfillment_id = view.id, .order_id = view.order_id, .missing = {{.line = scan.order_line, .sku = of->sku, .qty = scan.short_qty}}});
  }
}

void Fulfillment::take_back_scan(const Scan& scan) {
  --scans_open;
  for (auto& line : picklist->lines) {
    if (line.line_no != scan.line_no) continue;
    line.picked -= scan.qty;
    line.short_qty -= scan.short_qty;
  }
  v1::FulfillmentItem* of = item(scan.order_line);
  of->picked -= scan.qty;
  of->short_qty -= scan.short_qty;
  if (scan.short_qty > 0) facts.shorts[scan.order_line] -= scan.short_qty;
  ++picklist->version;
  is_dirty_ = true;
}

Result<> Fulfillment::finish_picking() {
  if (status() == Status::picked) return {};
  EMP_TRY(check_move(status(), Status::picked));
  std::string open = "[";
  for (const auto& line : picklist->lines) {
    if (line.picked + line.short_qty < line.qty) open += text(open.size() > 1 ? "," : "", line.line_no);
  }
  if (open.size() > 1) return fail(Error(ErrorKind::conflict, "PICK_INCOMPLETE", "some lines are not accounted for").with_json("lines", open + "]"));
  if (scans_open > 0) return fail(ErrorKind::unavailable, "PICK_IN_PROGRESS", "the warehouse is yet to confirm a scan");
  if (units_picked() == 0) return cancel("nothing was found");
  EMP_TRY(move(Status::picked));
  picklist->status = v1::PicklistStatus::picked;
  ++picklist->version;
  add(v1::FulfillmentPicked{.fulfillment_id = view.id, .order_id = view.order_id, .lines = facts_of([](const auto& i) { return i.picked; })});
  return {};
}

Result<> Fulfillment::complete() {
  if (status() == Status::completed) return {};
  EMP_TRY(move(Status::completed));
  add(v1::FulfillmentCompleted{.fulfillment_id = view.id, .order_id = view.order_id});
  return {};
}

Result<> Fulfillment::cancel(std::string reason) {
  if (status() == Status::cancelled) return {};
  if (!is_in_house(status())) return fail(Error(ErrorKind::conflict, "ALREADY_SHIPPED", "it has left the warehouse").with("status", to_string(status())));
  // What Warehouse has not answered yet may or may not be off the shelf: then nobody could say what goes back.
  if (scans_open > 0) return fail(ErrorKind::unavailable, "PICK_IN_PROGRESS", "the warehouse is yet to confirm a scan");
  const bool was_ready = is_ready();
  EMP_TRY(move(Status::cancelled));
  held.reset();
  view.hold_reason.reset();
  if (picklist && picklist->status != v1::PicklistStatus::picked) picklist->status = v1::PicklistStatus::cancelled;
  for (auto& package : view.packages) {
    if (!is_live(package)) continue;
    package.status = v1::PackageStatus::cancelled;
    if (was_ready) add(v1::PackageCancelled{.package_id = package.id, .order_id = view.order_id, .fulfillment_id = view.id, .reason = reason});
  }
  add(v1::FulfillmentCancelled{.fulfillment_id = view.id,
                               .order_id = view.order_id,
                               .reservation_id = view.reservation_id,
                               .warehouse_id = view.warehouse_id,
                               .reason = std::move(reason),
                               .put_back = facts_of([](const auto& i) { return i.picked; })});
  return {};
}

Result<> Fulfillment::expect_return() {
  if (status() == Status::compensation_pending) return {};
  EMP_TRY(move(Status::compensation_pending));
  ++view.version;
  return {};
}

Result<> Fulfillment::compensate() {
  if (status() == Status::compensated) return {};
  EMP_TRY(move(Status::compensated));
  add(v1::FulfillmentCompensated{.fulfillment_id = view.id, .order_id = view.order_id});
  return {};
}

Result<> Fulfillment::hold(std::string reason) {
  if (status() == Status::on_hold) return {};
  const Status before = status();
  EMP_TRY(move(Status::on_hold));
  held = before;
  view.hold_reason = std::move(reason);
  ++view.version;
  return {};
}

Result<> Fulfillment::resume() {
  if (!held) return {};
  view.status = static_cast<v1::FulfillmentStatus>(static_cast<int>(*held) + 1);
  is_dirty_ = true;
  held.reset();
  view.hold_reason.reset();
  ++view.version;
  return {};
}

std::int32_t Fulfillment::drop_units(std::int32_t order_line, std::int32_t qty, const std::string& reason) {
  v1::FulfillmentItem* of = item(order_line);
  if (of == nullptr || !is_in_house(status())) return 0;
  const std::int32_t dropped = std::min(qty, open_of(*of));
  if (dropped <= 0) return 0;
  of->cancelled += dropped;
  if (picklist) {
    std::int32_t left = dropped;
    for (auto& line : picklist->lines) {
      if (line.order_line != order_line) continue;
      const std::int32_t here = std::min(left, line.qty - line.picked - line.short_qty);
      line.qty -= here;
      left -= here;
    }
  }
  ++view.version;
  is_dirty_ = true;
  if (units_open() == 0 && units_picked() == 0) (void)cancel(reason);
  return dropped;
}

void Fulfillment::settle_missing(std::int32_t order_line, std::int32_t qty, const std::string& reason) {
  std::int32_t& reported = facts.shorts[order_line];
  const std::int32_t here = std::min(reported, qty);
  reported -= here;
  is_dirty_ = true;
  if (qty > here) (void)drop_units(order_line, qty - here, reason);
}

void Fulfillment::reduce_cod(std::int64_t amount) {
  if (!view.cod || !view.packages.empty() || !is_in_house(status())) return;
  const std::int64_t left = std::max<std::int64_t>(view.cod->amount() - amount, 0);
  if (left == 0) {
    view.cod.reset();
  } else {
    view.cod = Money(left, view.cod->currency());
  }
  ++view.version;
  is_dirty_ = true;
}

void Fulfillment::line_shorted(std::int32_t order_line, const std::string& sku, std::int32_t qty) {
  add(v1::LineShorted{.fulfillment_id = view.id,
                      .order_id = view.order_id,
                      .line = order_line,
                      .sku = sku,
                      .qty = qty,
                      .resolution = "cancelled",
                      .warehouse_id = view.warehouse_id});
}

}  // namespace emporion::fulfillment
