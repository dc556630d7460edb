#include "modules/commerce/checkout/adapters/postgres/session_store.hpp"

#include "kernel/json/codec.hpp"
#include "modules/commerce/checkout/adapters/postgres/owner_columns.hpp"
#include "modules/commerce/checkout/adapters/postgres/session_rows.hpp"

namespace emporion::checkout {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement view_many{"checkout.view_sessions",
                              "SELECT " EMP_SESSION_COLUMNS
                              ", (cart_shown(c, u.with_lines)).shown, q.body, q.plan, s.saga_id, s.customer_id IS NOT DISTINCT FROM u.customer AND "
                              "s.guest_token_sha256 IS NOT DISTINCT FROM u.guest, s.status IN ('expired', 'abandoned') OR (s.status = 'open' AND "
                              "s.expires_at <= now()), u.n FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS u(session, customer, guest, with_lines, n) JOIN "
                              "checkout_session s ON s.id = u.session JOIN cart c ON c.id = s.cart_id LEFT JOIN quote q ON q.id = s.quote_id"};
constexpr Statement credit_one{"checkout.set_credits", "SELECT session_set_credits($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement select_totals{"checkout.quote_totals", "SELECT (body::json -> 'totals')::text FROM quote WHERE id = $1"};
constexpr Statement select_quote{"checkout.quote", "SELECT body FROM quote WHERE id = $1"};
constexpr Statement view_placement{"checkout.view_placement", "SELECT saga, key_saga, quote FROM placement_view($1, $2, $3, $4)"};
constexpr Statement find_by_order{"checkout.saga_of_order", "SELECT saga_id FROM confirm_key WHERE order_id = $1"};
constexpr Statement abandon_one{"checkout.abandon_session", "SELECT status, saga FROM session_abandon($1)", Effect::writes};
constexpr Statement select_decision{"checkout.review_decision", "SELECT decision FROM review_decision WHERE saga_id = $1"};

Result<SessionView> read_view(const postgres::Row& row, Owner owner) {
  // Somebody else's session is as if it did not exist.
  if (!row.get<bool>(session_columns + 4)) return fail(ErrorKind::not_found, "CHECKOUT_NOT_FOUND", "");
  if (row.get<bool>(session_columns + 5)) return fail(ErrorKind::gone, "CHECKOUT_EXPIRED", "");
  SessionView out{.owner = std::move(owner)};
  EMP_ASSIGN(out.session, read_session(row));
  EMP_ASSIGN(out.cart, parse_json<v1::Cart>(row.get<std::string>(session_columns)));
  EMP_TRY(read_column(row, session_columns + 1, out.quote));
  EMP_TRY(read_column(row, session_columns + 2, out.plan));
  out.saga = row.get<std::optional<Uuid>>(session_columns + 3);
  return out;
}

}  // namespace

PostgresSessionStore::PostgresSessionStore(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random)
    : database_(database),
      clock_(clock),
      random_(random),
      viewing_(runtime, {.name = "checkout.session_view", .unknown_tries_max = 1}, [this](std::vector<View> batch) { return view_together(std::move(batch)); }),
      starting_(
          runtime, {.name = "checkout.session_start"}, [this](std::vector<Start> batch) { return start_together(std::move(batch)); },
          [this](Start start) { return start_alone(std::move(start)); }),
      changing_(
          runtime, {.name = "checkout.session_change"}, [this](std::vector<Change> batch) { return change_together(std::move(batch)); },
          [this](Change change) { return change_alone(std::move(change)); }),
      keeping_(
          runtime, {.name = "checkout.keep_quote"}, [this](std::vector<QuoteToKeep> batch) { return keep_together(std::move(batch)); },
          [this](QuoteToKeep keep) { return keep_alone(std::move(keep)); }),
      accepting_(
          runtime, {.name = "checkout.accept"}, [this](std::vector<Acceptance> batch) { return accept_together(std::move(batch)); },
          [this](Acceptance acceptance) { return accept_alone(std::move(acceptance)); }) {}

Task<void> PostgresSessionStore::close() {
  co_await viewing_.close();
  co_await starting_.close();
  co_await changing_.close();
  co_await keeping_.close();
  co_await accepting_.close();
}

Task<Result<SessionView>> PostgresSessionStore::view(Uuid session, Owner owner) { co_return co_await viewing_.submit({session, std::move(owner), true}); }
Task<Result<SessionView>> PostgresSessionStore::view_without_lines(Uuid session, Owner owner) {
  co_return co_await viewing_.submit({session, std::move(owner), false});
}

Task<Result<PostgresSessionStore::Viewing::Answers>> PostgresSessionStore::view_together(std::vector<View> batch) {
  std::vector<Uuid> sessions;
  std::vector<std::optional<Uuid>> customers;
  std::vector<std::optional<postgres::Bytes>> guests;
  std::vector<bool> with_lines;
  for (const View& view : batch) {
    sessions.push_back(view.session);
    customers.push_back(view.owner.customer);
    guests.push_back(guest_column(view.owner));
    with_lines.push_back(view.with_lines);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(view_many, sessions, customers, guests, with_lines));
  Viewing::Answers out;
  for (std::size_t i = 0; i < batch.size(); ++i) out.emplace_back(fail(ErrorKind::not_found, "CHECKOUT_NOT_FOUND", ""));
  for (const auto row : rows) {
    const auto place = static_cast<std::size_t>(row.get<std::int64_t>(session_columns + 6)) - 1;
    out[place] = read_view(row, std::move(batch[place].owner));
  }
  co_return out;
}

Task<Result<v1::CheckoutSession>> PostgresSessionStore::set_credits(Uuid session, Owner owner, std::optional<std::int64_t> if_match,
                                                                    std::vector<v1::SessionCredit> credits) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(credit_one, session, owner.customer, guest_column(owner), if_match, list_json(credits)));
  co_return parse_json<v1::CheckoutSession>(rows[0].get<std::string>(0));
}

