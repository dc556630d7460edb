#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/logistics/fulfillment/v1/fulfillment_api.hpp"
#include "contracts/logistics/fulfillment/v1/fulfillment_events.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/fulfillment/app/order_facts.hpp"
#include "modules/logistics/fulfillment/domain/lifecycle.hpp"

namespace emporion::fulfillment {

/// One pick that Warehouse is told of.
struct Scan {
  Uuid fulfillment_id;
  std::int32_t line_no = 0;
  std::string scan_id;
  std::int32_t order_line = 0;
  std::int32_t qty = 0;
  std::int32_t short_qty = 0;
  bool is_done = false;
};

/// What one warehouse sends for one order. Each step checks, changes, and collects the events to be written with it.
/// F-I1: per item picked + short + cancelled ≤ qty and packed ≤ picked; F-I2: packages hold each packed unit once.
class Fulfillment {
 public:
  v1::Fulfillment view;
  std::optional<v1::Picklist> picklist;
  OrderFacts facts;
  std::optional<Status> held;
  std::int32_t scans_open = 0;
  Uuid trace;

  Status status() const noexcept { return static_cast<Status>(static_cast<int>(view.status) - 1); }
  std::int32_t units_picked() const;
  std::int32_t units_open() const;  ///< Neither picked, short nor cancelled.
  bool has_all_labels() const;
  std::int32_t labels_missing() const;
  bool is_dirty() const noexcept { return is_dirty_; }
  /// The outbox rows of the steps since the last call.
  std::vector<postgres::Bound> take_events() { return std::exchange(events_, {}); }

  v1::FulfillmentCreated created() const;
  Result<> plan();
  /// One line per item with open units, in the order of SKUs: the walk of a warehouse whose bins we do not know.
  Result<> make_picklist(Uuid id, std::string number);
  Result<> assign(Uuid assignee);
  /// `is_first`: no other fulfillment of the order was started before.
  Result<> start(bool is_first);
  /// Counts found and missing units. Errors: WRONG_ITEM, OVER_PICK, ILLEGAL_TRANSITION.
  Result<Scan> record_scan(std::int32_t line_no, std::string scan_id, std::string_view sku, std::int32_t qty, std::int32_t short_qty);
  void finish_scan(const Scan& scan);
  /// Warehouse refused it: it never was.
  void take_back_scan(const Scan& scan);
  /// Everything is accounted for. Without a single unit it is cancelled. Errors: PICK_INCOMPLETE.
  Result<> finish_picking();
  Result<> start_packing();
  /// Errors: PACKAGES_INCOMPLETE, WEIGHT_MISMATCH, OVER_LIMIT.
  Result<> pack(const std::vector<v1::NewPackage>& packages);
  Result<> make_ready();
  Result<> attach_label(Uuid package_id, Uuid shipment_id, std::string carrier, std::string tracking_number);
  /// The scan of the handover, of all packages that the carrier has not scanned itself. Errors: LABEL_MISSING, PACKAGES_INCOMPLETE.
  Result<> ship(const std::vector<Uuid>& package_ids);
  /// The carrier scanned a package: it has left, whether or not the handover was scanned here. The last one ships all. A repeat changes nothing.
  Result<> count_pick_up(Uuid package_id);
  Result<> complete();
  /// In house: cancelled, picked units go back to the shelf. Errors: ALREADY_SHIPPED; PICK_IN_PROGRESS (transient) while a scan is not settled.
  Result<> cancel(std::string reason);
  Result<> expect_return();
  Result<> compensate();
  Result<> hold(std::string reason);
  Result<> resume();
  /// Takes up to `qty` unpicked units out of a line; answers how many. Without anything left it is cancelled.
  std::int32_t drop_units(std::int32_t order_line, std::int32_t qty, const std::string& reason);
  /// Warehouse found a place for missing units elsewhere, or has none: so many of `qty` were reported here, the others are taken out.
  void settle_missing(std::int32_t order_line, std::int32_t qty, const std::string& reason);
  /// Counts an arrival once per package; the last one completes it.
  Result<> count_delivery(Uuid package_id);
  /// Less cash to be collected, while nothing is packed.
  void reduce_cod(std::int64_t amount);
  void line_shorted(std::int32_t order_line, const std::string& sku, std::int32_t qty);
  void touch() { is_dirty_ = true; }

 private:
  bool is_ready() const noexcept { return status() == Status::ready || (status() == Status::on_hold && held == Status::ready); }  ///< Held or not.
  Result<> move(Status to);
  v1::FulfillmentItem* item(std::int32_t order_line);
  template <typename Event>
  void add(const Event& event);
  template <typename Count>
  auto facts_of(Count count) const;

  std::vector<postgres::Bound> events_;
  bool is_dirty_ = false;
};

}  // namespace emporion::fulfillment
