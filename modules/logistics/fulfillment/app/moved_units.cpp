#include <algorithm>
#include <utility>

#include "kernel/fault/mutation.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"
#include "modules/logistics/fulfillment/app/triggers.hpp"
#include "modules/logistics/fulfillment/app/workflow.hpp"
#include "modules/logistics/fulfillment/domain/parcels.hpp"

// Units that Warehouse moved to another warehouse or gave up, told before or after the order's confirmation (ADR 0037).
namespace emporion::fulfillment {

v1::FulfillmentItem* item_of(Fulfillment& fulfillment, std::int32_t order_line) {
  for (auto& item : fulfillment.view.items) {
    if (item.order_line == order_line) return &item;
  }
  return nullptr;
}

namespace {

/// Of the units that it still is to send, missing ones included until their end is known.
std::int64_t value_left(const Fulfillment& fulfillment) {
  std::int64_t out = 0;
  for (const auto& item : fulfillment.view.items) {
    const auto reported = fulfillment.facts.shorts.find(item.order_line);
    const std::int32_t units = item.qty - item.cancelled - item.short_qty + (reported == fulfillment.facts.shorts.end() ? 0 : reported->second);
    if (item.value && item.qty > 0) out += item.value->amount() / item.qty * units;
  }
  return out;
}

}  // namespace

Task<Result<>> Triggers::catch_up(postgres::UnitOfWork& work, OrderBook book) {
  EMP_CO_ASSIGN(const auto all, co_await store_.take_news(work, book.order_id));
  book.has_news = false;
  EMP_CO_TRY(co_await store_.save_order(work, book));
  for (const EarlyNews& news : all) {
    if (news.topic == warehouse::v1::ReservationShorted::topic) {
      EMP_CO_ASSIGN(auto shorted, parse_json<warehouse::v1::ReservationShorted>(news.data));
      EMP_CO_TRY(co_await settle_short(work, std::move(shorted)));
    } else if (EMP_GUARD("fulfillment.early_move_is_later", !book.knows(news.reservation_id, news.version))) {
      EMP_CO_ASSIGN(auto moved, parse_json<warehouse::v1::ReservationResourced>(news.data));
      const auto done = co_await move_units(work, news.trace, std::move(moved), false);
      if (done) continue;
      if (done.error().reason() != "FULFILLMENT_NOT_THERE") co_return fail(done.error());
      // The order is to be picked all the same; the audit names it.
      observe::error("fulfillment: units left a warehouse that sends none of the order",
                     {{"order", book.order_id.to_string()}, {"event", news.event_id.to_string()}});
    }
  }
  co_return Result<>();
}

template <typename Event>
Task<Result<>> Triggers::keep_for_later(postgres::UnitOfWork& work, OrderBook book, messaging::Envelope envelope, Event event) {
  EMP_CO_TRY(co_await store_.keep_news(
      work, {envelope.event_id, book.order_id, event.reservation_id, envelope.aggregate_version, std::string(Event::topic), to_json(event), envelope.trace}));
  if (book.has_news) co_return Result<>();
  book.has_news = true;
  co_return co_await store_.save_order(work, std::move(book));
}

Task<Result<>> Triggers::on_resourced(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationResourced event) {
  if (!event.order_id) co_return Result<>();  // Not an order's yet: nothing is picked for it.
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, {*event.order_id}));
  OrderBook& book = books.front();
  if (!EMP_GUARD("fulfillment.move_is_later", !book.knows(event.reservation_id, envelope.aggregate_version)))
    co_return Result<>();  // The order was confirmed with it.
  EMP_CO_ASSIGN(const auto all, co_await store_.lock_of_order(work, *event.order_id));
  if (all.empty() && !book.is_cancelled) co_return co_await keep_for_later(work, std::move(book), std::move(envelope), std::move(event));
  co_return co_await move_units(work, envelope.trace, std::move(event), book.is_cancelled);
}