Task<Result<v1::QuoteTotals>> PostgresSessionStore::totals(Uuid quote) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_totals, quote));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "QUOTE_NOT_FOUND", "no such quote");
  co_return parse_json<v1::QuoteTotals>(rows[0].get<std::string>(0));
}

Task<Result<v1::Quote>> PostgresSessionStore::quote(Uuid quote) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_quote, quote));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "QUOTE_NOT_FOUND", "no such quote");
  co_return parse_json<v1::Quote>(rows[0].get<std::string>(0));
}

Task<Result<SessionStore::Placed>> PostgresSessionStore::placed(Uuid session, Owner owner, std::string key) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(view_placement, session, owner.customer, guest_column(owner), key));
  Placed out{.saga = rows[0].get<std::optional<Uuid>>(0), .key_saga = rows[0].get<std::optional<Uuid>>(1)};
  if (const auto quote = rows[0].get<std::optional<std::string>>(2)) {
    EMP_CO_ASSIGN(out.quote, parse_json<v1::Quote>(*quote));
  }
  co_return out;
}

Task<Result<std::optional<Uuid>>> PostgresSessionStore::saga_of_order(Uuid order) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_by_order, order));
  if (rows.empty()) co_return std::optional<Uuid>();
  co_return std::optional(rows[0].get<Uuid>(0));
}

Task<Result<SessionStore::Abandoned>> PostgresSessionStore::abandon(Uuid session) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(abandon_one, session));
  Abandoned out;
  const auto status = rows[0].get<std::optional<std::string>>(0);
  if (!status || !from_string(*status, out.status)) co_return fail(ErrorKind::not_found, "CHECKOUT_NOT_FOUND", session.to_string());
  out.saga = rows[0].get<std::optional<Uuid>>(1);
  co_return out;
}

Task<Result<std::optional<std::string>>> PostgresSessionStore::review_decision(Uuid saga) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_decision, saga));
  if (rows.empty()) co_return std::optional<std::string>();
  co_return std::optional(rows[0].get<std::string>(0));
}

}  // namespace emporion::checkout
