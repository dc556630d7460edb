#include "modules/commerce/payment/adapters/postgres/postgres_dispute_store.hpp"

#include "contracts/commerce/payment/v1/disputes_events.hpp"
#include "kernel/messaging/outbox.hpp"
#include "modules/commerce/payment/adapters/postgres/payment_rows.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

#define EMP_DISPUTE_COLUMNS                                                                                                                                  \
  "d.id, d.payment_id, d.order_id, d.provider, d.provider_ref, d.reason_code, d.amount, d.currency, d.charged_back, d.status, d.evidence_due_at, "           \
  "d.response_no, "                                                                                                                                          \
  "d.decision_no, d.tries, d.next_run_at, d.opened_at, d.closed_at, d.response_action, d.response::text, d.response_key, d.response_digest, d.response_by, " \
  "d.response_at, d.response_state, d.refusal"

constexpr Statement find_by_txn{"payment.find_by_txn", "SELECT " EMP_PAYMENT_COLUMNS " FROM payment p WHERE p.provider = $1 AND p.provider_txn_id = $2",
                                Effect::reads};
constexpr Statement find_dispute{"payment.find_dispute", "SELECT " EMP_DISPUTE_COLUMNS " FROM dispute d WHERE d.id = $1", Effect::reads};
constexpr Statement list_disputes{"payment.list_disputes",
                                  "SELECT " EMP_DISPUTE_COLUMNS
                                  " FROM dispute d WHERE ($1::text IS NULL OR d.status = $1) AND ($2::uuid IS NULL OR d.payment_id = $2) "
                                  "AND ($3::timestamptz IS NULL OR (d.opened_at, d.id) < ($3, $4::uuid)) ORDER BY d.opened_at DESC, d.id DESC LIMIT $5",
                                  Effect::reads};
constexpr Statement lock_dispute{
    "payment.lock_dispute", "SELECT " EMP_DISPUTE_COLUMNS " FROM dispute d WHERE d.provider = $1 AND d.provider_ref = $2 FOR NO KEY UPDATE", Effect::writes};
