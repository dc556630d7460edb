#include "modules/commerce/order/app/event_handlers.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/order/domain/progress.hpp"

namespace emporion::order {
namespace {

bool is_unknown_order(const Error& error) { return error.reason() == "ORDER_NOT_FOUND"; }

/// Counts the parcel's units; refuses as a whole if they do not fit the order's lines.
Result<> count_units(OrderState& order, const std::vector<shipping::v1::ShipmentItemFact>& items, const std::optional<std::string>& known,
                     std::string_view status) {
  for (const auto& item : items) {
    LineState* line = order.find_line(item.line);
    if (line == nullptr) return fail(ErrorKind::rule_violated, "LINE_UNKNOWN", text("line ", item.line));
    if (!known) EMP_TRY(line->counters.ship(item.qty));
    if (status == "delivered") EMP_TRY(line->counters.deliver(item.qty));
    if (status == "undelivered") EMP_TRY(line->counters.fail_delivery(item.qty));
  }
  return {};
}

}  // namespace

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<payment::v1::PaymentAuthorized>(this, &EventHandlers::on_payment_authorized);
  subscriptions.on<payment::v1::PaymentCaptured>(this, &EventHandlers::on_payment_captured);
  subscriptions.on<payment::v1::PaymentFailed>(this, &EventHandlers::on_payment_failed);
  subscriptions.on<payment::v1::PaymentVoided>(this, &EventHandlers::on_payment_voided);
  subscriptions.on<payment::v1::PaymentExpired>(this, &EventHandlers::on_payment_expired);
  subscriptions.on<payment::v1::RefundCompleted>(this, &EventHandlers::on_refund_completed);
  subscriptions.on<payment::v1::CreditReturned>(this, &EventHandlers::on_credit_returned);
  subscriptions.on<fulfillment::v1::FulfillmentStarted>(this, &EventHandlers::on_fulfillment_started);
  subscriptions.on<fulfillment::v1::FulfillmentRejected>(this, &EventHandlers::on_fulfillment_rejected);
  subscriptions.on<fulfillment::v1::LineShorted>(this, &EventHandlers::on_line_shorted);
  subscriptions.on<warehouse::v1::ReservationResourced>(this, &EventHandlers::on_reservation_resourced);
  subscriptions.on<warehouse::v1::ReturnReceived>(this, &EventHandlers::on_return_received);
  subscriptions.on<shipping::v1::ShipmentDispatched>(this, &EventHandlers::on_shipment_dispatched);
  subscriptions.on<shipping::v1::ShipmentDelivered>(this, &EventHandlers::on_shipment_delivered);
  subscriptions.on<shipping::v1::ShipmentReturnedToSender>(this, &EventHandlers::on_shipment_returned);
  subscriptions.on<shipping::v1::ShipmentLost>(this, &EventHandlers::on_shipment_lost);
}

// --- Payment ---

template <typename Event>
Task<Result<>> EventHandlers::take_payment(postgres::UnitOfWork& work, Uuid trace, Event event, std::string status) {
  if (event.superseded) co_return Result<>();  // Money that this order no longer waits for goes back by itself.
  co_return co_await store_.set_payment(work, event.order_id, event.payment_id, event.attempt_no, event.seq, event.provider, std::move(status), trace);
}

Task<Result<>> EventHandlers::on_payment_authorized(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentAuthorized event) {
  co_return co_await take_payment(work, envelope.trace, std::move(event), "authorized");
}
Task<Result<>> EventHandlers::on_payment_captured(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentCaptured event) {
  co_return co_await take_payment(work, envelope.trace, std::move(event), "captured");
}
Task<Result<>> EventHandlers::on_payment_failed(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentFailed event) {
  co_return co_await take_payment(work, envelope.trace, std::move(event), "failed");
}
Task<Result<>> EventHandlers::on_payment_voided(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentVoided event) {
  co_return co_await take_payment(work, envelope.trace, std::move(event), "voided");
}
Task<Result<>> EventHandlers::on_payment_expired(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::PaymentExpired event) {
  co_return co_await take_payment(work, envelope.trace, std::move(event), "failed");
}
Task<Result<>> EventHandlers::on_refund_completed(postgres::UnitOfWork& work, messaging::Envelope, payment::v1::RefundCompleted event) {
  co_return co_await store_.set_refunded(work, event.order_id, event.payment_id, event.total_refunded.amount());
}

Task<Result<>> EventHandlers::on_credit_returned(postgres::UnitOfWork& work, messaging::Envelope, payment::v1::CreditReturned event) {
  co_return co_await store_.set_credit_returned(work, event.order_id, event.total_returned.amount());
}

