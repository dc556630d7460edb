#include <unordered_map>

#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/postgres/keyed_columns.hpp"
#include "modules/commerce/checkout/adapters/postgres/owner_columns.hpp"
#include "modules/commerce/checkout/adapters/postgres/session_rows.hpp"
#include "modules/commerce/checkout/adapters/postgres/session_store.hpp"

// What each step of a buyer writes to his session: for one, and for all who wait.
namespace emporion::checkout {
namespace {

using postgres::Bytes;
using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;
using OptionalId = std::optional<Uuid>;

constexpr Statement start_many{"checkout.start_sessions", "SELECT n, answer FROM sessions_start($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
constexpr Statement start_one{"checkout.start_session", "SELECT replayed, status, answer FROM session_start($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
constexpr Statement change_many{"checkout.change_sessions", "SELECT " EMP_SESSION_COLUMNS " FROM sessions_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) s",
                                Effect::writes};
constexpr Statement change_one{"checkout.change_session", "SELECT " EMP_SESSION_COLUMNS " FROM session_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) s",
                               Effect::writes};
constexpr Statement quote_many{"checkout.keep_quotes", "SELECT " EMP_SESSION_COLUMNS " FROM sessions_keep_quote($1, $2, $3, $4, $5, $6, $7, $8) s",
                               Effect::writes};
constexpr Statement quote_one{"checkout.keep_quote", "SELECT " EMP_SESSION_COLUMNS " FROM session_keep_quote($1, $2, $3, $4, $5, $6, $7, $8, $9) s",
                              Effect::writes};
constexpr Statement accept_many{"checkout.accept_confirms", "SELECT u FROM unnest(confirms_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)) AS u",
                                Effect::writes};
constexpr Statement accept_one{"checkout.accept_confirm",
                               "SELECT outcome, saga FROM confirm_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                               Effect::writes};

/// The answer of session_start, as it was kept under its key.
Result<SessionStore::Started> read_started(std::string_view text) {
  EMP_ASSIGN(const auto answer, json::Document::parse(text));
  SessionStore::Started out;
  json::Reader reader;
  const auto root = answer.root();
  read_json(root.member("session").value(), reader, out.session);
  read_json(root.member("cart").value(), reader, out.cart);
  if (const auto quote = root.member("quote"); quote && !quote->is_null()) read_json(*quote, reader, out.quote.emplace());
  if (!reader.ok()) return fail(reader.to_error());
  return out;
}

/// Places, in a batch, of the first command for each session.
using Places = std::unordered_map<Uuid, std::size_t>;

/// Gives each session that came back to the command that asked for it; the others stay without an answer.
Result<std::vector<std::optional<v1::CheckoutSession>>> read_sessions(const postgres::Rows& rows, const Places& places, std::size_t commands) {
  std::vector<std::optional<v1::CheckoutSession>> out(commands);
  for (const auto row : rows) {
    EMP_ASSIGN(auto session, read_session(row));
    const std::size_t place = places.at(session.id);
    out[place] = std::move(session);
  }
  return out;
}

}  // namespace

// --- Starting ---

Task<Result<SessionStore::Started>> PostgresSessionStore::start(Owner owner, KeyedRequest keyed) {
  co_return co_await starting_.submit({Uuid::v7(clock_.now(), random_), std::move(owner), std::move(keyed)});
}

Task<Result<std::vector<std::optional<SessionStore::Started>>>> PostgresSessionStore::start_together(std::vector<Start> batch) {
  KeyedColumns asked;
  std::vector<Uuid> sessions;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (asked.add(i, batch[i].keyed, batch[i].owner) != 0) sessions.push_back(batch[i].new_session);
  }
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(start_many, asked.callers, asked.keys, asked.digests, asked.customers, asked.guests, sessions, asked.traces));
  std::vector<std::optional<Started>> out(batch.size());
  for (const auto row : rows) {
    EMP_CO_ASSIGN(out[asked.place_of(row.get<std::int32_t>(0))], read_started(row.get<std::string>(1)));
  }
  co_return out;
}

Task<Result<SessionStore::Started>> PostgresSessionStore::start_alone(Start start) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(start_one, start.keyed.caller, start.keyed.key, Bytes{security::sha256(start.keyed.request)},
                                                          start.owner.customer, guest_column(start.owner), start.new_session, start.keyed.trace));
  EMP_CO_ASSIGN(auto out, read_started(rows[0].get<std::string>(2)));
  out.status = rows[0].get<std::int32_t>(1);
  out.replayed = rows[0].get<bool>(0);
  co_return out;
}

// --- Changing ---

Task<Result<v1::CheckoutSession>> PostgresSessionStore::change(Uuid session, Owner owner, std::optional<std::int64_t> if_match, SessionChange change) {
  co_return co_await changing_.submit({session, std::move(owner), if_match, std::move(change)});
}

Task<Result<std::vector<std::optional<v1::CheckoutSession>>>> PostgresSessionStore::change_together(std::vector<Change> batch) {
  std::vector<Uuid> sessions;
  std::vector<OptionalId> customers;
  std::vector<std::optional<Bytes>> guests;
  std::vector<std::optional<std::int64_t>> versions;
  std::vector<Text> contacts, shipping_addresses, billing_addresses, selections, payments;
  std::vector<bool> drop_selections, drop_quotes;
  Places places;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Change& change = batch[i];
    if (!places.emplace(change.session, i).second) continue;
    sessions.push_back(change.session);
    customers.push_back(change.owner.customer);
    guests.push_back(guest_column(change.owner));
    versions.push_back(change.if_match);
    contacts.push_back(column(change.to.contact));
    shipping_addresses.push_back(column(change.to.shipping_address));
    billing_addresses.push_back(column(change.to.billing_address));
    selections.push_back(change.to.selections ? Text(list_json(*change.to.selections)) : std::nullopt);
    payments.push_back(column(change.to.payment));
    drop_selections.push_back(change.to.drop_selections);
    drop_quotes.push_back(change.to.drop_quote);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change_many, sessions, customers, guests, versions, contacts, shipping_addresses, billing_addresses,
                                                          selections, payments, drop_selections, drop_quotes));
  co_return read_sessions(rows, places, batch.size());
}

