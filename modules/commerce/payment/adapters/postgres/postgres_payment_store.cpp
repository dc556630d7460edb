#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"

#include <unordered_map>

#include "kernel/base/text.hpp"
#include "modules/commerce/payment/adapters/postgres/events.hpp"
#include "modules/commerce/payment/adapters/postgres/payment_rows.hpp"

namespace emporion::payment {
namespace {

using postgres::Bound;
using postgres::Effect;
using postgres::Statement;

constexpr Statement find_payment{"payment.find", "SELECT " EMP_PAYMENT_COLUMNS " FROM payment p WHERE p.id = $1", Effect::reads};
constexpr Statement find_payments{"payment.find_all", "SELECT " EMP_PAYMENT_COLUMNS " FROM payment p WHERE p.id = ANY ($1)", Effect::reads};
constexpr Statement find_payment_by_ref{"payment.find_by_ref", "SELECT " EMP_PAYMENT_COLUMNS " FROM payment p WHERE p.provider = $1 AND p.provider_ref = $2",
                                        Effect::reads};
constexpr Statement find_address{"payment.buyer_address", "SELECT COALESCE(address, '') FROM risk_assessment WHERE id = $1", Effect::reads};
constexpr Statement lock_payment{"payment.lock", "SELECT " EMP_PAYMENT_COLUMNS " FROM payment p WHERE p.id = $1 FOR NO KEY UPDATE", Effect::writes};
constexpr Statement lock_order{"payment.lock_order", "SELECT " EMP_PAYMENT_COLUMNS " FROM payment p WHERE p.order_id = $1 ORDER BY p.id FOR NO KEY UPDATE",
                               Effect::writes};
// Read after the lock was granted: what others committed before it is seen.
constexpr Statement read_around{
    "payment.around",
    "SELECT EXISTS (SELECT FROM closed_order c WHERE c.order_id = $2), "
    "  EXISTS (SELECT FROM payment o WHERE o.order_id = $2 AND o.id <> $1 AND NOT o.superseded AND o.status NOT IN ('failed', 'expired', 'voided')), "
    "  (SELECT COALESCE(sum(r.amount), 0)::bigint FROM refund r WHERE r.payment_id = $1 AND r.status <> 'failed'), "
    "  (SELECT p.charged_back_amount FROM payment p WHERE p.id = $1), "
    "  (SELECT COALESCE(sum(d.amount), 0)::bigint FROM dispute d WHERE d.payment_id = $1 AND d.status IN ('opened', 'submitted'))",
    Effect::reads};
constexpr Statement update_payment{"payment.update",
                                   "UPDATE payment SET captured_amount = $2, refunded_amount = $3, reduced_amount = $4, collected_amount = $5, status = $6, "
                                   "provider_ref = $7, provider_txn_id = $8, card_brand = $9, "
                                   "card_last4 = $10, next_action = $11::text::jsonb, decline_category = $12, decline_code = $13, auth_expires_at = $14, "
                                   "captured_at = $15, capture_asked_at = $16, capture_amount = $17, "
                                   "void_requested_at = $18, void_reason = $19, superseded = $20, next_run_at = $21, run_tries = $22, transaction_seq = $23, "
                                   "version = version + 1, updated_at = $24 "
                                   "WHERE id = $1 AND version = $25",
                                   Effect::writes};
constexpr Statement insert_transaction{
    "payment.insert_transaction",
    "INSERT INTO payment_transaction (payment_id, seq, type, from_status, to_status, amount, outcome, detail, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    Effect::writes};
constexpr Statement mark_declined{"payment.mark_declined",
                                  "UPDATE risk_assessment SET declined = true, declines = declines + 1, declined_at = $2 WHERE id = $1", Effect::writes};
constexpr Statement insert_entry{"payment.insert_ledger_entry",
                                 "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, refund_id, cause, at) "
                                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
                                 Effect::writes};
constexpr Statement set_ref{
    "payment.store_ref",
    "UPDATE payment SET provider_ref = $2, updated_at = $3 WHERE id = $1 AND status IN ('created', 'processing') AND void_requested_at IS NULL "
    "AND (provider_ref IS NULL OR provider_ref = $2)",
    Effect::writes};
constexpr Statement set_schedule{"payment.reschedule", "UPDATE payment SET next_run_at = $3, run_tries = $4 WHERE id = $1 AND next_run_at = $2",
                                 Effect::writes};
constexpr Statement claim_payments{"payment.claim_due",
                                   "WITH due AS (SELECT d.id FROM unnest($3::text[], $4::int4[]) AS q (provider, n) CROSS JOIN LATERAL (SELECT o.id FROM "
                                   "payment o WHERE o.provider = q.provider AND "
                                   "    o.next_run_at <= $1 ORDER BY o.next_run_at LIMIT q.n FOR NO KEY UPDATE SKIP LOCKED) d) "
                                   "UPDATE payment p SET next_run_at = $2 FROM due WHERE p.id = due.id RETURNING " EMP_PAYMENT_COLUMNS,
                                   Effect::writes};
constexpr Statement insert_tombstone{"payment.insert_tombstone",
                                     "INSERT INTO payment_tombstone (payment_id, order_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", Effect::writes};
constexpr Statement insert_closed{"payment.close_order", "INSERT INTO closed_order (order_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", Effect::writes};
constexpr Statement insert_report{"payment.insert_cod_report",
                                  "INSERT INTO cod_report (shipment_id, payment_id, amount, counted, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                                  Effect::writes};
constexpr Statement insert_case{"payment.open_case",
                                "INSERT INTO payment_case (id, payment_id, kind, ours, theirs, dedup_key, opened_at, amount, currency, bank_txn_id) "
                                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
                                Effect::writes};
constexpr Statement close_known_case{"payment.close_known_case",
                                     "UPDATE payment_case SET resolution = $2, closed_by = $3, closed_at = $4 WHERE dedup_key = $1 AND closed_at IS NULL",
                                     Effect::writes};
constexpr Statement find_refund_by_id{"payment.find_refund",
                                      "SELECT " EMP_REFUND_COLUMNS " FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.id = $1", Effect::reads};
constexpr Statement find_refund_key{"payment.find_refund_by_key",
                                    "SELECT " EMP_REFUND_COLUMNS " FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.idem_key = $1", Effect::reads};
constexpr Statement find_refund_ref{
    "payment.find_refund_by_ref", "SELECT " EMP_REFUND_COLUMNS " FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.provider_ref = $1", Effect::reads};
constexpr Statement lock_refund_row{"payment.lock_refund",
                                    "SELECT " EMP_REFUND_COLUMNS " FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.id = $1 FOR NO KEY UPDATE OF r",
                                    Effect::writes};
constexpr Statement insert_refund_row{
    "payment.insert_refund",
    "INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, next_run_at, created_at, held, target) VALUES "
    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    Effect::writes};
constexpr Statement update_refund_row{
    "payment.update_refund",
    "UPDATE refund SET status = $2, provider_ref = $3, tries = $4, next_run_at = $5, error = $6, finished_at = $7, held = $8 WHERE id = $1", Effect::writes};
constexpr Statement claim_refund_rows{
    "payment.claim_refunds",
    "WITH due AS (SELECT d.id FROM unnest($3::text[], $4::int4[]) AS q (provider, n) CROSS JOIN LATERAL (SELECT o.id FROM refund o WHERE o.provider = "
    "q.provider AND "
    "    o.next_run_at <= $1 ORDER BY o.next_run_at LIMIT q.n FOR NO KEY UPDATE SKIP LOCKED) d) "
    "UPDATE refund r SET next_run_at = $2, sent_at = COALESCE(r.sent_at, $1) FROM due, payment p WHERE r.id = due.id AND p.id = r.payment_id "
    "RETURNING " EMP_REFUND_COLUMNS,
    Effect::writes};
constexpr Statement insert_webhook_row{"payment.insert_webhook",
                                       "INSERT INTO webhook_event (id, provider, dedup_key, headers, body, received_at, next_run_at, state) "
                                       "VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, CASE WHEN $7::timestamptz IS NULL THEN 'applied' ELSE 'received' END) "
                                       "ON CONFLICT (provider, dedup_key) DO NOTHING",
                                       Effect::writes};
constexpr Statement claim_webhook_rows{
    "payment.claim_webhooks",
    "WITH due AS (SELECT d.id FROM webhook_event d WHERE d.next_run_at <= $1 ORDER BY d.next_run_at, d.id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) "
    "UPDATE webhook_event w SET next_run_at = $2 FROM due WHERE w.id = due.id RETURNING w.id, w.provider, w.body, w.tries",
    Effect::writes};
constexpr Statement finish_webhook_row{"payment.finish_webhook",
                                       "UPDATE webhook_event SET state = $2, outcome = $3, next_run_at = $4, tries = tries + 1 WHERE id = $1", Effect::writes};
constexpr Statement list_payments{
    "payment.list",
    "SELECT " EMP_PAYMENT_COLUMNS
    " FROM payment p WHERE ($1::uuid IS NULL OR p.order_id = $1) AND ($2::uuid IS NULL OR p.customer_id = $2) AND ($3::text IS NULL OR p.status = $3) "
    "AND ($4::timestamptz IS NULL OR (p.created_at, p.id) < ($4, $5::uuid)) ORDER BY p.created_at DESC, p.id DESC LIMIT $6",
    Effect::reads};
constexpr Statement list_transactions{
    "payment.transactions", "SELECT seq, type, from_status, to_status, amount, outcome, detail, at FROM payment_transaction WHERE payment_id = $1 ORDER BY seq",
    Effect::reads};
constexpr Statement list_ledger{
    "payment.ledger",
    "SELECT posting_id, line_no, account, amount, currency, payment_id, order_id, refund_id, cause, at FROM ledger_entry "
    "WHERE ($1::uuid IS NULL OR payment_id = $1) AND ($2::uuid IS NULL OR order_id = $2) AND ($3::text IS NULL OR account = $3) "
    "AND ($4::timestamptz IS NULL OR (at, posting_id, line_no) > ($4, $5::uuid, $6::int4)) ORDER BY at, posting_id, line_no LIMIT $7",
    Effect::reads};

std::optional<std::string> name_of(const std::optional<Status>& status) { return status ? std::optional(std::string(to_string(*status))) : std::nullopt; }

struct QuotaColumns {
  std::vector<std::string> providers;
  std::vector<std::int32_t> counts;
};
QuotaColumns columns_of(const std::vector<ProviderQuota>& quotas) {
  QuotaColumns out;
  for (const ProviderQuota& quota : quotas) {
    out.providers.push_back(quota.provider);
    out.counts.push_back(quota.count);
  }
  return out;
}

std::unexpected<Error> no_payment() { return fail(ErrorKind::not_found, "PAYMENT_NOT_FOUND", "no such payment"); }

Task<Result<LockedPayment>> with_surroundings(postgres::UnitOfWork& work, Payment payment) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(read_around, payment.id, payment.order_id));
  const auto row = rows[0];
  co_return LockedPayment{std::move(payment),
                          Surroundings{row.get<bool>(0), row.get<bool>(1), row.get<std::int64_t>(2), row.get<std::int64_t>(3), row.get<std::int64_t>(4)}};
}

void add_posting(std::vector<Bound>& bounds, const std::optional<Uuid>& payment_id, const std::optional<Uuid>& order_id, const std::optional<Uuid>& refund_id,
                 const Posting& posting, const Uuid& posting_id, UtcTime now) {
  EMP_ASSERT(balance(posting) == 0);
  std::int32_t line = 0;
  for (const LedgerLeg& leg : posting.legs) {
    bounds.push_back(postgres::bind(insert_entry, posting_id, ++line, leg.account, leg.amount, posting.currency.code(), payment_id, order_id, refund_id,
                                    posting.cause, now));
  }
}

}  // namespace

Task<Result<Payment>> PostgresPaymentStore::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_payment, id));
  if (rows.empty()) co_return no_payment();
  co_return read_payment(rows[0]);
}

