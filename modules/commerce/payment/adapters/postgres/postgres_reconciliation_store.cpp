#include "modules/commerce/payment/adapters/postgres/postgres_reconciliation_store.hpp"

#include "contracts/commerce/payment/v1/reconciliation_events.hpp"
#include "kernel/messaging/outbox.hpp"
#include "modules/commerce/payment/adapters/postgres/payment_rows.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

#define EMP_RUN_COLUMNS                                                                                                                            \
  "r.id, r.provider, r.from_at, r.to_at, r.run_key, r.status, r.page_cursor, r.rows_read, r.mismatches, r.noted, r.error, r.tries, r.started_at, " \
  "r.finished_at"

constexpr Statement insert_run{
    "payment.begin_reconciliation",
    "INSERT INTO recon_report AS r (id, provider, from_at, to_at, run_key, status, next_run_at, started_at) VALUES ($1, $2, $3, $4, $5, 'running', $6, $6) "
    "ON CONFLICT (run_key) DO UPDATE SET run_key = EXCLUDED.run_key RETURNING " EMP_RUN_COLUMNS,
    Effect::writes};
constexpr Statement select_run{"payment.find_reconciliation", "SELECT " EMP_RUN_COLUMNS " FROM recon_report r WHERE r.id = $1", Effect::reads};
constexpr Statement select_items{
    "payment.reconciliation_items",
    "SELECT id, kind, subject, payment_id, ours, theirs, noted, found_at, happened_at, resolved_at FROM recon_item WHERE report_id = $1 "
    "ORDER BY noted, happened_at, id LIMIT $2",
    Effect::reads};
constexpr Statement claim_runs{
    "payment.claim_reconciliations",
    "WITH due AS (SELECT o.id FROM recon_report o WHERE o.next_run_at <= $1 ORDER BY o.next_run_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) "
    "UPDATE recon_report r SET next_run_at = $2 FROM due WHERE r.id = due.id RETURNING " EMP_RUN_COLUMNS,
    Effect::writes};
constexpr Statement insert_rows{
    "payment.keep_report_rows",
    "INSERT INTO recon_row (report_id, ref, type, amount, fee, currency, state, at) SELECT $1, i.* FROM "
    "unnest($2::text[], $3::text[], $4::int8[], $5::int8[], $6::text[], $7::text[], $8::timestamptz[]) AS i (ref, type, amount, fee, currency, state, at) "
    "ORDER BY 2, 3 ON CONFLICT DO NOTHING",
    Effect::writes};
constexpr Statement move_cursor{"payment.move_report_cursor",
                                "UPDATE recon_report SET page_cursor = $2, rows_read = rows_read + $3, tries = 0, error = NULL WHERE id = $1", Effect::writes};
constexpr Statement postpone_run{
    "payment.postpone_reconciliation",
    "UPDATE recon_report SET error = $2, status = CASE WHEN $3 THEN 'failed' ELSE status END, next_run_at = $4, tries = tries + 1, "
    "finished_at = CASE WHEN $3 THEN $5 END WHERE id = $1",
    Effect::writes};
constexpr Statement select_captured{
    "payment.captured_within",
    "SELECT " EMP_PAYMENT_COLUMNS
    " FROM payment p WHERE p.provider = $1 AND p.captured_at >= $2 AND p.captured_at < $3 AND ($4::uuid IS NULL OR p.id > $4) ORDER BY p.id LIMIT $5",
    Effect::reads};