Task<Result<>> Triggers::move_units(postgres::UnitOfWork& work, Uuid trace, warehouse::v1::ReservationResourced event, bool is_cancelled) {
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, *event.order_id));
  Fulfillment* from = nullptr;
  Fulfillment* to = nullptr;
  std::int32_t generation = 1;
  for (Fulfillment& fulfillment : all) {
    // One that its units left before may stand beside the one that they came back to.
    const bool is_source = fulfillment.view.warehouse_id == event.from_warehouse_id && item_of(fulfillment, event.line_no) != nullptr;
    if (is_source && (from == nullptr || !is_in_house(from->status()))) from = &fulfillment;
    if (fulfillment.view.warehouse_id != event.to_warehouse_id) continue;
    generation = std::max(generation, fulfillment.view.generation + 1);
    if ((fulfillment.status() == Status::pending || fulfillment.status() == Status::planning) && !fulfillment.picklist) to = &fulfillment;
  }
  if (from == nullptr && is_cancelled) co_return Result<>();
  if (from == nullptr) co_return fail(ErrorKind::unavailable, "FULFILLMENT_NOT_THERE", "no parcel of the order is sent from the warehouse that the units left");
  const v1::FulfillmentItem moved = *item_of(*from, event.line_no);
  const std::int64_t value = moved.value && moved.qty > 0 ? moved.value->amount() / moved.qty * event.qty : 0;
  const std::int64_t all_value = std::max(value_left(*from), value);
  const std::int64_t cash = from->view.cod && all_value > 0 ? split_cash(from->view.cod->amount(), {value, all_value - value}, {1, 1})[0] : 0;

  Fulfillment fresh;
  const bool is_new = to == nullptr;
  if (is_new) {
    fresh.view = from->view;
    fresh.facts = from->facts;
    fresh.facts.shorts.clear();
    fresh.facts.delivered.clear();
    v1::Fulfillment& view = fresh.view;
    view.warehouse_id = event.to_warehouse_id;
    view.generation = generation;
    view.id = fulfillment_id(*event.order_id, event.to_warehouse_id, generation);
    view.status = v1::FulfillmentStatus::pending;
    view.items.clear();
    view.packages.clear();
    view.cod.reset();
    view.hold_reason.reset();
    view.picklist_id.reset();
    view.attempts = 0;
    view.version = 0;
    fresh.trace = trace;
    to = &fresh;
  }
  if (v1::FulfillmentItem* there = item_of(*to, event.line_no)) {
    there->qty += event.qty;
    if (there->value) there->value = Money(there->value->amount() + value, there->value->currency());
  } else {
    v1::FulfillmentItem added = moved;
    added.qty = event.qty;
    added.picked = added.packed = added.short_qty = added.cancelled = 0;
    if (added.value) added.value = Money(value, added.value->currency());
    to->view.items.push_back(std::move(added));
  }
  if (cash > 0 && from->view.packages.empty()) {
    const Currency currency = from->view.cod->currency();
    to->view.cod = Money((to->view.cod ? to->view.cod->amount() : 0) + cash, currency);
    from->reduce_cod(cash);
  }
  ++to->view.version;
  to->touch();
  from->settle_missing(event.line_no, event.qty, "sent from another warehouse");
  if (is_new) EMP_CO_TRY(co_await store_.insert(work, {fresh}));
  co_return co_await store_.save(work, std::move(all));
}

Task<Result<>> Triggers::on_shorted(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationShorted event) {
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, {event.order_id}));
  EMP_CO_ASSIGN(const auto all, co_await store_.lock_of_order(work, event.order_id));
  if (all.empty() && !books.front().is_cancelled) co_return co_await keep_for_later(work, std::move(books.front()), std::move(envelope), std::move(event));
  co_return co_await settle_short(work, std::move(event));
}

Task<Result<>> Triggers::settle_short(postgres::UnitOfWork& work, warehouse::v1::ReservationShorted event) {
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, event.order_id));
  for (Fulfillment& fulfillment : all) {
    if (fulfillment.view.warehouse_id != event.warehouse_id || item_of(fulfillment, event.line_no) == nullptr) continue;
    fulfillment.line_shorted(event.line_no, event.sku, event.missing);
    fulfillment.settle_missing(event.line_no, event.missing, "nobody has it");
    break;
  }
  co_return co_await store_.save(work, std::move(all));
}

}  // namespace emporion::fulfillment