Task<Result<std::vector<Result<Payment>>>> PostgresPaymentStore::find_all(std::vector<Uuid> ids) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_payments, ids));
  std::unordered_map<Uuid, Payment> found;
  for (const auto row : rows) {
    auto payment = read_payment(row);
    found.emplace(payment.id, std::move(payment));
  }
  std::vector<Result<Payment>> out;
  for (const Uuid& id : ids) {
    const auto one = found.find(id);
    if (one != found.end()) {
      out.emplace_back(one->second);
    } else {
      out.emplace_back(no_payment());
    }
  }
  co_return out;
}

Task<Result<std::optional<Payment>>> PostgresPaymentStore::find_by_ref(std::string provider, std::string ref) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_payment_by_ref, provider, ref));
  if (rows.empty()) co_return std::optional<Payment>();
  co_return std::optional(read_payment(rows[0]));
}

Task<Result<std::string>> PostgresPaymentStore::buyer_address(Uuid assessment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_address, assessment_id));
  co_return rows.empty() ? std::string() : rows[0].get<std::string>(0);
}

Task<Result<postgres::UnitOfWork>> PostgresPaymentStore::begin(CallContext context) { co_return co_await database_.begin(std::move(context)); }

Task<Result<LockedPayment>> PostgresPaymentStore::lock(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_payment, id));
  if (rows.empty()) co_return no_payment();
  co_return co_await with_surroundings(work, read_payment(rows[0]));
}

