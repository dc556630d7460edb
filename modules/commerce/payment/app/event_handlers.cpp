#include "modules/commerce/payment/app/event_handlers.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

/// What each seller's lines were worth without their cancelled units; delivery and fees are the shop's.
std::vector<SellerShare> shares_of(const order::v1::OrderCompleted& event) {
  std::map<std::string, std::int64_t> worth;
  const auto& totals = event.totals;
  worth[std::string(own_seller)] = std::max<std::int64_t>(totals.shipping.amount() - totals.shipping_discount.amount() + totals.payment_fee.amount(), 0);
  for (const auto& line : event.lines) {
    if (line.qty <= 0) continue;
    worth[line.seller_id ? line.seller_id->to_string() : std::string(own_seller)] += line.total.amount() / line.qty * (line.qty - line.cancelled_qty);
  }
  std::vector<SellerShare> out;
  for (const auto& [seller, weight] : worth) out.push_back({seller, weight});
  return out;
}

}  // namespace

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<order::v1::OrderCancelled>(this, &EventHandlers::on_order_cancelled);
  subscriptions.on<order::v1::OrderLineCancelled>(this, &EventHandlers::on_line_cancelled);
  subscriptions.on<order::v1::OrderCompleted>(this, &EventHandlers::on_order_completed);
  subscriptions.on<shipping::v1::CodCollected>(this, &EventHandlers::on_cod_collected);
  subscriptions.on<shipping::v1::ShipmentReturnedToSender>(this, &EventHandlers::on_returned_to_sender);
  subscriptions.on<auth::v1::PrincipalRegistered>(this, &EventHandlers::on_principal_registered);
}

Task<Result<>> EventHandlers::on_principal_registered(postgres::UnitOfWork& work, messaging::Envelope envelope, auth::v1::PrincipalRegistered event) {
  // Imported accounts are as old as the shop that they come from.
  if (event.realm != "customer" || event.source == "import") co_return Result<>();
  co_return co_await store_.remember_account(work, event.principal_id, envelope.occurred_at);
}

Task<Result<>> EventHandlers::on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event) {
  const Uuid order_id = event.order_id;
  EMP_CO_TRY(co_await store_.close_order(work, order_id, clock_.now()));
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, order_id));
  for (LockedPayment& locked : payments) {
    locked.around.order_closed = true;
    if (event.came_back.value_or(false) && locked.payment.status == Status::pending_collection) {
      // Shipping's own news of the parcel may come later.
      const std::int64_t due = locked.payment.cash_due();
      EMP_CO_TRY(co_await reduce_cash(work, std::move(locked), due, "refused at the door", Status::failed, envelope.trace));
    } else if (is_live(locked.payment.status)) {
      EMP_CO_TRY(co_await book_.give_up(work, std::move(locked), event.reason.value_or("order cancelled"), envelope.trace));
    } else if (is_successful(locked.payment.status) && locked.around.refunds_sum + locked.around.charged_back < locked.payment.captured_amount) {
      const std::string key = text("order:", order_id, locked.payment.superseded ? text(":", locked.payment.id) : "");
      EMP_CO_TRY(
          co_await book_.request_refund(work, std::move(locked), std::nullopt, "cancel", event.reason.value_or("order cancelled"), key, true, envelope.trace));
    }
  }
  co_return co_await refunds_.close_credit(work, order_id, event.reason.value_or("order cancelled"), envelope.trace);
}

Task<Result<>> EventHandlers::on_line_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderLineCancelled event) {
  if (event.refund.is_zero()) co_return Result<>();
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, event.order_id));
  EMP_CO_ASSIGN(const OrderCredit credit, co_await refunds_.credit_of(work, event.order_id));
  const std::string key = text("line:", event.order_id, ":", event.line_no, ":", event.seq);
  RefundSplit split = split_of_what_is_left(event.refund.amount(), {0, credit.left});
  for (LockedPayment& locked : payments) {
    const Payment& payment = locked.payment;
    if (payment.superseded) continue;
    if (payment.status == Status::pending_collection) {
      // Without credit the whole refund leaves the cash, as ever; with credit only what is still to come in.
      split = split_of_what_is_left(event.refund.amount(), {std::max<std::int64_t>(0, payment.cash_due() - payment.collected_amount), credit.left});
      const std::int64_t less = credit.left > 0 ? split.from_payment : event.refund.amount();
      // What credit pays for stands without cash: nothing has failed.
      EMP_CO_TRY(co_await reduce_cash(work, std::move(locked), less, "line cancelled", credit.left > 0 ? Status::voided : Status::failed, envelope.trace));
      break;
    }
    if (is_successful(payment.status)) {
      // Never more than is left: fees and rounding stay with the order.
      split = split_of_what_is_left(event.refund.amount(),
                                    {std::max<std::int64_t>(0, payment.captured_amount - locked.around.refunds_sum - locked.around.charged_back), credit.left});
      if (split.from_payment > 0)
        EMP_CO_TRY(co_await book_.request_refund(work, std::move(locked), split.from_payment, "cancel", event.reason, key, true, envelope.trace));
      break;
    }
  }
  co_return co_await refunds_.give_credit_back(work, credit, split.to_credit, key, event.reason, envelope.trace);
}

