#include "modules/logistics/fulfillment/app/triggers.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/logistics/fulfillment/app/workflow.hpp"
#include "modules/logistics/fulfillment/domain/parcels.hpp"

namespace emporion::fulfillment {
namespace {

template <typename T>
std::vector<T> one(T value) {
  std::vector<T> out;
  out.push_back(std::move(value));
  return out;
}

template <typename Fact>
v1::Address address_of(const Fact& fact) {
  return {fact.name, fact.phone, fact.company, fact.country, fact.region_code, fact.city, fact.district, fact.ward, fact.line1, fact.line2, fact.postal_code};
}

Fulfillment& in_warehouse(std::map<Uuid, Fulfillment>& all, const order::v1::OrderConfirmed& event, const order::v1::OrderAllocationFact& allocation) {
  const auto [found, is_new] = all.try_emplace(allocation.warehouse_id);
  Fulfillment& out = found->second;
  if (!is_new) return out;
  v1::Fulfillment& view = out.view;
  view.id = fulfillment_id(event.order_id, allocation.warehouse_id, 1);
  view.order_id = event.order_id;
  view.warehouse_id = allocation.warehouse_id;
  view.reservation_id = allocation.reservation_id;
  view.generation = 1;
  view.status = v1::FulfillmentStatus::pending;
  view.service_level = "standard";
  view.address = address_of(event.shipping_address);
  out.facts.number = event.order_number;
  out.facts.currency = event.currency;
  out.facts.customer_id = event.customer_id;
  out.facts.payment_id = event.payment.payment_id;
  for (const auto& group : event.shipment_groups) {
    if (group.warehouse_id != allocation.warehouse_id) continue;
    view.carrier = group.carrier;
    view.shipping_quote_id = group.quote_id;
    if (group.service_level) view.service_level = *group.service_level;
    out.facts.method_id = group.method_id;
  }
  return out;
}

std::int64_t value_of(const Fulfillment& fulfillment) {
  std::int64_t out = 0;
  for (const auto& item : fulfillment.view.items) out += item.value ? item.value->amount() : 0;
  return out;
}

}  // namespace

std::vector<Fulfillment> fulfillments_of(const order::v1::OrderConfirmed& event, UtcTime confirmed_at, const Uuid& trace) {
  std::map<Uuid, Fulfillment> by_warehouse;
  for (const auto& line : event.lines) {
    std::vector<std::int64_t> shares;
    for (const auto& allocation : line.allocations) shares.push_back(allocation.qty);
    const bool has_units = std::any_of(shares.begin(), shares.end(), [](std::int64_t qty) { return qty > 0; });
    const auto values = has_units ? allocate(line.total.amount(), shares) : std::vector<std::int64_t>(shares.size(), 0);
    for (std::size_t i = 0; i < line.allocations.size(); ++i) {
      const auto& allocation = line.allocations[i];
      if (allocation.qty <= 0) continue;
      Fulfillment& fulfillment = in_warehouse(by_warehouse, event, allocation);
      const Money value(values[i], line.total.currency());
      if (v1::FulfillmentItem* there = item_of(fulfillment, line.line_no)) {
        there->qty += allocation.qty;
        there->value = *there->value + value;
      } else {
        fulfillment.view.items.push_back({.order_line = line.line_no,
                                          .sku = line.sku,
                                          .qty = allocation.qty,
                                          .picked = 0,
                                          .packed = 0,
                                          .short_qty = 0,
                                          .cancelled = 0,
                                          .weight_g = std::nullopt,
                                          .value = value});
      }
    }
  }
  std::vector<Fulfillment> out;
  for (auto& [warehouse, fulfillment] : by_warehouse) {
    fulfillment.trace = trace;
    fulfillment.view.ship_by = confirmed_at + time_to_ship(fulfillment.view.service_level);
    out.push_back(std::move(fulfillment));
  }
  std::sort(out.begin(), out.end(), [](const Fulfillment& a, const Fulfillment& b) { return a.view.id < b.view.id; });
  if (event.payment.method == "cod") {
    std::vector<std::int64_t> values;
    std::vector<std::int64_t> quantities;
    for (const Fulfillment& fulfillment : out) {
      values.push_back(value_of(fulfillment));
      quantities.push_back(fulfillment.units_open());
    }
    // Credit has paid its part already.
    const Money due = event.totals.amount_due.value_or(event.totals.grand_total);
    const auto cash = split_cash(due.amount(), values, quantities);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (cash[i] > 0) out[i].view.cod = Money(cash[i], due.currency());
    }
  }
  return out;
}