Task<Result<std::vector<LockedPayment>>> PostgresPaymentStore::lock_of_order(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_order, order_id));
  std::vector<LockedPayment> out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto locked, co_await with_surroundings(work, read_payment(row)));
    out.push_back(std::move(locked));
  }
  co_return out;
}

Task<Result<>> PostgresPaymentStore::save(postgres::UnitOfWork& work, Payment payment, Effects effects, UtcTime now, Uuid trace) {
  std::vector<Bound> bounds;
  const std::int32_t first_seq = payment.transaction_seq + 1;
  payment.transaction_seq += static_cast<std::int32_t>(effects.notes.size());
  bounds.push_back(postgres::bind(update_payment, payment.id, payment.captured_amount, payment.refunded_amount, payment.reduced_amount,
                                  payment.collected_amount, to_string(payment.status), payment.provider_ref, payment.provider_txn_id, payment.card_brand,
                                  payment.card_last4, payment.next_action, payment.decline_category, payment.decline_code, payment.auth_expires_at,
                                  payment.captured_at, payment.capture_asked_at, payment.capture_amount, payment.void_requested_at, payment.void_reason,
                                  payment.superseded, payment.next_run_at, payment.run_tries, payment.transaction_seq, now, payment.version));
  std::int32_t seq = first_seq;
  for (const TransactionNote& note : effects.notes) {
    bounds.push_back(
        postgres::bind(insert_transaction, payment.id, seq++, note.type, name_of(note.from), name_of(note.to), note.amount, note.outcome, note.detail, now));
  }
  ++payment.version;  // As the statement above leaves it; the events carry it.
  for (const Status status : effects.announced) {
    bounds.push_back(announcement(payment, status, trace));
    if (status == Status::failed && payment.decline_category) bounds.push_back(postgres::bind(mark_declined, payment.assessment_id, now));
  }
  if (effects.posting) add_posting(bounds, payment.id, payment.order_id, std::nullopt, *effects.posting, Uuid::from_name(text("capture:", payment.id)), now);
  EMP_CO_ASSIGN(const auto answers, co_await work.run_together(std::move(bounds)));
  // The row is locked, so another version means that the caller saved the same value twice.
  if (answers[0].affected() != 1) co_return fail(ErrorKind::internal, "PAYMENT_STALE", text("payment ", payment.id, " was saved twice from one reading"));
  co_return Result<>();
}