// $1 the run, $2 provider, $3 from, $4 to, $5 what counts as tiny. Each answers kind, subject, payment, ours, theirs, tiny, when.
// A payment of ours that the provider has taken money for although we have not: its status differs. What we do not know at all is missing.
constexpr Statement compare_report{
    "payment.compare_report",
    "WITH mine AS (SELECT 'charge' AS type, p.provider_txn_id AS ref, p.id AS payment_id, p.captured_amount AS amount, p.currency, p.captured_amount > 0 AS "
    "done, p.status, "
    "    COALESCE(p.captured_at, p.updated_at) AS at FROM payment p WHERE p.provider = $2 AND p.provider_txn_id IS NOT NULL "
    "  UNION ALL SELECT 'refund', r.provider_ref, r.payment_id, r.amount, p.currency, r.status = 'succeeded', r.status, COALESCE(r.finished_at, r.created_at) "
    "FROM refund r "
    "    JOIN payment p ON p.id = r.payment_id WHERE r.provider = $2 AND r.provider_ref IS NOT NULL "
    "  UNION ALL SELECT 'dispute', d.provider_ref, d.payment_id, d.amount, d.currency, true, d.status, d.opened_at FROM dispute d WHERE d.provider = $2), "
    "theirs AS (SELECT * FROM recon_row WHERE report_id = $1) "
    "SELECT 'missing_ours', t.ref, NULL::uuid, '', format('%s %s %s', t.type, t.amount, t.currency), false, t.at FROM theirs t "
    "  WHERE t.at >= $3 AND t.at < $4 AND NOT EXISTS (SELECT FROM mine m WHERE m.type = t.type AND m.ref = t.ref) "
    "UNION ALL SELECT 'status_differs', t.ref, m.payment_id, format('%s %s', t.type, m.status), format('%s %s %s', t.type, t.amount, t.currency), false, t.at "
    "FROM theirs t "
    "  JOIN mine m ON m.type = t.type AND m.ref = t.ref WHERE t.at >= $3 AND t.at < $4 AND NOT m.done "
    "UNION ALL SELECT 'amount_differs', t.ref, m.payment_id, format('%s %s %s', t.type, m.amount, m.currency), format('%s %s %s', t.type, t.amount, "
    "t.currency), "
    "  m.currency = t.currency AND abs(m.amount - t.amount) <= $5, t.at FROM theirs t JOIN mine m ON m.type = t.type AND m.ref = t.ref "
    "  WHERE t.at >= $3 AND t.at < $4 AND m.done AND (m.amount <> t.amount OR m.currency <> t.currency) "
    "UNION ALL SELECT 'missing_theirs', m.ref, m.payment_id, format('%s %s %s', m.type, m.amount, m.currency), '', false, m.at FROM mine m "
    "  WHERE m.type <> 'dispute' AND m.done AND m.at >= $3 AND m.at < $4 AND NOT EXISTS (SELECT FROM theirs t WHERE t.type = m.type AND t.ref = m.ref)",
    Effect::reads};
// The rows are the provider's answers about payments of ours, by our ids. After a refund some providers show the refund in the place of the payment: then only
// its being known counts.
constexpr Statement compare_queries{
    "payment.compare_queries",
    "WITH mine AS (SELECT p.id, p.captured_amount AS amount, p.currency, p.status, p.refunded_amount > 0 AS refunded, p.captured_at AS at FROM payment p "
    "    WHERE p.provider = $2 AND p.captured_at >= $3 AND p.captured_at < $4), "
    "theirs AS (SELECT * FROM recon_row WHERE report_id = $1) "
    "SELECT 'missing_theirs', m.id::text, m.id, format('charge %s %s', m.amount, m.currency), '', false, m.at FROM mine m WHERE NOT EXISTS (SELECT FROM theirs "
    "t WHERE t.ref = m.id::text) "
    "UNION ALL SELECT 'status_differs', t.ref, m.id, format('charge %s', m.status), t.state, false, m.at FROM theirs t JOIN mine m ON m.id::text = t.ref "
    "  WHERE t.state <> 'succeeded' AND NOT m.refunded "
    "UNION ALL SELECT 'amount_differs', t.ref, m.id, format('charge %s %s', m.amount, m.currency), format('charge %s %s', t.amount, t.currency), "
    "  m.currency = t.currency AND abs(m.amount - t.amount) <= $5, m.at FROM theirs t JOIN mine m ON m.id::text = t.ref "
    "  WHERE t.state = 'succeeded' AND (m.amount <> t.amount OR m.currency <> t.currency)",
    Effect::reads};
// Credits of our account against the lines of its statements. Without a statement of the span there is nothing to miss.
constexpr Statement compare_statement{
    "payment.compare_statement",
    "WITH lines AS (SELECT * FROM bank_statement_line WHERE amount > 0), "
    "spans AS (SELECT EXISTS (SELECT FROM bank_statement_line WHERE booked_at >= $3 AND booked_at < $4) AS known) "
    "SELECT 'missing_ours', l.bank_txn_id, NULL::uuid, '', format('credit %s %s', l.amount, l.currency), $1::uuid IS NULL, l.booked_at FROM lines l "
    "  WHERE l.booked_at >= $3 AND l.booked_at < $4 AND NOT EXISTS (SELECT FROM bank_credit c WHERE c.bank_txn_id = l.bank_txn_id) "
    "UNION ALL SELECT 'amount_differs', l.bank_txn_id, c.payment_id, format('credit %s %s', c.amount, c.currency), format('credit %s %s', l.amount, "
    "l.currency), "
    "  c.currency = l.currency AND abs(c.amount - l.amount) <= $5, l.booked_at FROM lines l JOIN bank_credit c USING (bank_txn_id) "
    "  WHERE l.booked_at >= $3 AND l.booked_at < $4 AND (c.amount <> l.amount OR c.currency <> l.currency) "
    "UNION ALL SELECT 'missing_theirs', c.bank_txn_id, c.payment_id, format('credit %s %s', c.amount, c.currency), '', $2::text IS NULL, c.at FROM bank_credit "
    "c, spans s "
    "  WHERE s.known AND c.posted AND c.at >= $3 AND c.at < $4 AND NOT EXISTS (SELECT FROM lines l WHERE l.bank_txn_id = c.bank_txn_id)",
    Effect::reads};
