#include "modules/commerce/order/adapters/postgres/postgres_invoice_store.hpp"

#include "modules/commerce/order/adapters/postgres/invoice_rows.hpp"

namespace emporion::order {
namespace {

using postgres::Bound;
using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;

/// Some orders, but no more than lines_per_round lines unless one order alone has more: a batch of large orders must not fill the memory.
constexpr Statement select_due{"order.invoices_due",
                               "SELECT order_id FROM (SELECT d.order_id, h.line_count, sum(h.line_count) OVER (ORDER BY d.next_at, d.since, d.order_id) AS "
                               "lines, row_number() OVER (ORDER BY d.next_at, d.since, d.order_id) AS n "
                               "FROM (SELECT * FROM invoice_due WHERE next_at <= $1 ORDER BY next_at, order_id LIMIT $2) d JOIN order_header h ON h.id = "
                               "d.order_id) x WHERE lines <= $3 OR n = 1 ORDER BY n",
                               Effect::reads};
constexpr std::int64_t lines_per_round = 20'000;
constexpr Statement put_off_one{"order.invoice_put_off",
                                "UPDATE invoice_due SET tries = tries + 1, next_at = $3, problem = $4 WHERE order_id = $1 AND bumps = $2", Effect::writes};
#define EMP_INVOICE_COLUMNS                                                                                                                            \
  "SELECT i.id, i.number, i.issued_at, i.issued_on::text, i.status, i.credited, i.currency, (SELECT c.number FROM invoice c WHERE c.id = i.credits), " \
  "COALESCE((SELECT m.state FROM invoice_mail m WHERE m.invoice_id = i.id ORDER BY m.seq DESC LIMIT 1), 'disabled'), i.stated::text FROM invoice i "
constexpr Statement select_one{"order.invoice", EMP_INVOICE_COLUMNS "WHERE i.id = $1", Effect::reads};
constexpr Statement select_of_order{"order.invoices_of_order", EMP_INVOICE_COLUMNS "WHERE i.order_id = $1 ORDER BY i.issued_at, i.seq, i.id", Effect::reads};
#undef EMP_INVOICE_COLUMNS
constexpr Statement select_list{
    "order.invoice_list",
    "SELECT id, number, kind, order_id, seller_id, issued_at, issued_on::text, tax, grand_total, credited, status, currency FROM invoice "
    "WHERE ($1::uuid IS NULL OR COALESCE(seller_id, '00000000-0000-0000-0000-000000000000'::uuid) = $1) AND ($2::int4 IS NULL OR year = $2) AND ($3::text IS "
    "NULL OR number = $3) "
    "AND ($4::text IS NULL OR kind = $4) AND ($5::timestamptz IS NULL OR (issued_at, id) < ($5, $6::uuid)) ORDER BY issued_at DESC, id DESC LIMIT $7",
    Effect::reads};
constexpr Statement select_owner{"order.invoice_owner", "SELECT customer_id, session_id, masked_at IS NOT NULL FROM order_header WHERE id = $1", Effect::reads};
constexpr Statement check_zones{"order.invoice_time_zones", "SELECT now() AT TIME ZONE z FROM unnest($1::text[]) z", Effect::reads};
constexpr Statement take_mails_due{"order.take_invoice_mails", "SELECT id, invoice_id, seq, recipient, tries, created_at FROM take_invoice_mails($1, $2, $3)",
                                   Effect::writes};
constexpr Statement finish_one_mail{"order.finish_invoice_mail", "SELECT finish_invoice_mail($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement hold_invoice{"order.hold_invoice", "SELECT id FROM invoice WHERE id = $1 FOR NO KEY UPDATE", Effect::writes};
constexpr Statement count_mails_of{"order.count_invoice_mails",
                                   "SELECT (COALESCE(max(seq), 0) + 1)::int4, count(*) FILTER (WHERE seq > 0 AND created_at > $2 - interval '1 hour')::int4 "
                                   "FROM invoice_mail WHERE invoice_id = $1",
                                   Effect::reads};
constexpr Statement insert_mail{"order.want_invoice_mail",
                                "INSERT INTO invoice_mail (id, invoice_id, seq, recipient, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $5)",
                                Effect::writes};

template <typename Enum>
Enum enum_of(std::string_view text) {
  Enum out{};
  const bool known = from_string(text, out);
  EMP_ASSERT(known);
  return out;
}

}  // namespace

Task<Result<std::vector<OrderBooks>>> PostgresInvoiceStore::due(UtcTime now, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_due, now, count, lines_per_round));
  std::vector<Uuid> ids;
  for (const auto row : rows) ids.push_back(row.get<Uuid>(0));
  if (ids.empty()) co_return std::vector<OrderBooks>();
  EMP_CO_ASSIGN(const auto books, co_await database_.run_together(books_statements(ids)));
  co_return read_books(books);
}

Task<Result<std::vector<Uuid>>> PostgresInvoiceStore::issue(std::vector<DueAnswer> answers, UtcTime at, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.run(issue_statement(answers, at, trace)));
  std::vector<Uuid> out;
  for (const auto row : rows) out.push_back(row.get<Uuid>(0));
  co_return out;
}