Task<Result<bool>> PostgresPaymentStore::store_ref(Uuid id, std::string ref, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(set_ref, id, ref, now));
  co_return rows.affected() == 1;
}

Task<Result<>> PostgresPaymentStore::reschedule(Uuid id, UtcTime claimed_until, UtcTime at, std::int32_t tries) {
  EMP_CO_TRY(co_await database_.query(set_schedule, id, claimed_until, at, tries));
  co_return Result<>();
}

Task<Result<std::vector<Payment>>> PostgresPaymentStore::claim_due(UtcTime now, microseconds lease, std::vector<ProviderQuota> quotas) {
  const auto [providers, counts] = columns_of(quotas);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_payments, now, now + lease, providers, counts));
  std::vector<Payment> out;
  for (const auto row : rows) out.push_back(read_payment(row));
  co_return out;
}

Task<Result<>> PostgresPaymentStore::leave_tombstone(Uuid payment_id, std::optional<Uuid> order_id, UtcTime now) {
  EMP_CO_TRY(co_await database_.query(insert_tombstone, payment_id, order_id, now));
  co_return Result<>();
}

Task<Result<>> PostgresPaymentStore::close_order(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) {
  EMP_CO_TRY(co_await work.query(insert_closed, order_id, now));
  co_return Result<>();
}