constexpr Statement upsert_item{
    "payment.enter_reconciliation_item",
    "INSERT INTO recon_item AS i (id, provider, kind, subject, report_id, payment_id, ours, theirs, noted, found_at, happened_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (provider, kind, subject) DO UPDATE "
    "SET report_id = EXCLUDED.report_id, ours = EXCLUDED.ours, theirs = EXCLUDED.theirs, noted = EXCLUDED.noted, resolved_at = NULL RETURNING i.id = $1",
    Effect::writes};
constexpr Statement resolve_items{
    "payment.resolve_reconciliation_items",
    "UPDATE recon_item SET resolved_at = $5 WHERE provider = $2 AND happened_at >= $3 AND happened_at < $4 AND report_id <> $1 AND resolved_at IS NULL",
    Effect::writes};
constexpr Statement finish_run{
    "payment.finish_reconciliation",
    "UPDATE recon_report SET status = 'done', mismatches = $2, noted = $3, error = NULL, next_run_at = NULL, finished_at = $4 WHERE id = $1", Effect::writes};
constexpr Statement delete_rows{"payment.drop_report_rows", "DELETE FROM recon_row WHERE report_id = $1", Effect::writes};
constexpr Statement insert_fees{
    "payment.post_fees",
    "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at) "
    "SELECT md5('fee:' || p.id)::uuid, leg.n, leg.account, leg.sign * t.fee, t.currency, p.id, p.order_id, 'fee', $3 FROM recon_row t "
    "JOIN payment p ON p.provider = $2 AND p.provider_txn_id = t.ref, (VALUES (1, 'fees', 1), (2, 'gateway_clearing', -1)) AS leg(n, account, sign) "
    "WHERE t.report_id = $1 AND t.type = 'charge' AND t.fee > 0 AND p.captured_amount > 0 AND p.currency = t.currency ON CONFLICT DO NOTHING",
    Effect::writes};

Reconciliation read_run(const postgres::Row& row) {
  Reconciliation out;
  out.id = row.get<Uuid>(0);
  out.provider = row.get<std::string>(1);
  out.from = row.get<UtcTime>(2);
  out.to = row.get<UtcTime>(3);
  out.run_key = row.get<std::string>(4);
  out.status = row.get<std::string>(5);
  out.cursor = row.get<std::optional<std::string>>(6);
  out.rows_read = row.get<std::int32_t>(7);
  out.mismatches = row.get<std::int32_t>(8);
  out.noted = row.get<std::int32_t>(9);
  out.error = row.get<std::optional<std::string>>(10);
  out.tries = row.get<std::int32_t>(11);
  out.started_at = row.get<UtcTime>(12);
  out.finished_at = row.get<std::optional<UtcTime>>(13);
  return out;
}

}  // namespace

Task<Result<Reconciliation>> PostgresReconciliationStore::begin_run(Reconciliation run, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(insert_run, run.id, run.provider, run.from, run.to, run.run_key, now));
  co_return read_run(rows[0]);
}

Task<Result<Reconciliation>> PostgresReconciliationStore::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_run, id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "REPORT_NOT_FOUND", "no such report");
  co_return read_run(rows[0]);
}

Task<Result<std::vector<ReconItem>>> PostgresReconciliationStore::items(Uuid report_id, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_items, report_id, count));
  std::vector<ReconItem> out;
  for (const auto row : rows) {
    out.push_back(ReconItem{row.get<Uuid>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<std::optional<Uuid>>(3), row.get<std::string>(4),
                            row.get<std::string>(5), row.get<bool>(6), row.get<UtcTime>(7), row.get<UtcTime>(8), row.get<std::optional<UtcTime>>(9)});
  }
  co_return out;
}

