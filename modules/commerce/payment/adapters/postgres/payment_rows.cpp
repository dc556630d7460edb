#include "modules/commerce/payment/adapters/postgres/payment_rows.hpp"

namespace emporion::payment {

using Text = std::optional<std::string>;
using Time = std::optional<UtcTime>;

Payment read_payment(const postgres::Row& row) {
  int column = 0;
  const auto next = [&column] { return column++; };
  Payment out;
  out.id = row.get<Uuid>(next());
  out.order_id = row.get<Uuid>(next());
  out.order_number = row.get<Text>(next());
  out.attempt_no = row.get<std::int32_t>(next());
  out.customer_id = row.get<std::optional<Uuid>>(next());
  out.method = row.get<std::string>(next());
  out.provider = row.get<std::string>(next());
  const auto amount = row.get<std::int64_t>(next());
  out.amount = Money(amount, Currency::of(row.get<std::string>(next())));
  out.captured_amount = row.get<std::int64_t>(next());
  out.refunded_amount = row.get<std::int64_t>(next());
  out.reduced_amount = row.get<std::int64_t>(next());
  out.collected_amount = row.get<std::int64_t>(next());
  const auto status = parse_status(row.get<std::string>(next()));
  EMP_ASSERT(status.has_value());
  out.status = *status;
  out.provider_ref = row.get<Text>(next());
  out.provider_txn_id = row.get<Text>(next());
  out.provider_token = row.get<Text>(next());
  out.card_brand = row.get<Text>(next());
  out.card_last4 = row.get<Text>(next());
  out.next_action = row.get<Text>(next());
  out.decline_category = row.get<Text>(next());
  out.decline_code = row.get<Text>(next());
  out.assessment_id = row.get<Uuid>(next());
  out.force_3ds = row.get<bool>(next());
  out.return_url = row.get<Text>(next());
  out.auth_expires_at = row.get<Time>(next());
  out.window_ends_at = row.get<Time>(next());
  out.captured_at = row.get<Time>(next());
  out.capture_asked_at = row.get<Time>(next());
  out.capture_amount = row.get<std::optional<std::int64_t>>(next());
  out.void_requested_at = row.get<Time>(next());
  out.void_reason = row.get<Text>(next());
  out.superseded = row.get<bool>(next());
  out.next_run_at = row.get<Time>(next());
  out.run_tries = row.get<std::int32_t>(next());
  out.transaction_seq = row.get<std::int32_t>(next());
  out.version = row.get<std::int64_t>(next());
  out.created_at = row.get<UtcTime>(next());
  out.updated_at = row.get<UtcTime>(next());
  EMP_ASSERT(column == payment_columns);
  return out;
}

Refund read_refund(const postgres::Row& row) {
  Refund out;
  out.id = row.get<Uuid>(0);
  out.payment_id = row.get<Uuid>(1);
  out.order_id = row.get<Uuid>(2);
  out.amount = Money(row.get<std::int64_t>(3), Currency::of(row.get<std::string>(4)));
  out.reason = row.get<std::string>(5);
  out.source = row.get<std::string>(6);
  out.status = row.get<std::string>(7);
  out.provider_ref = row.get<Text>(8);
  out.key = row.get<std::string>(9);
  out.tries = row.get<std::int32_t>(10);
  out.next_run_at = row.get<Time>(11);
  out.created_at = row.get<UtcTime>(12);
  out.finished_at = row.get<Time>(13);
  out.provider = row.get<std::string>(14);
  out.held = row.get<bool>(15);
  out.target = row.get<std::string>(16);
  return out;
}

}  // namespace emporion::payment
