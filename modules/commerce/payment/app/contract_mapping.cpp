#include "modules/commerce/payment/app/contract_mapping.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::payment {
namespace {

template <typename Enum>
Enum enum_of(std::string_view text) {
  Enum out{};
  const bool known = from_string(text, out);
  EMP_ASSERT(known);  // We wrote it ourselves.
  return out;
}

}  // namespace

bool sees_provider(const Principal& reader) { return reader.realm == Realm::staff || reader.realm == Realm::service; }

v1::PaymentStatus to_contract(Status status) { return enum_of<v1::PaymentStatus>(to_string(status)); }

v1::Payment to_contract(const Payment& payment, std::int64_t refunds_sum, const Principal& reader) {
  const Currency currency = payment.amount.currency();
  v1::Payment out;
  out.id = payment.id;
  out.order_id = payment.order_id;
  out.attempt_no = payment.attempt_no;
  out.method = enum_of<v1::PaymentMethod>(payment.method);
  out.provider = payment.provider;
  out.amount = payment.amount;
  out.captured = Money(payment.captured_amount, currency);
  out.refunded = Money(std::max(refunds_sum, payment.refunded_amount), currency);
  out.status = to_contract(payment.status);
  if (payment.next_action) {
    auto action = parse_json<v1::NextAction>(*payment.next_action);
    if (action) out.next_action = std::move(*action);
  }
  if (payment.decline_category) {
    v1::Decline decline;
    if (!from_string(*payment.decline_category, decline.category)) decline.category = v1::DeclineCategory::generic;
    if (sees_provider(reader)) decline.provider_code = payment.decline_code;
    out.decline = std::move(decline);
  }
  if (sees_provider(reader)) out.provider_ref = payment.provider_ref;
  out.assessment_id = payment.assessment_id;
  out.auth_expires_at = payment.auth_expires_at;
  out.window_ends_at = payment.window_ends_at;
  out.capture_pending = payment.status == Status::authorized && payment.capture_asked_at.has_value();
  out.void_requested = payment.void_requested_at.has_value();
  out.superseded = payment.superseded;
  out.card_brand = payment.card_brand;
  out.card_last4 = payment.card_last4;
  out.customer_id = payment.customer_id;
  out.version = payment.version;
  out.created_at = payment.created_at;
  out.updated_at = payment.updated_at;
  return out;
}

v1::Refund to_contract(const Refund& refund) {
  v1::Refund out;
  out.id = refund.id;
  out.payment_id = refund.payment_id;
  out.order_id = refund.order_id;
  out.amount = refund.amount;
  out.reason = refund.reason;
  out.source = enum_of<v1::RefundSource>(refund.source);
  out.status = enum_of<v1::RefundStatus>(refund.status);
  out.created_at = refund.created_at;
  out.finished_at = refund.finished_at;
  if (refund.target != "source") out.target = enum_of<v1::RefundTarget>(refund.target);
  return out;
}

v1::RiskAssessment to_contract(const StoredAssessment& assessment) {
  v1::RiskAssessment out;
  out.id = assessment.id;
  out.score = assessment.score.score;
  out.decision = enum_of<v1::RiskDecision>(to_string(assessment.score.decision));
  out.force_3ds = assessment.score.force_3ds;
  for (const RiskSignal& signal : assessment.score.signals) {
    v1::RiskSignal row;
    row.name = signal.name;
    row.points = signal.points;
    out.signals.push_back(std::move(row));
  }
  out.rules_version = assessment.rules_version;
  return out;
}

v1::Transaction to_contract(const TransactionRow& row, Currency currency, const Principal& reader) {
  v1::Transaction out;
  out.seq = row.seq;
  out.type = row.note.type;
  if (row.note.from) out.from = to_contract(*row.note.from);
  if (row.note.to) out.to = to_contract(*row.note.to);
  if (row.note.amount) out.amount = Money(*row.note.amount, currency);
  out.outcome = row.note.outcome;
  if (sees_provider(reader)) out.detail = row.note.detail;
  out.at = row.at;
  return out;
}

v1::LedgerEntry to_contract(const LedgerRow& row) {
  v1::LedgerEntry out;
  out.posting_id = row.posting_id;
  out.line_no = row.line_no;
  out.account = row.account;
  out.amount = row.amount;
  out.payment_id = row.payment_id;
  out.order_id = row.order_id;
  out.refund_id = row.refund_id;
  out.cause = row.cause;
  out.at = row.at;
  return out;
}

}  // namespace emporion::payment