constexpr Statement insert_dispute{
    "payment.insert_dispute",
    "INSERT INTO dispute (id, payment_id, order_id, provider, provider_ref, reason_code, amount, currency, status, evidence_due_at, opened_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    Effect::writes};
constexpr Statement update_dispute{"payment.update_dispute",
                                   "UPDATE dispute SET charged_back = $2, status = $3, evidence_due_at = $4, response_no = $5, decision_no = $6, tries = $7, "
                                   "next_run_at = $8, closed_at = $9, "
                                   "response_action = $10, response = $11::text::jsonb, response_key = $12, response_digest = $13, response_by = $14, "
                                   "response_at = $15, response_state = $16, "
                                   "refusal = $17 WHERE id = $1",
                                   Effect::writes};
constexpr Statement claim_disputes{
    "payment.claim_disputes",
    "WITH due AS (SELECT o.id FROM dispute o WHERE o.next_run_at <= $1 ORDER BY o.next_run_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) "
    "UPDATE dispute d SET next_run_at = $2 FROM due WHERE d.id = due.id RETURNING " EMP_DISPUTE_COLUMNS,
    Effect::writes};
constexpr Statement count_open_disputes{"payment.count_open_disputes",
                                        "SELECT count(*)::int4 FROM dispute WHERE payment_id = $1 AND status IN ('opened', 'submitted')", Effect::reads};
constexpr Statement mark_disputed{
    "payment.mark_disputed", "UPDATE payment SET dispute_state = $2, charged_back_amount = COALESCE($3, charged_back_amount) WHERE id = $1", Effect::writes};
// The lock waits for a worker that takes the refund just now; then it was sent, and is not held any more.
constexpr Statement hold{"payment.hold_refunds",
                         "WITH mine AS (SELECT id FROM refund WHERE payment_id = $1 AND status = 'requested' AND sent_at IS NULL FOR NO KEY UPDATE) "
                         "UPDATE refund r SET held = true, next_run_at = NULL FROM mine WHERE r.id = mine.id",
                         Effect::writes};
constexpr Statement release{"payment.free_refunds", "UPDATE refund SET held = false, next_run_at = $2 WHERE payment_id = $1 AND held", Effect::writes};
constexpr Statement select_held{
    "payment.held_refunds",
    "SELECT " EMP_REFUND_COLUMNS
    " FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.payment_id = $1 AND r.held ORDER BY r.created_at DESC, r.id DESC FOR NO KEY UPDATE OF r",
    Effect::writes};
constexpr Statement thaw{"payment.thaw_escrow", "UPDATE escrow_release SET next_run_at = $2 WHERE order_id = $1 AND released_at IS NULL", Effect::writes};

Dispute read_dispute(const postgres::Row& row) {
  using Text = std::optional<std::string>;
  int column = 0;
  const auto next = [&column] { return column++; };
  Dispute out;
  out.id = row.get<Uuid>(next());
  out.payment_id = row.get<Uuid>(next());
  out.order_id = row.get<Uuid>(next());
  out.provider = row.get<std::string>(next());
  out.provider_ref = row.get<std::string>(next());
  out.reason_code = row.get<std::string>(next());
  const auto amount = row.get<std::int64_t>(next());
  out.amount = Money(amount, Currency::of(row.get<std::string>(next())));
  out.charged_back = row.get<std::int64_t>(next());
  const auto status = parse_dispute_status(row.get<std::string>(next()));
  EMP_ASSERT(status.has_value());
  out.status = *status;
  out.evidence_due_at = row.get<std::optional<UtcTime>>(next());
  out.answer_no = row.get<std::int32_t>(next());
  out.decision_no = row.get<std::int32_t>(next());
  out.tries = row.get<std::int32_t>(next());
  out.next_run_at = row.get<std::optional<UtcTime>>(next());
  out.opened_at = row.get<UtcTime>(next());
  out.closed_at = row.get<std::optional<UtcTime>>(next());
  if (const auto action = row.get<Text>(next())) {
    DisputeAnswer answer;
    answer.action = *action;
    answer.evidence = row.get<Text>(next()).value_or("null");
    answer.key = row.get<std::string>(next());
    answer.digest = row.get<Uuid>(next());
    answer.by = row.get<Uuid>(next());
    answer.at = row.get<UtcTime>(next());
    answer.state = row.get<std::string>(next());
    answer.refusal = row.get<Text>(next());
    out.answer = std::move(answer);
  }
  return out;
}

template <typename Event>
Event event_of(const Dispute& dispute) {
  Event event;
  event.dispute_id = dispute.id;
  event.payment_id = dispute.payment_id;
  event.order_id = dispute.order_id;
  event.amount = dispute.amount;
  event.reason_code = dispute.reason_code;
  return event;
}

}  // namespace

Task<Result<std::optional<Payment>>> PostgresDisputeStore::find_payment_by_txn(std::string provider, std::string txn_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_by_txn, provider, txn_id));
  if (rows.empty()) co_return std::optional<Payment>();
  co_return std::optional(read_payment(rows[0]));
}

Task<Result<Dispute>> PostgresDisputeStore::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_dispute, id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "DISPUTE_NOT_FOUND", "no such dispute");
  co_return read_dispute(rows[0]);
}

Task<Result<std::vector<Dispute>>> PostgresDisputeStore::list(DisputeFilter filter) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_disputes, filter.status, filter.payment_id, filter.before_at, filter.before_id, filter.count));
  std::vector<Dispute> out;
  for (const auto row : rows) out.push_back(read_dispute(row));
  co_return out;
}

Task<Result<std::optional<Dispute>>> PostgresDisputeStore::lock_by_ref(postgres::UnitOfWork& work, std::string provider, std::string ref) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_dispute, provider, ref));
  if (rows.empty()) co_return std::optional<Dispute>();
  co_return std::optional(read_dispute(rows[0]));
}

