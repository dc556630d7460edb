#include "modules/commerce/checkout/adapters/postgres/session_store.hpp"

#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/postgres/owner_columns.hpp"

namespace emporion::checkout {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement start_one{"checkout.start_session", "SELECT replayed, status, answer FROM session_start($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
#define EMP_SESSION_COLUMNS                                                                                                                                \
  "s.id, s.cart_id, s.cart_version, s.status, s.currency, s.contact, s.shipping_address, s.billing_address, s.shipping_selections, s.payment, s.credits, " \
  "s.quote_id, s.version, s.expires_at"
constexpr int session_columns = 14;

constexpr Statement view_one{"checkout.view_session",
                             "SELECT " EMP_SESSION_COLUMNS
                             ", (cart_shown(c, $4)).shown, q.body, q.plan, s.saga_id, s.customer_id IS NOT DISTINCT FROM $2 AND "
                             "s.guest_token_sha256 IS NOT DISTINCT FROM $3, s.status IN ('expired', 'abandoned') OR (s.status = 'open' AND "
                             "s.expires_at <= now()) FROM checkout_session s JOIN cart c ON c.id = s.cart_id LEFT JOIN quote q ON q.id = "
                             "s.quote_id WHERE s.id = $1"};
constexpr Statement change_one{"checkout.change_session", "SELECT " EMP_SESSION_COLUMNS " FROM session_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) s",
                               Effect::writes};
constexpr Statement credit_one{"checkout.set_credits", "SELECT session_set_credits($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement quote_one{"checkout.keep_quote", "SELECT " EMP_SESSION_COLUMNS " FROM session_keep_quote($1, $2, $3, $4, $5, $6, $7, $8, $9) s",
                              Effect::writes};
constexpr Statement select_totals{"checkout.quote_totals", "SELECT (body::json -> 'totals')::text FROM quote WHERE id = $1"};
constexpr Statement select_quote{"checkout.quote", "SELECT body FROM quote WHERE id = $1"};
constexpr Statement accept_one{"checkout.accept_confirm",
                               "SELECT outcome, saga FROM confirm_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                               Effect::writes};
constexpr Statement view_placement{"checkout.view_placement", "SELECT saga, key_saga, quote FROM placement_view($1, $2, $3, $4)"};
constexpr Statement find_by_order{"checkout.saga_of_order", "SELECT saga_id FROM confirm_key WHERE order_id = $1"};
constexpr Statement abandon_one{"checkout.abandon_session", "SELECT status, saga FROM session_abandon($1)", Effect::writes};
constexpr Statement select_decision{"checkout.review_decision", "SELECT decision FROM review_decision WHERE saga_id = $1"};

template <typename Message>
std::optional<std::string> column(const std::optional<Message>& message) {
  if (!message) return std::nullopt;
  return to_json(*message);
}

/// A message that is kept as JSON, or none.
template <typename Message>
Result<> read_column(const postgres::Row& row, int column, std::optional<Message>& out) {
  if (const auto kept = row.get<std::optional<std::string>>(column)) {
    EMP_ASSIGN(out, parse_json<Message>(*kept));
  }
  return {};
}

template <typename Message>
Result<> read_list(const postgres::Row& row, int column, std::vector<Message>& out) {
  const auto kept = row.get<std::string>(column);
  if (kept == "[]") return {};
  EMP_ASSIGN(const auto document, json::Document::parse(kept));
  json::Reader reader;
  document.root().for_each_element([&](json::Value value) {
    read_json(value, reader, out.emplace_back());
    return true;
  });
  if (!reader.ok()) return fail(reader.to_error());
  return {};
}

/// EMP_SESSION_COLUMNS.
Result<v1::CheckoutSession> read_session(const postgres::Row& row) {
  v1::CheckoutSession out;
  out.id = row.get<Uuid>(0);
  out.cart_id = row.get<Uuid>(1);
  out.cart_version = row.get<std::int64_t>(2);
  if (!from_string(row.get<std::string>(3), out.status)) return fail(ErrorKind::internal, "SESSION_STATUS_UNKNOWN", row.get<std::string>(3));
  out.currency = row.get<std::string>(4);
  EMP_TRY(read_column(row, 5, out.contact));
  EMP_TRY(read_column(row, 6, out.shipping_address));
  EMP_TRY(read_column(row, 7, out.billing_address));
  EMP_TRY(read_list(row, 8, out.shipping_selections));
  EMP_TRY(read_column(row, 9, out.payment));
  EMP_TRY(read_list(row, 10, out.credits));
  out.quote_id = row.get<std::optional<Uuid>>(11);
  out.version = row.get<std::int64_t>(12);
  out.expires_at = row.get<UtcTime>(13);
  return out;
}

template <typename Message>
std::string list_json(const std::vector<Message>& messages) {
  std::string out = "[";
  for (const auto& message : messages) {
    if (out.size() > 1) out += ',';
    append_json(out, message);
  }
  return out + "]";
}

}  // namespace

Task<Result<SessionStore::Started>> PostgresSessionStore::start(Owner owner, KeyedRequest keyed) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(start_one, keyed.caller, keyed.key, postgres::Bytes{security::sha256(keyed.request)}, owner.customer,
                                                          guest_column(owner), Uuid::v7(clock_.now(), random_), keyed.trace));
  EMP_CO_ASSIGN(const auto answer, json::Document::parse(rows[0].get<std::string>(2)));
  Started out{.status = rows[0].get<std::int32_t>(1), .replayed = rows[0].get<bool>(0)};
  json::Reader reader;
  const auto root = answer.root();
  read_json(root.member("session").value(), reader, out.session);
  read_json(root.member("cart").value(), reader, out.cart);
  if (const auto quote = root.member("quote"); quote && !quote->is_null()) read_json(*quote, reader, out.quote.emplace());
  if (!reader.ok()) co_return fail(reader.to_error());
  co_return out;
}

