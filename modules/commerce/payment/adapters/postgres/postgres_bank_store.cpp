#include "modules/commerce/payment/adapters/postgres/postgres_bank_store.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

#define EMP_CASE_COLUMNS                                                                                                                                     \
  "c.id, c.payment_id, c.kind, COALESCE(c.ours, ''), COALESCE(c.theirs, ''), c.amount, c.currency, c.bank_txn_id, c.paid_under, c.resolution, c.closed_by, " \
  "c.opened_at, c.closed_at"

constexpr Statement select_cases{"payment.list_cases",
                                 "SELECT " EMP_CASE_COLUMNS
                                 " FROM payment_case c WHERE ($1::text IS NULL OR c.kind = $1) AND ($2::bool IS NULL OR (c.closed_at IS NULL) = $2) AND "
                                 "($3::uuid IS NULL OR c.payment_id = $3) "
                                 "AND ($4::timestamptz IS NULL OR (c.opened_at, c.id) < ($4, $5::uuid)) ORDER BY c.opened_at DESC, c.id DESC LIMIT $6",
                                 Effect::reads};
constexpr Statement select_case{"payment.find_case", "SELECT " EMP_CASE_COLUMNS " FROM payment_case c WHERE c.id = $1", Effect::reads};
constexpr Statement lock_one{"payment.lock_case", "SELECT " EMP_CASE_COLUMNS " FROM payment_case c WHERE c.id = $1 FOR NO KEY UPDATE", Effect::writes};
constexpr Statement close_one{"payment.close_case", "UPDATE payment_case SET paid_under = $2, resolution = $3, closed_by = $4, closed_at = $5 WHERE id = $1",
                              Effect::writes};
constexpr Statement insert_file{"payment.insert_statement",
                                "INSERT INTO bank_statement (id, digest, lines, imported_by, at) VALUES ($1, $2, $3, $4, $5) "
                                "ON CONFLICT (digest) DO UPDATE SET lines = EXCLUDED.lines RETURNING id",  // So that the first id is answered.
                                Effect::writes};
constexpr Statement insert_file_lines{
    "payment.insert_statement_lines",
    "INSERT INTO bank_statement_line (bank_txn_id, statement_id, amount, currency, remittance, booked_at) "
    "SELECT i.txn, $1, i.amount, i.currency, i.remittance, COALESCE(i.booked, $7) "
    "FROM unnest($2::text[], $3::int8[], $4::text[], $5::text[], $6::timestamptz[]) AS i (txn, amount, currency, remittance, booked) "
    "ORDER BY i.txn ON CONFLICT DO NOTHING",
    Effect::writes};

StoredCase read_case(const postgres::Row& row) {
  using Text = std::optional<std::string>;
  StoredCase out;
  out.id = row.get<Uuid>(0);
  out.payment_id = row.get<std::optional<Uuid>>(1);
  out.kind = row.get<std::string>(2);
  out.ours = row.get<std::string>(3);
  out.theirs = row.get<std::string>(4);
  const auto amount = row.get<std::optional<std::int64_t>>(5);
  const auto currency = row.get<Text>(6);
  if (amount && currency) out.to_pay_out = Money(*amount, Currency::of(*currency));
  out.bank_txn_id = row.get<Text>(7);
  out.paid_under = row.get<Text>(8);
  out.resolution = row.get<Text>(9);
  out.closed_by = row.get<std::optional<Uuid>>(10);
  out.opened_at = row.get<UtcTime>(11);
  out.closed_at = row.get<std::optional<UtcTime>>(12);
  return out;
}

std::unexpected<Error> no_case() { return fail(ErrorKind::not_found, "CASE_NOT_FOUND", "no such case"); }

}  // namespace

Task<Result<std::vector<StoredCase>>> PostgresBankStore::list_cases(CaseFilter filter) {
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(select_cases, filter.kind, filter.open, filter.payment_id, filter.before_at, filter.before_id, filter.count));
  std::vector<StoredCase> out;
  for (const auto row : rows) out.push_back(read_case(row));
  co_return out;
}

Task<Result<StoredCase>> PostgresBankStore::find_case(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_case, id));
  if (rows.empty()) co_return no_case();
  co_return read_case(rows[0]);
}

Task<Result<StoredCase>> PostgresBankStore::lock_case(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_one, id));
  if (rows.empty()) co_return no_case();
  co_return read_case(rows[0]);
}

Task<Result<>> PostgresBankStore::close_case(postgres::UnitOfWork& work, StoredCase row) {
  const auto done = co_await work.query(close_one, row.id, row.paid_under, row.resolution, row.closed_by, row.closed_at);
  if (!done && done.error().reason() == "UNIQUE_VIOLATION") co_return fail(ErrorKind::conflict, "BANK_REFERENCE_USED", "this reference paid another case");
  if (!done) co_return fail(done.error());
  co_return Result<>();
}

Task<Result<Uuid>> PostgresBankStore::insert_statement(Uuid id, Uuid digest, std::int32_t lines, Uuid imported_by, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(insert_file, id, digest, lines, imported_by, now));
  co_return rows[0].get<Uuid>(0);
}

Task<Result<>> PostgresBankStore::insert_lines(Uuid statement_id, std::vector<StatementLine> lines, UtcTime now) {
  std::vector<std::string> ids, currencies, remittances;
  std::vector<std::int64_t> amounts;
  std::vector<std::optional<UtcTime>> booked;
  for (StatementLine& line : lines) {
    ids.push_back(std::move(line.bank_txn_id));
    amounts.push_back(line.amount.amount());
    currencies.emplace_back(line.amount.currency().code());
    remittances.push_back(std::move(line.remittance));
    booked.push_back(line.booked_at);
  }
  EMP_CO_TRY(co_await database_.query(insert_file_lines, statement_id, ids, amounts, currencies, remittances, booked, now));
  co_return Result<>();
}

}  // namespace emporion::payment