Task<Result<v1::CheckoutSession>> PostgresSessionStore::change_alone(Change change) {
  const SessionChange& to = change.to;
  const auto selections = to.selections ? Text(list_json(*to.selections)) : std::nullopt;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change_one, change.session, change.owner.customer, guest_column(change.owner), change.if_match,
                                                          column(to.contact), column(to.shipping_address), column(to.billing_address), selections,
                                                          column(to.payment), to.drop_selections, to.drop_quote));
  co_return read_session(rows[0]);
}

// --- Keeping a quote ---

Task<Result<v1::CheckoutSession>> PostgresSessionStore::keep_quote(QuoteToKeep keep) {
  if (keep.saga) co_return co_await keep_alone(std::move(keep));
  co_return co_await keeping_.submit(std::move(keep));
}

Task<Result<std::vector<std::optional<v1::CheckoutSession>>>> PostgresSessionStore::keep_together(std::vector<QuoteToKeep> batch) {
  std::vector<Uuid> sessions, quotes;
  std::vector<std::int64_t> cart_versions, totals;
  std::vector<std::string> bodies, plans, currencies;
  std::vector<UtcTime> ends;
  Places places;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const QuoteToKeep& keep = batch[i];
    if (!places.emplace(keep.session, i).second) continue;
    const Money total = keep.quote.totals.grand_total;
    sessions.push_back(keep.session);
    quotes.push_back(keep.quote.id);
    cart_versions.push_back(keep.quote.cart_version);
    bodies.push_back(to_json(keep.quote));
    plans.push_back(to_json(keep.plan));
    currencies.emplace_back(total.currency().code());
    totals.push_back(total.amount());
    ends.push_back(keep.quote.expires_at);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(quote_many, sessions, quotes, cart_versions, bodies, plans, currencies, totals, ends));
  co_return read_sessions(rows, places, batch.size());
}

Task<Result<v1::CheckoutSession>> PostgresSessionStore::keep_alone(QuoteToKeep keep) {
  const Money total = keep.quote.totals.grand_total;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(quote_one, keep.session, keep.saga, keep.quote.id, keep.quote.cart_version, to_json(keep.quote),
                                                          to_json(keep.plan), total.currency().code(), total.amount(), keep.quote.expires_at));
  co_return read_session(rows[0]);
}

// --- Accepting a confirm ---

Task<Result<SessionStore::Accepted>> PostgresSessionStore::accept(Acceptance acceptance) {
  // Those who wait for a transfer are counted, one after the other.
  if (acceptance.method == "bank_transfer") co_return co_await accept_alone(std::move(acceptance));
  co_return co_await accepting_.submit(std::move(acceptance));
}

Task<Result<std::vector<std::optional<SessionStore::Accepted>>>> PostgresSessionStore::accept_together(std::vector<Acceptance> batch) {
  EMP_ASSERT(engine_ != nullptr);
  std::vector<Uuid> sessions, quotes, sagas;
  std::vector<OptionalId> customers;
  std::vector<std::optional<Bytes>> guests;
  std::vector<std::string> keys, contexts;
  std::vector<Bytes> digests;
  std::vector<UtcTime> deadlines;
  Places places, place_of_saga;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Acceptance& acceptance = batch[i];
    if (!places.emplace(acceptance.session, i).second) continue;
    place_of_saga.emplace(acceptance.saga, i);
    sessions.push_back(acceptance.session);
    customers.push_back(acceptance.owner.customer);
    guests.push_back(guest_column(acceptance.owner));
    keys.push_back(acceptance.key);
    digests.push_back({security::sha256(acceptance.request)});
    quotes.push_back(acceptance.quote);
    sagas.push_back(acceptance.saga);
    contexts.push_back(acceptance.context);
    deadlines.push_back(acceptance.deadline);
  }
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(accept_many, sessions, customers, guests, keys, digests, quotes, sagas, contexts, engine_->first_step(), deadlines,
                                         engine_->owner(), static_cast<std::int32_t>(engine_->lease_seconds())));
  std::vector<std::optional<Accepted>> out(batch.size());
  for (const auto row : rows) {
    const auto saga = row.get<Uuid>(0);
    out[place_of_saga.at(saga)] = Accepted{AcceptOutcome::started, saga};
  }
  co_return out;
}

Task<Result<SessionStore::Accepted>> PostgresSessionStore::accept_alone(Acceptance acceptance) {
  EMP_ASSERT(engine_ != nullptr);
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(accept_one, acceptance.session, acceptance.owner.customer, guest_column(acceptance.owner), acceptance.key,
                                         Bytes{security::sha256(acceptance.request)}, acceptance.quote, acceptance.saga, acceptance.context,
                                         engine_->first_step(), acceptance.deadline, engine_->owner(), static_cast<std::int32_t>(engine_->lease_seconds()),
                                         acceptance.method, acceptance.email, acceptance.address, acceptance.pending_max));
  const auto outcome = rows[0].get<std::string>(0);
  co_return Accepted{outcome == "started"    ? AcceptOutcome::started
                     : outcome == "replayed" ? AcceptOutcome::replayed
                                             : AcceptOutcome::completed,
                     rows[0].get<Uuid>(1)};
}

}  // namespace emporion::checkout