Task<Result<SessionView>> PostgresSessionStore::view(Uuid session, Owner owner) { return read(session, std::move(owner), true); }
Task<Result<SessionView>> PostgresSessionStore::view_without_lines(Uuid session, Owner owner) { return read(session, std::move(owner), false); }

Task<Result<SessionView>> PostgresSessionStore::read(Uuid session, Owner owner, bool with_lines) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(view_one, session, owner.customer, guest_column(owner), with_lines));
  // Somebody else's session is as if it did not exist.
  if (rows.empty() || !rows[0].get<bool>(session_columns + 4)) co_return fail(ErrorKind::not_found, "CHECKOUT_NOT_FOUND", "");
  const auto row = rows[0];
  if (row.get<bool>(session_columns + 5)) co_return fail(ErrorKind::gone, "CHECKOUT_EXPIRED", "");
  SessionView out{.owner = owner};
  EMP_CO_ASSIGN(out.session, read_session(row));
  EMP_CO_ASSIGN(out.cart, parse_json<v1::Cart>(row.get<std::string>(session_columns)));
  EMP_CO_TRY(read_column(row, session_columns + 1, out.quote));
  EMP_CO_TRY(read_column(row, session_columns + 2, out.plan));
  out.saga = row.get<std::optional<Uuid>>(session_columns + 3);
  co_return out;
}

Task<Result<v1::CheckoutSession>> PostgresSessionStore::change(Uuid session, Owner owner, std::optional<std::int64_t> if_match, SessionChange change) {
  const auto selections = change.selections ? std::optional(list_json(*change.selections)) : std::nullopt;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change_one, session, owner.customer, guest_column(owner), if_match, column(change.contact),
                                                          column(change.shipping_address), column(change.billing_address), selections, column(change.payment),
                                                          change.drop_selections, change.drop_quote));
  co_return read_session(rows[0]);
}

Task<Result<v1::CheckoutSession>> PostgresSessionStore::set_credits(Uuid session, Owner owner, std::optional<std::int64_t> if_match,
                                                                    std::vector<v1::SessionCredit> credits) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(credit_one, session, owner.customer, guest_column(owner), if_match, list_json(credits)));
  co_return parse_json<v1::CheckoutSession>(rows[0].get<std::string>(0));
}

Task<Result<v1::CheckoutSession>> PostgresSessionStore::keep_quote(QuoteToKeep keep) {
  const Money total = keep.quote.totals.grand_total;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(quote_one, keep.session, keep.saga, keep.quote.id, keep.quote.cart_version, to_json(keep.quote),
                                                          to_json(keep.plan), total.currency().code(), total.amount(), keep.quote.expires_at));
  co_return read_session(rows[0]);
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

Task<Result<SessionStore::Accepted>> PostgresSessionStore::accept(Acceptance acceptance) {
  EMP_ASSERT(engine_ != nullptr);
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(accept_one, acceptance.session, acceptance.owner.customer, guest_column(acceptance.owner), acceptance.key,
                                         postgres::Bytes{security::sha256(acceptance.request)}, acceptance.quote, acceptance.saga, acceptance.context,
                                         engine_->first_step(), acceptance.deadline, engine_->owner(), static_cast<std::int32_t>(engine_->lease_seconds()),
                                         acceptance.method, acceptance.email, acceptance.address, acceptance.pending_max));
  const auto outcome = rows[0].get<std::string>(0);
  co_return Accepted{outcome == "started"    ? AcceptOutcome::started
                     : outcome == "replayed" ? AcceptOutcome::replayed
                                             : AcceptOutcome::completed,
                     rows[0].get<Uuid>(1)};
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
