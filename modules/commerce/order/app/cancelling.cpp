#include "modules/commerce/order/app/cancelling.hpp"

#include <algorithm>
#include <utility>

#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/postgres/idempotency.hpp"

namespace emporion::order {
namespace {

Error not_cancellable(std::string_view status, std::string_view why) {
  return Error(ErrorKind::conflict, "ORDER_NOT_CANCELLABLE", std::string(why)).with("status", status);
}

v1::OrderLineCancelled event_of(const OrderState& order, const LineState& line, const CancelledUnits& units, std::int32_t seq, std::string reason) {
  v1::OrderLineCancelled event;
  event.order_id = order.id;
  event.line_no = units.line_no;
  event.qty = units.qty;
  event.refund = Money(value_of_units(line.money, line.counters.cancelled - units.qty, units.qty), order.grand_total.currency());
  event.seq = seq;
  event.sku = line.sku;
  for (const AllocatedUnits& part : units.allocations) {
    v1::OrderAllocationFact fact;
    fact.warehouse_id = part.warehouse_id;
    fact.qty = part.qty;
    fact.reservation_id = part.reservation_id;
    event.allocations.push_back(fact);
  }
  event.reason = std::move(reason);
  return event;
}

std::string edit_json(const std::vector<CancelledUnits>& units) {
  std::string out = "[";
  for (const CancelledUnits& row : units) out += text(out.size() > 1 ? "," : "", R"({"line_no":)", row.line_no, R"(,"qty":)", row.qty, "}");
  return out + "]";
}

}  // namespace

Task<Result<std::optional<v1::Order>>> Cancelling::undo(CallContext context, Uuid order_id, std::optional<Uuid> saga_id, std::string reason) {
  for (bool again = false;; again = true) {
    EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
    const auto order = co_await store_.lock(work, order_id);
    if (!order) {
      if (order.error().reason() != "ORDER_NOT_FOUND") co_return fail(order.error());
      EMP_CO_TRY(co_await work.commit());
      if (again) co_return std::optional<v1::Order>();
      EMP_CO_TRY(co_await store_.leave_tombstone(order_id, saga_id));
      continue;  // The order may have come between the two.
    }
    if (order->status != Status::cancelled) {
      // Checkout has asked for the payment's undo before it comes here, and its saga has ended any review.
      Facts facts = order->facts();
      facts.undo_requested = true;
      facts.review_ended = true;
      if (!judge(order->status, Status::cancelled, Actor::checkout, facts))
        co_return fail(not_cancellable(to_string(order->status), "the order is past its checkout"));
      Move move{.order_id = order_id, .to = Status::cancelled, .actor = "checkout"};
      move.reason = reason;
      move.cancel_by = "system";
      move.trace = context.trace;
      EMP_CO_TRY(co_await store_.move(work, std::move(move)));
    }
    EMP_CO_TRY(co_await work.commit());
    EMP_CO_ASSIGN(auto cancelled, co_await store_.load(order_id));
    co_return std::optional(std::move(cancelled));
  }
}

Task<Result<v1::CancelOrderResponse>> Cancelling::hand_to_checkout(CallContext context, v1::Order order, std::string reason) {
  const auto answer = co_await neighbours_.abandon_checkout(context, order.session_id, std::move(reason), text("order:", order.id, ":cancel"));
  if (!answer) {
    if (answer.error().is_transient()) co_return fail(answer.error());
    co_return fail(not_cancellable(to_string(order.status), "the checkout has passed the point of no return; try again in a moment"));
  }
  v1::CancelOrderResponse out;
  out.status_code = 202;
  EMP_CO_ASSIGN(out.order, co_await store_.load(order.id));
  co_return out;
}

Task<Result<v1::CancelOrderResponse>> Cancelling::cancel(CallContext context, v1::Order order, std::string reason, Actor actor, Cause cause) {
  v1::CancelOrderResponse out;
  out.status_code = 200;
  if (order.status == v1::OrderStatus::cancelled) {
    out.order = std::move(order);
    co_return out;
  }
  if (order.status == v1::OrderStatus::pending_payment || order.status == v1::OrderStatus::fraud_review)
    co_return co_await hand_to_checkout(std::move(context), std::move(order), std::move(reason));
  if (order.status != v1::OrderStatus::confirmed && order.status != v1::OrderStatus::processing)
    co_return fail(not_cancellable(to_string(order.status), "it is on its way or over"));
  // Also a confirmed order: its start may be known to Fulfillment before the event has come here.
  EMP_CO_TRY(co_await neighbours_.ask_fulfillment(context, order.id, {}, reason, text("order:", order.id, ":cancel")));

  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto locked, co_await store_.lock(work, order.id));
  if (locked.status != Status::cancelled) {
    Facts facts = locked.facts();
    facts.fulfillment_agrees = true;
    if (!judge(locked.status, Status::cancelled, actor, facts)) co_return fail(not_cancellable(to_string(locked.status), "it is on its way or over"));
    Move move{.order_id = order.id, .to = Status::cancelled, .actor = cause.actor};
    move.actor_id = cause.actor_id;
    move.reason = std::move(reason);
    move.cancel_by = cause.cancel_by;
    move.trace = context.trace;
    EMP_CO_TRY(co_await store_.move(work, std::move(move)));
  }
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_ASSIGN(out.order, co_await store_.load(order.id));
  co_return out;
}