Task<Result<>> PostgresDisputeStore::insert(postgres::UnitOfWork& work, Dispute dispute) {
  EMP_CO_TRY(co_await work.query(insert_dispute, dispute.id, dispute.payment_id, dispute.order_id, dispute.provider, dispute.provider_ref, dispute.reason_code,
                                 dispute.amount.amount(), dispute.amount.currency().code(), to_string(dispute.status), dispute.evidence_due_at,
                                 dispute.opened_at));
  co_return Result<>();
}

Task<Result<>> PostgresDisputeStore::update(postgres::UnitOfWork& work, Dispute dispute) {
  const auto& answer = dispute.answer;
  const auto of = [&](auto member) { return answer ? std::optional((*answer).*member) : std::nullopt; };
  EMP_CO_TRY(co_await work.query(update_dispute, dispute.id, dispute.charged_back, to_string(dispute.status), dispute.evidence_due_at, dispute.answer_no,
                                 dispute.decision_no, dispute.tries, dispute.next_run_at, dispute.closed_at, of(&DisputeAnswer::action),
                                 of(&DisputeAnswer::evidence), of(&DisputeAnswer::key), of(&DisputeAnswer::digest), of(&DisputeAnswer::by),
                                 of(&DisputeAnswer::at), of(&DisputeAnswer::state), answer ? answer->refusal : std::nullopt));
  co_return Result<>();
}

Task<Result<std::vector<Dispute>>> PostgresDisputeStore::claim_due(UtcTime now, microseconds lease, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_disputes, now, now + lease, count));
  std::vector<Dispute> out;
  for (const auto row : rows) out.push_back(read_dispute(row));
  co_return out;
}

Task<Result<int>> PostgresDisputeStore::count_open(postgres::UnitOfWork& work, Uuid payment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(count_open_disputes, payment_id));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<>> PostgresDisputeStore::mark_payment(postgres::UnitOfWork& work, Uuid payment_id, std::string dispute_state,
                                                  std::optional<std::int64_t> charged_back) {
  EMP_CO_TRY(co_await work.query(mark_disputed, payment_id, dispute_state, charged_back));
  co_return Result<>();
}

Task<Result<>> PostgresDisputeStore::hold_refunds(postgres::UnitOfWork& work, Uuid payment_id) {
  EMP_CO_TRY(co_await work.query(hold, payment_id));
  co_return Result<>();
}

Task<Result<>> PostgresDisputeStore::free_refunds(postgres::UnitOfWork& work, Uuid payment_id, UtcTime now) {
  EMP_CO_TRY(co_await work.query(release, payment_id, now));
  co_return Result<>();
}

Task<Result<std::vector<Refund>>> PostgresDisputeStore::held_refunds(postgres::UnitOfWork& work, Uuid payment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(select_held, payment_id));
  std::vector<Refund> out;
  for (const auto row : rows) out.push_back(read_refund(row));
  co_return out;
}

Task<Result<>> PostgresDisputeStore::thaw_escrow(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) {
  EMP_CO_TRY(co_await work.query(thaw, order_id, now));
  co_return Result<>();
}

// Both events are told in the payment's line, so that those of one order come in their order.
Task<Result<>> PostgresDisputeStore::publish_opened(postgres::UnitOfWork& work, Payment payment, Dispute dispute, Uuid trace) {
  auto event = event_of<v1::DisputeOpened>(dispute);
  event.due_at = dispute.evidence_due_at;
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, payment.id, payment.version + 1, trace)));
  co_return Result<>();
}

Task<Result<>> PostgresDisputeStore::publish_closed(postgres::UnitOfWork& work, Payment payment, Dispute dispute, bool order_disputed, Uuid trace) {
  auto event = event_of<v1::DisputeClosed>(dispute);
  event.result = dispute.status == DisputeStatus::won ? "won" : "lost";
  event.order_disputed = order_disputed;
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, payment.id, payment.version + 1, trace)));
  co_return Result<>();
}

}  // namespace emporion::payment
