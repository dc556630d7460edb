#pragma once

#include "kernel/postgres/rows.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"

namespace emporion::payment {

/// The columns that `read_payment` and `read_refund` expect, in their order.
#define EMP_PAYMENT_COLUMNS                                                                                                                                  \
  "p.id, p.order_id, p.order_number, p.attempt_no, p.customer_id, p.method, p.provider, p.amount, p.currency, p.captured_amount, p.refunded_amount, "        \
  "p.reduced_amount, "                                                                                                                                       \
  "p.collected_amount, p.status, p.provider_ref, p.provider_txn_id, p.provider_token, p.card_brand, p.card_last4, p.next_action::text, p.decline_category, " \
  "p.decline_code, p.assessment_id, p.force_3ds, p.return_url, p.auth_expires_at, p.window_ends_at, p.captured_at, p.capture_asked_at, p.capture_amount, "   \
  "p.void_requested_at, p.void_reason, p.superseded, p.next_run_at, p.run_tries, p.transaction_seq, p.version, p.created_at, p.updated_at"
#define EMP_REFUND_COLUMNS                                                                                                                                 \
  "r.id, r.payment_id, p.order_id, r.amount, p.currency, r.reason, r.source, r.status, r.provider_ref, r.idem_key, r.tries, r.next_run_at, r.created_at, " \
  "r.finished_at, p.provider, r.held, r.target"

/// Number of columns of a payment: what follows them in a row starts here.
constexpr int payment_columns = 39;

Payment read_payment(const postgres::Row& row);
Refund read_refund(const postgres::Row& row);

}  // namespace emporion::payment