Task<Result<v1::Order>> Cancelling::cancel_items(CallContext context, v1::CancelItemsRequest request, Cause cause) {
  const std::string cause_id =
      text("order:", request.id, ":items:", Uuid::from_name(text(cause.actor, cause.actor_id ? cause.actor_id->to_string() : "", context.idempotency_key)));
  const postgres::IdempotencyScope scope{text(cause.actor, ":", cause.actor_id ? cause.actor_id->to_string() : ""), "order.cancel_items",
                                         context.idempotency_key, to_json(request)};
  // Judged once before Fulfillment is asked, so that it is never asked for what cannot be; and again under the lock.
  for (const bool is_last : {false, true}) {
    EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
    EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
    if (first) co_return parse_json<v1::Order>(first->body);
    EMP_CO_ASSIGN(auto order, co_await store_.lock(work, request.id));
    if (order.status != Status::confirmed && order.status != Status::processing)
      co_return fail(not_cancellable(to_string(order.status), "it is not confirmed, on its way, or over"));
    std::vector<CancelledUnits> units;
    for (const v1::CancelItem& item : request.items) {
      if (std::ranges::count(request.items, item.line_no, &v1::CancelItem::line_no) > 1) {
        co_return fail(Error(ErrorKind::invalid_argument, "DUPLICATE_LINE", "name a line once").with("line_no", item.line_no));
      }
      LineState* line = order.find_line(item.line_no);
      if (line == nullptr || !line->counters.cancel(item.qty)) {
        const std::int32_t cancellable = line == nullptr ? 0 : line->counters.live() - line->counters.shipped;
        co_return fail(Error(ErrorKind::rule_violated, "QTY_TOO_LARGE", "more units than can be cancelled")
                           .with("line_no", item.line_no)
                           .with("cancellable", cancellable));
      }
      units.push_back({item.line_no, item.qty, take_allocated(*line, item.qty)});
    }
    if (!is_last) {
      {
        const auto dropped = std::move(work);
      }  // Rolls back: nothing may be open while another module is called.
      EMP_CO_TRY(co_await neighbours_.ask_fulfillment(context, request.id, request.items, request.reason, cause_id));
      continue;
    }
    cause.trace = context.trace;
    EMP_CO_TRY(co_await save_cancelled(work, order, std::move(units), request.reason, cause));
    EMP_CO_ASSIGN(auto answer, co_await store_.load_in(work, request.id));
    EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {200, to_json(answer)}));
    EMP_CO_TRY(co_await work.commit());
    co_return answer;
  }
  co_return fail(ErrorKind::internal, "UNREACHED");
}

Task<Result<>> Cancelling::save_cancelled(postgres::UnitOfWork& work, OrderState& order, std::vector<CancelledUnits> units, std::string reason, Cause cause) {
  EMP_CO_TRY(co_await store_.save_lines(work, order));
  EMP_CO_ASSIGN(
      const std::int32_t seq,
      co_await store_.add_edit(work, order.id,
                               Edit{.kind = "cancel_items", .before = "null", .after = edit_json(units), .actor = cause.actor, .actor_id = cause.actor_id}));
  const bool nothing_left = order.facts().units_live == 0;
  if (nothing_left) {
    // The whole order goes: its cancellation gives back everything at once, so no line speaks for itself.
    Move move{.order_id = order.id, .to = Status::cancelled, .actor = cause.actor};
    move.actor_id = cause.actor_id;
    move.reason = std::move(reason);
    move.event_id = cause.event_id;
    move.trace = cause.trace;
    move.cancel_by = cause.cancel_by;
    order.status = Status::cancelled;
    co_return co_await store_.move(work, std::move(move));
  }
  std::vector<postgres::Bound> events;
  for (const CancelledUnits& row : units) {
    events.push_back(messaging::outbox_row(event_of(order, *order.find_line(row.line_no), row, seq, reason), order.id, order.version + 1, cause.trace));
  }
  EMP_CO_TRY(co_await work.run_together(std::move(events)));
  co_return Result<>();
}

}  // namespace emporion::order