Task<Result<>> EventHandlers::on_order_completed(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCompleted event) {
  co_return co_await escrow_.complete(work, event.order_id, shares_of(event), envelope.trace);
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
      co_return co_await open_case(work, payment, text(to_string(payment.status), " expected ", event.expected.amount(), " of ", payment.cash_due()),
                                   text(event.amount.amount(), " ", event.amount.currency()), text("cod:", event.shipment_id));
    }
    payment.collected_amount += event.amount.amount();
    co_return co_await settle_cash(work, std::move(locked), text("parcel ", event.shipment_id), Status::failed, envelope.trace);
  }
  observe::warning("cash was reported for an order without a payment on delivery", {{"order_id", event.order_id.to_string()}});
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_returned_to_sender(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentReturnedToSender event) {
  if (!event.cod || event.cod->is_zero() || event.direction != "outbound") co_return Result<>();
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, event.order_id));
  for (LockedPayment& locked : payments) {
    if (locked.payment.method != "cod" || locked.payment.superseded || locked.payment.status != Status::pending_collection) continue;
    co_return co_await reduce_cash(work, std::move(locked), event.cod->amount(), "refused at the door", Status::failed, envelope.trace);
  }
  co_return Result<>();
}

Task<Result<>> EventHandlers::reduce_cash(postgres::UnitOfWork& work, LockedPayment locked, std::int64_t amount, std::string reason, Status without_cash,
                                          Uuid trace) {
  locked.payment.reduced_amount = std::min(locked.payment.amount.amount(), locked.payment.reduced_amount + amount);
  co_return co_await settle_cash(work, std::move(locked), std::move(reason), without_cash, trace);
}

Task<Result<>> EventHandlers::settle_cash(postgres::UnitOfWork& work, LockedPayment locked, std::string reason, Status without_cash, Uuid trace) {
  const Payment& payment = locked.payment;
  const std::int64_t due = payment.cash_due();
  const std::int64_t collected = payment.collected_amount;
  if (due == 0) {
    if (without_cash == Status::failed) locked.payment.decline_category = "customer_cancelled";
    EMP_CO_TRY(co_await book_.move(
        work, std::move(locked), without_cash, 0,
        TransactionNote{"collect", Status::pending_collection, without_cash, 0, without_cash == Status::failed ? "failed" : "succeeded", std::move(reason)},
        trace));
    co_return Result<>();
  }
  if (collected >= due) {
    EMP_CO_TRY(co_await book_.move(work, std::move(locked), Status::captured, collected,
                                   TransactionNote{"collect", Status::pending_collection, Status::captured, collected, "succeeded", std::move(reason)}, trace));
    co_return Result<>();
  }
  Effects effects;
  effects.notes.push_back(
      TransactionNote{"collect", Status::pending_collection, std::nullopt, collected, "succeeded", text(std::move(reason), ", ", due, " due")});
  co_return co_await store_.save(work, locked.payment, std::move(effects), clock_.now(), trace);
}

Task<Result<>> EventHandlers::open_case(postgres::UnitOfWork& work, const Payment& payment, std::string ours, std::string theirs, std::string key) {
  observe::error("cash on delivery does not agree with what was expected", {{"payment_id", payment.id.to_string()}, {"ours", ours}, {"theirs", theirs}});
  const UtcTime now = clock_.now();
  co_return co_await store_.open_case(work, PaymentCase{payment.id, "cod_mismatch", std::move(ours), std::move(theirs), std::move(key)}, Uuid::v7(now, random_),
                                      now);
}

}  // namespace emporion::payment
