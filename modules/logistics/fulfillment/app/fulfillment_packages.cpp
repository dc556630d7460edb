#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "kernel/base/text.hpp"
#include "modules/logistics/fulfillment/app/fulfillment_inner.hpp"
#include "modules/logistics/fulfillment/domain/parcels.hpp"

namespace emporion::fulfillment {
namespace {

Error incomplete(std::string why) { return Error(ErrorKind::rule_violated, "PACKAGES_INCOMPLETE", std::move(why)); }

}  // namespace

std::int32_t Fulfillment::labels_missing() const {
  return static_cast<std::int32_t>(
      std::count_if(view.packages.begin(), view.packages.end(), [](const auto& package) { return is_live(package) && !package.tracking_number; }));
}

bool Fulfillment::has_all_labels() const { return labels_missing() == 0; }

Result<> Fulfillment::start_packing() {
  if (status() == Status::packing) return {};
  return move(Status::packing);
}

Result<> Fulfillment::pack(const std::vector<v1::NewPackage>& packages) {
  if (status() == Status::packed) return {};
  EMP_TRY(check_move(status(), Status::packed));
  std::map<std::int32_t, std::int64_t> units;
  std::set<Uuid> ids;
  std::vector<std::int64_t> values;
  std::vector<std::int64_t> quantities;
  for (const auto& package : packages) {
    std::int64_t expected_g = packaging_g;
    bool is_weight_known = true;
    std::int64_t value = 0;
    std::int64_t quantity = 0;
    if (!ids.insert(package.id).second) return fail(incomplete("a package is named twice"));
    for (const auto& packed_item : package.items) {
      const v1::FulfillmentItem* of = item(packed_item.order_line);
      if (of == nullptr) return fail(incomplete(text("line ", packed_item.order_line, " is not part of it")));
      units[packed_item.order_line] += packed_item.qty;
      quantity += packed_item.qty;
      if (of->value && of->qty > 0) value += of->value->amount() / of->qty * packed_item.qty;
      is_weight_known = is_weight_known && of->weight_g && *of->weight_g > 0;
      expected_g += std::int64_t{of->weight_g.value_or(0)} * packed_item.qty;
    }
    if (package.weight_g > parcel_g_max)
      return fail(Error(ErrorKind::rule_violated, "OVER_LIMIT", "a parcel weighs 30 kg at most").with("weight_g", package.weight_g));
    if (is_weight_known && !weight_fits(expected_g, package.weight_g)) {
      return fail(Error(ErrorKind::rule_violated, "WEIGHT_MISMATCH", "it does not weigh what its units weigh")
                      .with("expected_g", expected_g)
                      .with("weight_g", package.weight_g));
    }
    values.push_back(value);
    quantities.push_back(quantity);
  }
  for (const auto& of : view.items) {
    if (units[of.order_line] != of.picked) return fail(incomplete(text("line ", of.order_line, ": ", units[of.order_line], " packed, ", of.picked, " picked")));
  }
  // Ties go to the lower id, so the packages are ordered by id first.
  std::vector<std::size_t> order(packages.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return packages[a].id < packages[b].id; });
  std::vector<std::int64_t> sorted_values;
  std::vector<std::int64_t> sorted_quantities;
  for (const std::size_t at : order) {
    sorted_values.push_back(values[at]);
    sorted_quantities.push_back(quantities[at]);
  }
  const auto cash = view.cod ? split_cash(view.cod->amount(), sorted_values, sorted_quantities) : std::vector<std::int64_t>(packages.size(), 0);
  EMP_TRY(move(Status::packed));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& from = packages[order[i]];
    v1::Package package;
    package.id = from.id;
    package.status = v1::PackageStatus::created;
    package.weight_g = from.weight_g;
    package.length_mm = from.length_mm;
    package.width_mm = from.width_mm;
    package.height_mm = from.height_mm;
    package.items = from.items;
    if (cash[i] > 0) package.cod = Money(cash[i], view.cod->currency());
    view.packages.push_back(std::move(package));
  }
  for (auto& of : view.items) of.packed = of.picked;
  add(v1::FulfillmentPacked{.fulfillment_id = view.id, .order_id = view.order_id, .package_count = static_cast<std::int32_t>(packages.size())});
  return {};
}

