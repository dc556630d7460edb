#include "modules/commerce/payment/adapters/postgres/events.hpp"

#include "contracts/commerce/payment/v1/payment_events.hpp"
#include "kernel/messaging/outbox.hpp"

namespace emporion::payment {
namespace {

template <typename Event>
postgres::Bound row_of(const Payment& payment, const Uuid& trace) {
  Event event;
  event.payment_id = payment.id;
  event.order_id = payment.order_id;
  event.attempt_no = payment.attempt_no;
  event.method = payment.method;
  event.provider = payment.provider;
  event.amount = payment.amount;
  event.currency = std::string(payment.amount.currency().code());
  event.captured_amount = Money(payment.captured_amount, payment.amount.currency());
  if (payment.decline_category) event.decline = v1::PaymentDeclineFact{*payment.decline_category, payment.decline_code};
  event.seq = payment.version;
  event.superseded = payment.superseded;
  return messaging::outbox_row(event, payment.id, payment.version, trace);
}

template <typename Event>
postgres::Bound refund_row_of(const Payment& payment, const Refund& refund, bool full, const Uuid& trace) {
  Event event;
  event.refund_id = refund.id;
  event.payment_id = payment.id;
  event.order_id = payment.order_id;
  event.amount = refund.amount;
  event.total_refunded = Money(payment.refunded_amount, payment.amount.currency());
  event.source = refund.source;
  event.full = full;
  return messaging::outbox_row(event, payment.id, payment.version, trace);
}

}  // namespace

postgres::Bound announcement(const Payment& payment, Status status, const Uuid& trace) {
  switch (status) {
    case Status::requires_action: return row_of<v1::PaymentActionRequired>(payment, trace);
    case Status::authorized: return row_of<v1::PaymentAuthorized>(payment, trace);
    case Status::captured: return row_of<v1::PaymentCaptured>(payment, trace);
    case Status::failed: return row_of<v1::PaymentFailed>(payment, trace);
    case Status::voided: return row_of<v1::PaymentVoided>(payment, trace);
    case Status::expired: return row_of<v1::PaymentExpired>(payment, trace);
    default: break;
  }
  EMP_ASSERT(false);  // Only the statuses above are announced.
  return row_of<v1::PaymentFailed>(payment, trace);
}

postgres::Bound refund_announcement(std::string_view topic, const Payment& payment, const Refund& refund, bool full, const Uuid& trace) {
  if (topic == v1::RefundRequested::topic) return refund_row_of<v1::RefundRequested>(payment, refund, full, trace);
  if (topic == v1::RefundCompleted::topic) return refund_row_of<v1::RefundCompleted>(payment, refund, full, trace);
  return refund_row_of<v1::RefundFailed>(payment, refund, full, trace);
}

}  // namespace emporion::payment