void Triggers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on_many<order::v1::OrderConfirmed>(this, &Triggers::on_orders_confirmed);
  subscriptions.on<order::v1::OrderCancelled>(this, &Triggers::on_order_cancelled);
  subscriptions.on<order::v1::OrderLineCancelled>(this, &Triggers::on_line_cancelled);
  subscriptions.on<order::v1::OrderAddressChanged>(this, &Triggers::on_address_changed);
  subscriptions.on<warehouse::v1::ReservationResourced>(this, &Triggers::on_resourced);
  subscriptions.on<warehouse::v1::ReservationShorted>(this, &Triggers::on_shorted);
  subscriptions.on<warehouse::v1::WarehouseStatusChanged>(this, &Triggers::on_warehouse_status);
  subscriptions.on<warehouse::v1::ReturnReceived>(this, &Triggers::on_return_received);
  subscriptions.on<shipping::v1::LabelGenerated>(this, &Triggers::on_label);
  subscriptions.on<shipping::v1::BookingFailed>(this, &Triggers::on_booking_failed);
  subscriptions.on<shipping::v1::ShipmentDispatched>(this, &Triggers::on_dispatched);
  subscriptions.on<shipping::v1::ShipmentDelivered>(this, &Triggers::on_delivered);
  subscriptions.on<shipping::v1::ShipmentReturnedToSender>(this, &Triggers::on_returned_to_sender);
  subscriptions.on<shipping::v1::ShipmentLost>(this, &Triggers::on_lost);
}

Task<Result<>> Triggers::on_orders_confirmed(postgres::UnitOfWork& work, std::vector<messaging::Heard<order::v1::OrderConfirmed>> orders) {
  std::vector<Uuid> ids;
  for (const auto& order : orders) ids.push_back(order.event.order_id);
  EMP_CO_ASSIGN(auto locked, co_await store_.lock_orders(work, std::move(ids)));
  std::map<Uuid, OrderBook> books;
  for (OrderBook& book : locked) books.emplace(book.order_id, std::move(book));
  std::vector<Fulfillment> all;
  for (const auto& [envelope, event] : orders) {
    OrderBook& book = books.at(event.order_id);
    if (book.is_cancelled) continue;
    auto of_order = fulfillments_of(event, envelope.occurred_at, envelope.trace);
    if (event.reservation_version && !of_order.empty()) {
      book.reservation_id = of_order.front().view.reservation_id;
      book.reservation_version = event.reservation_version;
    }
    std::move(of_order.begin(), of_order.end(), std::back_inserter(all));
  }
  EMP_CO_TRY(co_await store_.insert(work, std::move(all)));
  for (auto& [id, book] : books) {
    if (book.is_cancelled) continue;
    if (book.has_news) {
      EMP_CO_TRY(co_await catch_up(work, std::move(book)));
    } else if (book.reservation_version) {
      EMP_CO_TRY(co_await store_.save_order(work, std::move(book)));
    }
  }
  co_return Result<>();
}

Task<Result<>> Triggers::on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderCancelled event) {
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, one(event.order_id)));
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, event.order_id));
  for (Fulfillment& fulfillment : all) {
    if (is_in_house(fulfillment.status())) EMP_CO_TRY(fulfillment.cancel(event.reason.value_or("order cancelled")));
    if (fulfillment.status() == Status::shipped) EMP_CO_TRY(fulfillment.expect_return());
  }
  EMP_CO_TRY(co_await store_.save(work, std::move(all)));
  if (books.front().has_news) EMP_CO_TRY(co_await store_.take_news(work, event.order_id));
  books.front().has_news = false;
  books.front().is_cancelled = true;
  co_return co_await store_.save_order(work, std::move(books.front()));
}

Task<Result<>> Triggers::on_line_cancelled(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderLineCancelled event) {
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, one(event.order_id)));
  OrderBook& book = books.front();
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, event.order_id));
  std::int32_t& credit = book.credits[event.line_no];
  const std::int32_t agreed = std::min(credit, event.qty);
  credit -= agreed;
  std::int32_t left = event.allocations.empty() ? 0 : event.qty - agreed;
  std::int64_t refund = event.refund.amount();
  for (const auto& allocation : event.allocations) {
    for (Fulfillment& fulfillment : all) {
      if (fulfillment.view.warehouse_id != allocation.warehouse_id) continue;
      if (left > 0) left -= fulfillment.drop_units(event.line_no, std::min(left, allocation.qty), event.reason);
    }
  }
  // The cash that is not due any more leaves the first parcels that have any; their sum is what counts.
  for (Fulfillment& fulfillment : all) {
    const std::int64_t before = fulfillment.view.cod ? fulfillment.view.cod->amount() : 0;
    fulfillment.reduce_cod(refund);
    refund -= before - (fulfillment.view.cod ? fulfillment.view.cod->amount() : 0);
  }
  if (left > 0)
    observe::warning("fulfillment: cancelled units are picked already",
                     {{"order", event.order_id.to_string()}, {"line", text(event.line_no)}, {"qty", text(left)}});
  EMP_CO_TRY(co_await store_.save(work, std::move(all)));
  co_return co_await store_.save_order(work, std::move(book));
}