Task<Result<bool>> PostgresPaymentStore::insert_cod_report(postgres::UnitOfWork& work, Uuid shipment_id, Uuid payment_id, std::int64_t amount, bool counted,
                                                           UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(insert_report, shipment_id, payment_id, amount, counted, now));
  co_return rows.affected() == 1;
}

Task<Result<>> PostgresPaymentStore::post_bank(postgres::UnitOfWork& work, std::optional<Payment> payment, Posting posting, Uuid posting_id, UtcTime now) {
  std::vector<Bound> bounds;
  const auto payment_id = payment ? std::optional(payment->id) : std::nullopt;
  const auto order_id = payment ? std::optional(payment->order_id) : std::nullopt;
  add_posting(bounds, payment_id, order_id, std::nullopt, posting, posting_id, now);
  EMP_CO_TRY(co_await work.run_together(std::move(bounds)));
  co_return Result<>();
}

Task<Result<>> PostgresPaymentStore::close_case(postgres::UnitOfWork& work, std::string dedup_key, std::string resolution, Uuid closed_by, UtcTime now) {
  EMP_CO_TRY(co_await work.query(close_known_case, dedup_key, resolution, closed_by, now));
  co_return Result<>();
}

Task<Result<>> PostgresPaymentStore::open_case(postgres::UnitOfWork& work, PaymentCase row, Uuid id, UtcTime now) {
  const auto amount = row.to_pay_out ? std::optional(row.to_pay_out->amount()) : std::nullopt;
  const auto currency = row.to_pay_out ? std::optional(row.to_pay_out->currency().to_string()) : std::nullopt;
  EMP_CO_TRY(co_await work.query(insert_case, id, row.payment_id, row.kind, row.ours, row.theirs, row.dedup_key, now, amount, currency, row.bank_txn_id));
  co_return Result<>();
}

Task<Result<Refund>> PostgresPaymentStore::find_refund(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_refund_by_id, id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "REFUND_NOT_FOUND", "no such refund");
  co_return read_refund(rows[0]);
}

Task<Result<std::optional<Refund>>> PostgresPaymentStore::find_refund_by_key(postgres::UnitOfWork& work, std::string key) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(find_refund_key, key));
  if (rows.empty()) co_return std::optional<Refund>();
  co_return std::optional(read_refund(rows[0]));
}

Task<Result<std::optional<Refund>>> PostgresPaymentStore::find_refund_by_ref(std::string ref) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_refund_ref, ref));
  if (rows.empty()) co_return std::optional<Refund>();
  co_return std::optional(read_refund(rows[0]));
}

Task<Result<>> PostgresPaymentStore::insert_refund(postgres::UnitOfWork& work, Refund refund) {
  EMP_CO_TRY(co_await work.query(insert_refund_row, refund.id, refund.payment_id, refund.amount.amount(), refund.reason, refund.source, refund.status,
                                 refund.key, refund.next_run_at, refund.created_at, refund.held, refund.target));
  co_return Result<>();
}

Task<Result<Refund>> PostgresPaymentStore::lock_refund(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_refund_row, id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "REFUND_NOT_FOUND", "no such refund");
  co_return read_refund(rows[0]);
}

Task<Result<>> PostgresPaymentStore::update_refund(postgres::UnitOfWork& work, Refund refund, std::optional<std::string> error) {
  EMP_CO_TRY(co_await work.query(update_refund_row, refund.id, refund.status, refund.provider_ref, refund.tries, refund.next_run_at, error, refund.finished_at,
                                 refund.held));
  co_return Result<>();
}

Task<Result<>> PostgresPaymentStore::publish_refund(postgres::UnitOfWork& work, std::string_view topic, Payment payment, Refund refund, bool full, Uuid trace) {
  EMP_CO_TRY(co_await work.run(refund_announcement(topic, payment, refund, full, trace)));
  co_return Result<>();
}