Task<Result<std::vector<Reconciliation>>> PostgresReconciliationStore::claim_due(UtcTime now, microseconds lease, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_runs, now, now + lease, count));
  std::vector<Reconciliation> out;
  for (const auto row : rows) out.push_back(read_run(row));
  co_return out;
}

Task<Result<>> PostgresReconciliationStore::keep_page(Uuid report_id, std::vector<ReportRow> rows, std::optional<std::string> cursor, UtcTime) {
  std::vector<std::string> refs, types, currencies, states;
  std::vector<std::int64_t> amounts, fees;
  std::vector<UtcTime> times;
  for (ReportRow& row : rows) {
    refs.push_back(std::move(row.ref));
    types.push_back(std::move(row.type));
    amounts.push_back(row.amount.amount());
    fees.push_back(row.fee);
    currencies.emplace_back(row.amount.currency().code());
    states.push_back(std::move(row.state));
    times.push_back(row.at);
  }
  std::vector<postgres::Bound> bounds;
  bounds.push_back(postgres::bind(insert_rows, report_id, refs, types, amounts, fees, currencies, states, times));
  bounds.push_back(postgres::bind(move_cursor, report_id, cursor, static_cast<std::int32_t>(refs.size())));
  EMP_CO_TRY(co_await database_.run_together(std::move(bounds)));
  co_return Result<>();
}

Task<Result<>> PostgresReconciliationStore::postpone(Uuid report_id, std::string error, bool gives_up, std::optional<UtcTime> next, UtcTime now) {
  EMP_CO_TRY(co_await database_.query(postpone_run, report_id, error, gives_up, next, now));
  co_return Result<>();
}

Task<Result<std::vector<Payment>>> PostgresReconciliationStore::captured(Reconciliation run, std::optional<Uuid> after, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_captured, run.provider, run.from, run.to, after, count));
  std::vector<Payment> out;
  for (const auto row : rows) out.push_back(read_payment(row));
  co_return out;
}

Task<Result<std::vector<ReconItem>>> PostgresReconciliationStore::compare(postgres::UnitOfWork& work, Reconciliation run, Comparison comparison,
                                                                          std::int64_t tiny) {
  const Statement& statement = comparison == Comparison::report ? compare_report : comparison == Comparison::queries ? compare_queries : compare_statement;
  EMP_CO_ASSIGN(const auto rows, co_await work.query(statement, run.id, run.provider, run.from, run.to, tiny));
  std::vector<ReconItem> out;
  for (const auto row : rows) {
    ReconItem item;
    item.kind = row.get<std::string>(0);
    item.subject = row.get<std::string>(1);
    item.payment_id = row.get<std::optional<Uuid>>(2);
    item.ours = row.get<std::string>(3);
    item.theirs = row.get<std::string>(4);
    item.noted = row.get<bool>(5);
    item.happened_at = row.get<UtcTime>(6);
    out.push_back(std::move(item));
  }
  co_return out;
}

Task<Result<bool>> PostgresReconciliationStore::enter_item(postgres::UnitOfWork& work, Reconciliation run, ReconItem item, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(upsert_item, item.id, run.provider, item.kind, item.subject, run.id, item.payment_id, item.ours,
                                                     item.theirs, item.noted, now, item.happened_at));
  co_return rows[0].get<bool>(0);
}

Task<Result<>> PostgresReconciliationStore::publish(postgres::UnitOfWork& work, Reconciliation run, ReconItem item, Uuid trace) {
  v1::ReconciliationMismatched event;
  event.item_id = item.id;
  event.provider = run.provider;
  event.kind = item.kind;
  event.ours = item.ours;
  event.theirs = item.theirs;
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, item.id, 1, trace)));
  co_return Result<>();
}

Task<Result<>> PostgresReconciliationStore::finish(postgres::UnitOfWork& work, Reconciliation run, UtcTime now) {
  std::vector<postgres::Bound> bounds;
  bounds.push_back(postgres::bind(resolve_items, run.id, run.provider, run.from, run.to, now));
  bounds.push_back(postgres::bind(finish_run, run.id, run.mismatches, run.noted, now));
  bounds.push_back(postgres::bind(delete_rows, run.id));
  EMP_CO_TRY(co_await work.run_together(std::move(bounds)));
  co_return Result<>();
}

Task<Result<>> PostgresReconciliationStore::post_fees(postgres::UnitOfWork& work, Reconciliation run, UtcTime now) {
  EMP_CO_TRY(co_await work.query(insert_fees, run.id, run.provider, now));
  co_return Result<>();
}

}  // namespace emporion::payment