Task<Result<>> Triggers::on_address_changed(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderAddressChanged event) {
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, event.order_id));
  for (Fulfillment& fulfillment : all) {
    if (!is_in_house(fulfillment.status()) || !fulfillment.view.packages.empty()) continue;
    fulfillment.view.address = address_of(event.shipping_address);
    ++fulfillment.view.version;
    fulfillment.touch();
  }
  co_return co_await store_.save(work, std::move(all));
}

Task<Result<>> Triggers::on_warehouse_status(postgres::UnitOfWork&, messaging::Envelope, warehouse::v1::WarehouseStatusChanged event) {
  // What it cannot send any more is moved line by line: each move comes as warehouse.reservation.resourced or shorted.
  observe::info("fulfillment: a warehouse changed", {{"warehouse", event.id.to_string()}, {"to", event.to}});
  co_return Result<>();
}

Task<Result<>> Triggers::on_return_received(postgres::UnitOfWork& work, messaging::Envelope, warehouse::v1::ReturnReceived event) {
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, event.order_id));
  for (Fulfillment& fulfillment : all) {
    const bool is_it = std::any_of(fulfillment.view.packages.begin(), fulfillment.view.packages.end(),
                                   [&](const auto& package) { return package.shipment_id == event.shipment_id; });
    if (is_it && fulfillment.status() == Status::compensation_pending) EMP_CO_TRY(fulfillment.compensate());
  }
  co_return co_await store_.save(work, std::move(all));
}

Task<Result<>> Triggers::on_label(postgres::UnitOfWork& work, messaging::Envelope, shipping::v1::LabelGenerated event) {
  if (!event.fulfillment_id || !event.tracking_number) co_return Result<>();
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(*event.fulfillment_id)));
  for (Fulfillment& fulfillment : locked) EMP_CO_TRY(fulfillment.attach_label(event.package_id, event.shipment_id, event.carrier, *event.tracking_number));
  co_return co_await store_.save(work, std::move(locked));
}

Task<Result<>> Triggers::on_booking_failed(postgres::UnitOfWork&, messaging::Envelope, shipping::v1::BookingFailed event) {
  // The package stays ready (F-I5): Shipping goes on trying, and its label comes when a carrier accepts it.
  observe::warning("fulfillment: no carrier accepted a package", {{"package", event.package_id.to_string()}, {"reason", event.reason}});
  co_return Result<>();
}

// Without it a parcel that comes back before anybody scanned its handover would be released and received: its units would be on sale twice.
Task<Result<>> Triggers::on_dispatched(postgres::UnitOfWork& work, messaging::Envelope, shipping::v1::ShipmentDispatched event) {
  if (!event.fulfillment_id || event.direction != "outbound") co_return Result<>();
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(*event.fulfillment_id)));
  for (Fulfillment& fulfillment : locked) EMP_CO_TRY(fulfillment.count_pick_up(event.package_id));
  co_return co_await store_.save(work, std::move(locked));
}

Task<Result<>> Triggers::on_delivered(postgres::UnitOfWork& work, messaging::Envelope, shipping::v1::ShipmentDelivered event) {
  if (!event.fulfillment_id || event.direction != "outbound") co_return Result<>();
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(*event.fulfillment_id)));
  for (Fulfillment& fulfillment : locked) EMP_CO_TRY(fulfillment.count_delivery(event.package_id));
  co_return co_await store_.save(work, std::move(locked));
}

Task<Result<>> Triggers::on_returned_to_sender(postgres::UnitOfWork& work, messaging::Envelope, shipping::v1::ShipmentReturnedToSender event) {
  if (!event.fulfillment_id) co_return Result<>();
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(*event.fulfillment_id)));
  for (Fulfillment& fulfillment : locked) {
    if (fulfillment.status() == Status::shipped) EMP_CO_TRY(fulfillment.expect_return());
  }
  co_return co_await store_.save(work, std::move(locked));
}

Task<Result<>> Triggers::on_lost(postgres::UnitOfWork&, messaging::Envelope, shipping::v1::ShipmentLost event) {
  // It did leave the warehouse; what the customer gets instead is the order's to decide.
  observe::warning("fulfillment: a parcel is lost", {{"package", event.package_id.to_string()}, {"order", event.order_id.to_string()}});
  co_return Result<>();
}

}  // namespace emporion::fulfillment