Task<Result<>> PostgresPaymentStore::post_ledger(postgres::UnitOfWork& work, Payment payment, std::optional<Uuid> refund_id, Posting posting, Uuid posting_id,
                                                 UtcTime now) {
  std::vector<Bound> bounds;
  add_posting(bounds, payment.id, payment.order_id, refund_id, posting, posting_id, now);
  EMP_CO_TRY(co_await work.run_together(std::move(bounds)));
  co_return Result<>();
}

Task<Result<std::vector<Refund>>> PostgresPaymentStore::claim_refunds(UtcTime now, microseconds lease, std::vector<ProviderQuota> quotas) {
  const auto [providers, counts] = columns_of(quotas);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_refund_rows, now, now + lease, providers, counts));
  std::vector<Refund> out;
  for (const auto row : rows) out.push_back(read_refund(row));
  co_return out;
}

Task<Result<bool>> PostgresPaymentStore::insert_webhook(NewWebhook row, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(insert_webhook_row, row.id, row.provider, row.dedup_key, row.headers_json,
                                                          postgres::Bytes{std::move(row.body)}, now, now));
  co_return rows.affected() == 1;
}

Task<Result<bool>> PostgresPaymentStore::record_webhook(postgres::UnitOfWork& work, NewWebhook row, std::optional<UtcTime> next_run_at, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(insert_webhook_row, row.id, row.provider, row.dedup_key, row.headers_json,
                                                     postgres::Bytes{std::move(row.body)}, now, next_run_at));
  co_return rows.affected() == 1;
}

Task<Result<std::vector<WebhookRow>>> PostgresPaymentStore::claim_webhooks(UtcTime now, microseconds lease, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_webhook_rows, now, now + lease, count));
  std::vector<WebhookRow> out;
  for (const auto row : rows) out.push_back(WebhookRow{row.get<Uuid>(0), row.get<std::string>(1), row.get<postgres::Bytes>(2).value, row.get<std::int32_t>(3)});
  co_return out;
}

Task<Result<>> PostgresPaymentStore::finish_webhook(Uuid id, std::string state, std::string outcome, std::optional<UtcTime> next_run_at, UtcTime) {
  EMP_CO_TRY(co_await database_.query(finish_webhook_row, id, state, outcome, next_run_at));
  co_return Result<>();
}

Task<Result<std::vector<Payment>>> PostgresPaymentStore::list(PaymentFilter filter) {
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(list_payments, filter.order_id, filter.customer_id, filter.status, filter.before_at, filter.before_id, filter.count));
  std::vector<Payment> out;
  for (const auto row : rows) out.push_back(read_payment(row));
  co_return out;
}

Task<Result<std::vector<TransactionRow>>> PostgresPaymentStore::transactions(Uuid payment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_transactions, payment_id));
  std::vector<TransactionRow> out;
  const auto status_at = [](const postgres::Row& row, int column) {
    const auto name = row.get<std::optional<std::string>>(column);
    return name ? parse_status(*name) : std::nullopt;
  };
  for (const auto row : rows) {
    out.push_back(TransactionRow{row.get<std::int32_t>(0),
                                 TransactionNote{row.get<std::string>(1), status_at(row, 2), status_at(row, 3), row.get<std::optional<std::int64_t>>(4),
                                                 row.get<std::string>(5), row.get<std::optional<std::string>>(6)},
                                 row.get<UtcTime>(7)});
  }
  co_return out;
}

Task<Result<std::vector<LedgerRow>>> PostgresPaymentStore::ledger(LedgerFilter filter) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_ledger, filter.payment_id, filter.order_id, filter.account, filter.after_at,
                                                          filter.after_posting, filter.after_line, filter.count));
  std::vector<LedgerRow> out;
  for (const auto row : rows) {
    out.push_back(LedgerRow{row.get<Uuid>(0), row.get<std::int32_t>(1), row.get<std::string>(2),
                            Money(row.get<std::int64_t>(3), Currency::of(row.get<std::string>(4))), row.get<std::optional<Uuid>>(5),
                            row.get<std::optional<Uuid>>(6), row.get<std::optional<Uuid>>(7), row.get<std::string>(8), row.get<UtcTime>(9)});
  }
  co_return out;
}

}  // namespace emporion::payment