Result<> Fulfillment::make_ready() {
  if (status() == Status::ready) return {};
  EMP_TRY(check_move(status(), Status::ready));
  for (const auto& package : view.packages) {
    if (is_live(package) && package.weight_g <= 0) return fail(ErrorKind::conflict, "NOT_MEASURED", "a package has no weight");
  }
  EMP_TRY(move(Status::ready));
  const v1::Address& to = view.address;
  for (auto& package : view.packages) {
    if (!is_live(package)) continue;
    package.status = v1::PackageStatus::ready;
    v1::PackageReadied event;
    event.package_id = package.id;
    event.order_id = view.order_id;
    event.order_number = facts.number;
    event.fulfillment_id = view.id;
    event.warehouse_id = view.warehouse_id;
    event.customer_id = facts.customer_id;
    event.weight_g = package.weight_g;
    event.length_mm = package.length_mm;
    event.width_mm = package.width_mm;
    event.height_mm = package.height_mm;
    event.cod = package.cod;
    event.currency = facts.currency;
    event.address = {to.name, to.phone, to.company, to.country, to.region_code, to.city, to.district, to.ward, to.line1, to.line2, to.postal_code};
    event.carrier = view.carrier;
    event.service_level = view.service_level;
    event.method_id = facts.method_id;
    event.quote_id = view.shipping_quote_id;
    event.payment_id = facts.payment_id;
    for (const auto& packed_item : package.items)
      event.items.push_back({.line = packed_item.order_line, .sku = item(packed_item.order_line)->sku, .qty = packed_item.qty});
    add(event);
  }
  add(v1::FulfillmentReadied{.fulfillment_id = view.id, .order_id = view.order_id});
  return {};
}

Result<> Fulfillment::attach_label(Uuid package_id, Uuid shipment_id, std::string carrier, std::string tracking_number) {
  for (auto& package : view.packages) {
    if (package.id != package_id || package.status != v1::PackageStatus::ready) continue;
    package.status = v1::PackageStatus::labelled;
    package.shipment_id = shipment_id;
    package.carrier = carrier;
    package.tracking_number = tracking_number;
    ++view.version;
    is_dirty_ = true;
  }
  return {};
}

Result<> Fulfillment::ship(const std::vector<Uuid>& package_ids) {
  if (status() == Status::shipped) return {};
  EMP_TRY(check_move(status(), Status::shipped));
  if (!has_all_labels()) return fail(Error(ErrorKind::conflict, "LABEL_MISSING", "a package is not booked yet").with("missing", labels_missing()));
  std::set<Uuid> scanned(package_ids.begin(), package_ids.end());
  std::set<Uuid> all;
  for (const auto& package : view.packages) {
    if (is_live(package)) all.insert(package.id);
    if (package.status == v1::PackageStatus::handed_over) scanned.insert(package.id);
  }
  if (scanned != all) return fail(incomplete("scan all packages of it, and no others"));
  EMP_TRY(move(Status::shipped));
  v1::FulfillmentShipped event{.fulfillment_id = view.id,
                               .order_id = view.order_id,
                               .reservation_id = view.reservation_id,
                               .warehouse_id = view.warehouse_id,
                               .lines = facts_of([](const auto& i) { return i.packed; }),
                               .packages = {}};
  for (auto& package : view.packages) {
    if (!is_live(package)) continue;
    package.status = v1::PackageStatus::handed_over;
    event.packages.push_back({.package_id = package.id, .shipment_id = package.shipment_id, .tracking_number = package.tracking_number});
  }
  add(event);
  return {};
}

Result<> Fulfillment::count_pick_up(Uuid package_id) {
  // A hold is a wish; what the carrier has, it has.
  if (!is_ready()) return {};
  bool is_all = true;
  for (auto& package : view.packages) {
    if (package.id == package_id && is_live(package) && package.status != v1::PackageStatus::handed_over) {
      package.status = v1::PackageStatus::handed_over;
      ++view.version;
      is_dirty_ = true;
    }
    is_all = is_all && (!is_live(package) || package.status == v1::PackageStatus::handed_over);
  }
  if (!is_all || !has_all_labels()) return {};
  EMP_TRY(resume());
  return ship({});
}

Result<> Fulfillment::count_delivery(Uuid package_id) {
  if (std::find(facts.delivered.begin(), facts.delivered.end(), package_id) != facts.delivered.end()) return {};
  facts.delivered.push_back(package_id);
  is_dirty_ = true;
  const bool is_all = std::all_of(view.packages.begin(), view.packages.end(), [&](const auto& package) {
    return !is_live(package) || std::find(facts.delivered.begin(), facts.delivered.end(), package.id) != facts.delivered.end();
  });
  return is_all && status() == Status::shipped ? complete() : Result<>();
}

}  // namespace emporion::fulfillment