Task<Result<>> PostgresInvoiceStore::put_off(Uuid order_id, std::int64_t bumps, UtcTime next_at, std::string problem) {
  EMP_CO_TRY(co_await database_.query(put_off_one, order_id, bumps, next_at, problem));
  co_return Result<>();
}

Task<Result<v1::Invoice>> PostgresInvoiceStore::load(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_one, id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "INVOICE_NOT_FOUND", "no such invoice");
  co_return read_invoice(rows[0]);
}

Task<Result<std::vector<v1::Invoice>>> PostgresInvoiceStore::of_order(Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_of_order, order_id));
  std::vector<v1::Invoice> out;
  for (const auto row : rows) out.push_back(read_invoice(row));
  co_return out;
}

Task<Result<std::vector<v1::InvoiceSummary>>> PostgresInvoiceStore::list(InvoiceFilter filter) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_list, filter.seller_id, filter.year, filter.number, filter.kind, filter.before_at,
                                                          filter.before_id, filter.count));
  std::vector<v1::InvoiceSummary> out;
  for (const auto row : rows) {
    v1::InvoiceSummary item;
    item.id = row.get<Uuid>(0);
    item.number = row.get<std::string>(1);
    item.kind = enum_of<v1::InvoiceKind>(row.get<std::string>(2));
    item.order_id = row.get<Uuid>(3);
    item.seller_id = row.get<std::optional<Uuid>>(4);
    item.issued_at = row.get<UtcTime>(5);
    item.issued_on = row.get<std::string>(6);
    const Currency currency = Currency::of(row.get<std::string>(11));
    item.tax = Money(row.get<std::int64_t>(7), currency);
    item.grand_total = Money(row.get<std::int64_t>(8), currency);
    item.credited = Money(row.get<std::int64_t>(9), currency);
    item.status = enum_of<v1::InvoiceStatus>(row.get<std::string>(10));
    out.push_back(std::move(item));
  }
  co_return out;
}

Task<Result<OrderOwner>> PostgresInvoiceStore::owner_of(Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_owner, order_id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "ORDER_NOT_FOUND", "no such order");
  co_return OrderOwner{rows[0].get<std::optional<Uuid>>(0), rows[0].get<Uuid>(1), rows[0].get<bool>(2)};
}

Task<Result<>> PostgresInvoiceStore::check_time_zones(std::vector<std::string> zones) {
  const auto rows = co_await database_.query(check_zones, zones);
  if (!rows && !(rows.error().is_transient() && rows.error().kind() != ErrorKind::internal)) {
    co_return fail(ErrorKind::invalid_argument, "TIME_ZONE_UNKNOWN",
                   "order.invoice.…time_zone: the database does not know a zone of that name; write one such as Asia/Ho_Chi_Minh");
  }
  if (!rows) co_return fail(rows.error());
  co_return Result<>();
}

Task<Result<std::vector<TakenMail>>> PostgresInvoiceStore::take_mails(UtcTime now, seconds lease, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(take_mails_due, now, static_cast<std::int32_t>(lease.count()), count));
  std::vector<TakenMail> out;
  for (const auto row : rows)
    out.push_back(
        TakenMail{row.get<Uuid>(0), row.get<Uuid>(1), row.get<std::int32_t>(2), row.get<std::string>(3), row.get<std::int32_t>(4), row.get<UtcTime>(5)});
  co_return out;
}

Task<Result<>> PostgresInvoiceStore::finish_mail(TakenMail mail, v1::InvoiceMailState state, std::optional<UtcTime> next_at, std::optional<std::string> error,
                                                 UtcTime now) {
  EMP_CO_TRY(co_await database_.query(finish_one_mail, mail.id, mail.tries, to_string(state), next_at, error, now));
  co_return Result<>();
}

Task<Result<postgres::UnitOfWork>> PostgresInvoiceStore::begin(CallContext context) { co_return co_await database_.begin(std::move(context)); }

Task<Result<InvoiceStore::MailCount>> PostgresInvoiceStore::count_mails(postgres::UnitOfWork& work, Uuid invoice_id, UtcTime now) {
  std::vector<Bound> bounds;
  bounds.push_back(postgres::bind(hold_invoice, invoice_id));
  bounds.push_back(postgres::bind(count_mails_of, invoice_id, now));
  EMP_CO_ASSIGN(const auto rows, co_await work.run_together(std::move(bounds)));
  co_return MailCount{rows[1][0].get<std::int32_t>(0), rows[1][0].get<std::int32_t>(1)};
}

Task<Result<>> PostgresInvoiceStore::want_mail(postgres::UnitOfWork& work, Uuid mail_id, Uuid invoice_id, std::int32_t seq, std::string recipient,
                                               UtcTime now) {
  EMP_CO_TRY(co_await work.query(insert_mail, mail_id, invoice_id, seq, recipient, now));
  co_return Result<>();
}

}  // namespace emporion::order