// --- Goods ---

Task<Result<>> EventHandlers::move_by_event(postgres::UnitOfWork& work, Uuid order_id, messaging::Envelope envelope, Status to, Actor actor,
                                            std::optional<std::string> reason) {
  const auto order = co_await store_.lock(work, order_id);
  if (!order) {
    if (!is_unknown_order(order.error())) co_return fail(order.error());
    observe::warning("an event of an unknown order", {{"order_id", order_id.to_string()}, {"topic", envelope.topic}});
    co_return Result<>();
  }
  if (const auto edge = judge(order->status, to, actor, order->facts()); !edge) {
    co_return co_await store_.note_event(work, order_id, envelope.source, std::nullopt, text(envelope.topic, ": ", edge.error().reason()), envelope.event_id);
  }
  Move move{.order_id = order_id, .to = to, .actor = envelope.source};
  move.reason = std::move(reason);
  move.event_id = envelope.event_id;
  move.trace = envelope.trace;
  if (to == Status::cancelled) move.cancel_by = "system";
  co_return co_await store_.move(work, std::move(move));
}

Task<Result<>> EventHandlers::on_fulfillment_started(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentStarted event) {
  co_return co_await move_by_event(work, event.order_id, std::move(envelope), Status::processing, Actor::fulfillment, std::nullopt);
}

Task<Result<>> EventHandlers::on_fulfillment_rejected(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentRejected event) {
  co_return co_await move_by_event(work, event.order_id, std::move(envelope), Status::cancelled, Actor::fulfillment,
                                   text("fulfillment rejected: ", event.reason));
}

Task<Result<>> EventHandlers::on_return_received(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReturnReceived event) {
  co_return co_await move_by_event(work, event.order_id, std::move(envelope), Status::cancelled, Actor::warehouse, "delivery failed and the goods are back");
}

Task<Result<>> EventHandlers::on_line_shorted(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::LineShorted event) {
  auto order = co_await store_.lock(work, event.order_id);
  if (!order) {
    if (!is_unknown_order(order.error())) co_return fail(order.error());
    co_return Result<>();
  }
  LineState* line = order->find_line(event.line);
  const bool open = order->status == Status::confirmed || order->status == Status::processing || order->status == Status::partially_shipped;
  if (line == nullptr || !open || !line->counters.cancel(event.qty)) {
    co_return co_await store_.note_event(work, event.order_id, envelope.source, std::nullopt, text(envelope.topic, " of line ", event.line, " does not fit"),
                                         envelope.event_id);
  }
  (void)take_allocated(*line, event.qty);  // The warehouse does not hold them any more.
  EMP_CO_TRY(co_await cancelling_.save_cancelled(work, *order, {CancelledUnits{event.line, event.qty, {}}}, "out of stock",
                                                 Cause{envelope.source, std::nullopt, envelope.event_id, envelope.trace, "system"}));
  co_return co_await walk(work, std::move(*order), std::move(envelope), "fulfillment");
}

Task<Result<>> EventHandlers::on_reservation_resourced(postgres::UnitOfWork& work, messaging::Envelope envelope, warehouse::v1::ReservationResourced event) {
  if (!event.order_id) co_return Result<>();
  auto order = co_await store_.lock(work, *event.order_id);
  if (!order) {
    if (!is_unknown_order(order.error())) co_return fail(order.error());
    co_return Result<>();
  }
  const std::int64_t version = envelope.aggregate_version;
  if (!EMP_GUARD("order.move_is_later_than_the_lines", !order->knows(event.reservation_id, version))) co_return Result<>();  // The order was confirmed with it.
  // Before that, the lines may still be those of before the reservation was bound: the confirmation says what they were at some version, and what came after
  // it is applied once more, whether it seemed to fit or not.
  const bool waits = order->status == Status::pending_payment || order->status == Status::fraud_review;
  if (waits) {
    EMP_CO_TRY(co_await store_.keep_move(work, *event.order_id,
                                         {event.reservation_id, version, event.line_no, event.from_warehouse_id, event.to_warehouse_id, event.qty}));
  }
  LineState* line = order->find_line(event.line_no);
  if (line == nullptr || !move_allocated(*line, event.from_warehouse_id, event.to_warehouse_id, event.reservation_id, event.qty)) {
    if (waits) co_return Result<>();
    co_return co_await store_.note_event(work, *event.order_id, envelope.source, std::nullopt,
                                         text(envelope.topic, " of line ", event.line_no, " does not fit"), envelope.event_id);
  }
  EMP_CO_TRY(co_await store_.save_lines(work, *order));
  EMP_CO_TRY(co_await store_.set_reservation(work, *event.order_id, event.reservation_id, version));
  Edit edit{.kind = "allocation",
            .before = text(R"({"line_no":)", event.line_no, R"(,"warehouse_id":")", event.from_warehouse_id, R"(","qty":)", event.qty, "}"),
            .after = text(R"({"line_no":)", event.line_no, R"(,"warehouse_id":")", event.to_warehouse_id, R"(","qty":)", event.qty, "}"),
            .actor = envelope.source};
  EMP_CO_TRY(co_await store_.add_edit(work, *event.order_id, std::move(edit)));
  co_return Result<>();
}

