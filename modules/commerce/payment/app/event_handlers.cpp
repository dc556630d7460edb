#include "modules/commerce/payment/app/event_handlers.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<order::v1::OrderCancelled>(this, &EventHandlers::on_order_cancelled);
  subscriptions.on<order::v1::OrderLineCancelled>(this, &EventHandlers::on_line_cancelled);
  subscriptions.on<order::v1::OrderCompleted>(this, &EventHandlers::on_order_completed);
  subscriptions.on<shipping::v1::CodCollected>(this, &EventHandlers::on_cod_collected);
  subscriptions.on<shipping::v1::ShipmentReturnedToSender>(this, &EventHandlers::on_returned_to_sender);
}

Task<Result<>> EventHandlers::on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event) {
  const Uuid order_id = event.order_id;
  EMP_CO_TRY(co_await store_.close_order(work, order_id, clock_.now()));
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, order_id));
  for (LockedPayment& locked : payments) {
    locked.around.order_closed = true;
    if (is_live(locked.payment.status)) {
      EMP_CO_TRY(co_await book_.give_up(work, std::move(locked), event.reason.value_or("order cancelled"), envelope.trace));
    } else if (is_successful(locked.payment.status) && locked.around.refunds_sum < locked.payment.captured_amount) {
      const std::string key = text("order:", order_id, locked.payment.superseded ? text(":", locked.payment.id) : "");
      EMP_CO_TRY(co_await book_.request_refund(work, std::move(locked), std::nullopt, "cancel", event.reason.value_or("order cancelled"), key, true, envelope.trace));
    }
  }
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_line_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderLineCancelled event) {
  if (event.refund.is_zero()) co_return Result<>();
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, event.order_id));
  for (LockedPayment& locked : payments) {
    if (locked.payment.superseded) continue;
    if (locked.payment.status == Status::pending_collection) {
      co_return co_await reduce_cash(work, std::move(locked), event.refund.amount(), "line cancelled", envelope.trace);
    }
    if (is_successful(locked.payment.status)) {
      const std::string key = text("line:", event.order_id, ":", event.line_no, ":", event.seq);
      // Never more than is left: fees and rounding stay with the order.
      const std::int64_t left = locked.payment.captured_amount - locked.around.refunds_sum;
      const std::int64_t amount = std::min(event.refund.amount(), left);
      if (amount <= 0) co_return Result<>();
      EMP_CO_TRY(co_await book_.request_refund(work, std::move(locked), amount, "cancel", event.reason, key, true, envelope.trace));
      co_return Result<>();
    }
  }
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_order_completed(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderCompleted event) {
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, event.order_id));
  for (LockedPayment& locked : payments) {
    const Payment& payment = locked.payment;
    if (payment.superseded || !is_successful(payment.status)) continue;
    const Posting posting = posting_of_release(Money(payment.captured_amount, payment.amount.currency()));
    EMP_CO_TRY(co_await store_.post_ledger(work, payment, std::nullopt, posting, Uuid::from_name(text("release:", payment.id)), clock_.now()));
  }
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_cod_collected(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::CodCollected event) {
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, event.order_id));
  for (LockedPayment& locked : payments) {
    Payment& payment = locked.payment;
    if (payment.method != "cod" || payment.superseded) continue;
    const bool fits = payment.status == Status::pending_collection && event.amount == event.expected && event.amount.currency() == payment.amount.currency() &&
                      payment.collected_amount + event.amount.amount() <= payment.cash_due();
    EMP_CO_ASSIGN(const bool is_first, co_await store_.insert_cod_report(work, event.shipment_id, payment.id, event.amount.amount(), fits, clock_.now()));
    if (!is_first) co_return Result<>();
    if (!fits) {
      co_return co_await open_case(work, payment, text(to_string(payment.status), " expected ", event.expected.amount(), " of ", payment.cash_due()), text(event.amount.amount(), " ", event.amount.currency()),
                                   text("cod:", event.shipment_id));
    }
    payment.collected_amount += event.amount.amount();
    co_return co_await settle_cash(work, std::move(locked), text("parcel ", event.shipment_id), envelope.trace);
  }
  observe::warning("cash was reported for an order without a payment on delivery", {{"order_id", event.order_id.to_string()}});
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_returned_to_sender(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentReturnedToSender event) {
  if (!event.cod || event.cod->is_zero() || event.direction != "outbound") co_return Result<>();
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, event.order_id));
  for (LockedPayment& locked : payments) {
    if (locked.payment.method != "cod" || locked.payment.superseded || locked.payment.status != Status::pending_collection) continue;
    co_return co_await reduce_cash(work, std::move(locked), event.cod->amount(), "refused at the door", envelope.trace);
  }
  co_return Result<>();
}

Task<Result<>> EventHandlers::reduce_cash(postgres::UnitOfWork& work, LockedPayment locked, std::int64_t amount, std::string reason, Uuid trace) {
  locked.payment.reduced_amount = std::min(locked.payment.amount.amount(), locked.payment.reduced_amount + amount);
  co_return co_await settle_cash(work, std::move(locked), std::move(reason), trace);
}

Task<Result<>> EventHandlers::settle_cash(postgres::UnitOfWork& work, LockedPayment locked, std::string reason, Uuid trace) {
  const Payment& payment = locked.payment;
  const std::int64_t due = payment.cash_due();
  const std::int64_t collected = payment.collected_amount;
  if (due == 0) {
    locked.payment.decline_category = "customer_cancelled";
    EMP_CO_TRY(co_await book_.move(work, std::move(locked), Status::failed, 0, TransactionNote{"collect", Status::pending_collection, Status::failed, 0, "failed", std::move(reason)}, trace));
    co_return Result<>();
  }
  if (collected >= due) {
    EMP_CO_TRY(co_await book_.move(work, std::move(locked), Status::captured, collected,
                                   TransactionNote{"collect", Status::pending_collection, Status::captured, collected, "succeeded", std::move(reason)}, trace));
    co_return Result<>();
  }
  Effects effects;
  effects.notes.push_back(TransactionNote{"collect", Status::pending_collection, std::nullopt, collected, "succeeded", text(std::move(reason), ", ", due, " due")});
  co_return co_await store_.save(work, locked.payment, std::move(effects), clock_.now(), trace);
}

Task<Result<>> EventHandlers::open_case(postgres::UnitOfWork& work, const Payment& payment, std::string ours, std::string theirs, std::string key) {
  observe::error("cash on delivery does not agree with what was expected", {{"payment_id", payment.id.to_string()}, {"ours", ours}, {"theirs", theirs}});
  const UtcTime now = clock_.now();
  co_return co_await store_.open_case(work, PaymentCase{payment.id, "cod_mismatch", std::move(ours), std::move(theirs), std::move(key)}, Uuid::v7(now, random_), now);
}

}  // namespace emporion::payment