template <typename Event>
EventHandlers::Parcel EventHandlers::parcel_of(const Event& event) {
  return Parcel{event.shipment_id, event.order_id, event.warehouse_id, event.direction, event.tracking_number, event.items};
}

Task<Result<>> EventHandlers::on_shipment_dispatched(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentDispatched event) {
  co_return co_await take_parcel(work, std::move(envelope), parcel_of(event), "dispatched");
}
Task<Result<>> EventHandlers::on_shipment_delivered(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentDelivered event) {
  co_return co_await take_parcel(work, std::move(envelope), parcel_of(event), "delivered");
}
Task<Result<>> EventHandlers::on_shipment_returned(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentReturnedToSender event) {
  co_return co_await take_parcel(work, std::move(envelope), parcel_of(event), "undelivered");
}
Task<Result<>> EventHandlers::on_shipment_lost(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentLost event) {
  co_return co_await take_parcel(work, std::move(envelope), parcel_of(event), "undelivered");
}

Task<Result<>> EventHandlers::take_parcel(postgres::UnitOfWork& work, messaging::Envelope envelope, Parcel parcel, std::string status) {
  if (parcel.direction != "outbound") co_return Result<>();
  auto order = co_await store_.lock(work, parcel.order_id);
  if (!order) {
    if (!is_unknown_order(order.error())) co_return fail(order.error());
    observe::warning("a parcel of an unknown order", {{"order_id", parcel.order_id.to_string()}, {"topic", envelope.topic}});
    co_return Result<>();
  }
  EMP_CO_ASSIGN(const auto known, co_await store_.shipment_status(work, parcel.shipment_id));
  // A parcel goes from dispatched to its end, once; what is told of it later or again moves nothing.
  const bool is_news = !known || (*known == "dispatched" && status != "dispatched");
  const bool may_ship = order->status == Status::confirmed || order->status == Status::processing || order->status == Status::partially_shipped ||
                        order->status == Status::shipped;
  if (!is_news || !may_ship) {
    if (is_news)
      observe::error("a parcel moves for an order that nothing should be sent for",
                     {{"order_id", parcel.order_id.to_string()}, {"status", std::string(to_string(order->status))}});
    co_return co_await store_.note_event(work, parcel.order_id, envelope.source, std::nullopt,
                                         text(envelope.topic, is_news ? ": the order does not ship" : ": known"), envelope.event_id);
  }
  OrderState counted = *order;
  if (const auto fits = count_units(counted, parcel.items, known, status); !fits) {
    observe::error("a parcel's units do not fit its order", {{"order_id", parcel.order_id.to_string()}, {"error", fits.error().to_string()}});
    co_return co_await store_.note_event(work, parcel.order_id, envelope.source, std::nullopt, text(envelope.topic, ": ", fits.error().reason()),
                                         envelope.event_id);
  }
  EMP_CO_TRY(co_await store_.save_lines(work, counted));
  EMP_CO_TRY(co_await store_.save_shipment(work, parcel.order_id, parcel.shipment_id, parcel.warehouse_id, status, parcel.tracking));
  co_return co_await walk(work, std::move(counted), std::move(envelope), "shipping");
}

Task<Result<>> EventHandlers::walk(postgres::UnitOfWork& work, OrderState order, messaging::Envelope envelope, std::string actor) {
  const auto path = goods_path(order.status, order.facts());
  for (const Transition* edge : path) {
    Move move{.order_id = order.id, .to = edge->to, .actor = actor};
    move.reason = envelope.topic;
    move.event_id = envelope.event_id;
    move.trace = envelope.trace;
    EMP_CO_TRY(co_await store_.move(work, std::move(move)));
  }
  if (path.empty()) co_return co_await store_.note_event(work, order.id, std::move(actor), std::nullopt, envelope.topic, envelope.event_id);
  co_return Result<>();
}

}  // namespace emporion::order
