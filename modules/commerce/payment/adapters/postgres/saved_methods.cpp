#include "modules/commerce/payment/adapters/postgres/saved_methods.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr std::int32_t methods_max = 20;
constexpr seconds lease{60};

constexpr Statement list_methods{"payment.list_methods",
                                 "SELECT saved_method_document(m)::text FROM payment_method m WHERE m.customer_id = $1 AND m.removed_at IS NULL ORDER BY "
                                 "m.is_default DESC, m.created_at DESC, m.id DESC",
                                 Effect::reads};
constexpr Statement find_owner{"payment.find_card_owner", "SELECT reference FROM card_owner WHERE customer_id = $1 AND provider = $2", Effect::reads};
constexpr Statement insert_owner{"payment.insert_card_owner",
                                 "INSERT INTO card_owner (customer_id, provider, reference) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", Effect::writes};
constexpr Statement add_method{"payment.add_method", "SELECT saved_method_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)::text",
                               Effect::writes};
constexpr Statement set_default{"payment.default_method", "SELECT saved_method_default($1, $2)::text", Effect::writes};
constexpr Statement remove_method{"payment.remove_method", "SELECT saved_method_remove($1, $2, $3)", Effect::writes};
constexpr Statement find_method{
    "payment.find_method",
    "SELECT owner, token, COALESCE(fingerprint, ''), COALESCE(country, '') FROM payment_method WHERE id = $1 AND customer_id = $2 AND removed_at IS NULL",
    Effect::reads};
constexpr Statement claim_removed{
    "payment.claim_removed_methods",
    "WITH due AS (SELECT d.id FROM payment_method d WHERE d.next_run_at <= $1 ORDER BY d.next_run_at LIMIT 20 FOR NO KEY UPDATE SKIP LOCKED) "
    "UPDATE payment_method m SET next_run_at = $2, run_tries = run_tries + 1 FROM due WHERE m.id = due.id RETURNING m.id, m.token, m.run_tries",
    Effect::writes};
constexpr Statement finish_removed{"payment.finish_removed_method", "UPDATE payment_method SET next_run_at = $2 WHERE id = $1", Effect::writes};

std::unexpected<Error> no_customer() { return fail(ErrorKind::not_found, "CUSTOMER_NOT_FOUND", "no such customer"); }

/// What the keeper's refusals mean to a customer.
std::unexpected<Error> refused_by_keeper(const Error& error) {
  if (error.reason() == "TOKEN_INVALID") return fail(error);
  return fail(Error(ErrorKind::unavailable, "PROVIDER_UNAVAILABLE", "the payment provider does not answer; try again").with("retry_after", 5));
}

}  // namespace

Task<Result<v1::ListSavedMethodsResponse>> SavedMethods::list_saved_methods(CallContext context, v1::ListSavedMethodsRequest request) {
  const bool may_look = context.principal.realm != Realm::customer || context.principal.id == request.customer_id;
  if (!EMP_GUARD("card.list_is_the_owners", may_look)) co_return no_customer();
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_methods, request.customer_id));
  v1::ListSavedMethodsResponse out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto method, parse_json<v1::SavedMethod>(row.get<std::string>(0)));
    out.methods.push_back(std::move(method));
  }
  co_return out;
}

Task<Result<std::string>> SavedMethods::owner_of(Uuid customer_id) {
  EMP_CO_ASSIGN(const auto known, co_await database_.query(find_owner, customer_id, vault_.provider()));
  if (!known.empty()) co_return known[0].get<std::string>(0);
  // Twice at once is two customers there, of whom one is never used: what was stored first counts. Another key each time, since a keeper repeats its failures.
  EMP_CO_ASSIGN(const auto reference, co_await vault_.open_customer(customer_id, Uuid::v7(clock_.now(), random_).to_string()));
  EMP_CO_TRY(co_await database_.query(insert_owner, customer_id, vault_.provider(), reference));
  EMP_CO_ASSIGN(const auto stored, co_await database_.query(find_owner, customer_id, vault_.provider()));
  co_return stored[0].get<std::string>(0);
}

Task<Result<v1::SetUpMethodResponse>> SavedMethods::set_up_method(CallContext context, v1::SetUpMethodRequest request) {
  if (!EMP_GUARD("card.set_up_by_its_owner", context.principal.id == request.customer_id)) co_return no_customer();
  if (!vault_.is_enabled()) co_return fail(ErrorKind::rule_violated, "METHOD_NOT_AVAILABLE", "this shop takes no cards");
  const auto owner = co_await owner_of(request.customer_id);
  if (!owner) co_return refused_by_keeper(owner.error());
  const auto setup = co_await vault_.set_up(*owner, text(request.customer_id, ":", Uuid::from_name(context.idempotency_key)));
  if (!setup) co_return refused_by_keeper(setup.error());
  v1::SetUpMethodResponse out;
  out.provider = std::string(vault_.provider());
  out.setup_reference = setup->reference;
  out.client_secret = setup->client_secret;
  if (!publishable_key_.empty()) out.publishable_key = publishable_key_;
  co_return out;
}

Task<Result<v1::SaveMethodResponse>> SavedMethods::save_method(CallContext context, v1::SaveMethodRequest request) {
  if (!EMP_GUARD("card.saved_by_its_owner", context.principal.id == request.customer_id)) co_return no_customer();
  if (!vault_.is_enabled()) co_return fail(ErrorKind::rule_violated, "METHOD_NOT_AVAILABLE", "this shop takes no cards");
  const auto owner = co_await owner_of(request.customer_id);
  if (!owner) co_return refused_by_keeper(owner.error());
  const auto card = co_await vault_.attach(request.provider_token, *owner,
                                           Uuid::from_name(text(context.idempotency_key, " ", request.provider_token, " ", *owner)).to_string());
  if (!card) co_return refused_by_keeper(card.error());
  const UtcTime now = clock_.now();
  // The natural key is the card itself: the same token again answers the card as it stands.
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(add_method, Uuid::v7(now, random_), request.customer_id, vault_.provider(), *owner, card->token,
                                                          card->brand, card->last4, card->exp_month, card->exp_year, card->fingerprint, card->country,
                                                          request.is_default.value_or(false), methods_max, now));
  auto out = parse_json<v1::SaveMethodResponse>(rows[0].get<std::string>(0));
  if (on_removed) on_removed();
  co_return out;
}

Task<Result<v1::SavedMethod>> SavedMethods::update_saved_method(CallContext context, v1::UpdateSavedMethodRequest request) {
  if (!request.is_default) co_return fail(ErrorKind::invalid_argument, "OUT_OF_RANGE", "is_default can only be set: make another card the default");
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(set_default, request.id, context.principal.id));
  co_return parse_json<v1::SavedMethod>(rows[0].get<std::string>(0));
}

Task<Result<v1::DeleteSavedMethodResponse>> SavedMethods::delete_saved_method(CallContext context, v1::DeleteSavedMethodRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(remove_method, request.id, context.principal.id, clock_.now()));
  if (!rows[0].get<bool>(0)) co_return fail(ErrorKind::not_found, "METHOD_NOT_FOUND", "no such card");
  if (on_removed) on_removed();
  v1::DeleteSavedMethodResponse out;
  out.status_code = 204;
  co_return out;
}

Task<Result<std::optional<SavedCard>>> SavedMethods::find(Uuid id, Uuid customer_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_method, id, customer_id));
  if (rows.empty()) co_return std::optional<SavedCard>();
  const auto row = rows[0];
  co_return std::optional(SavedCard{row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<std::string>(3)});
}

Task<Result<>> SavedMethods::detach_due(CallContext) {
  if (!vault_.is_enabled()) co_return Result<>();
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_removed, now, now + lease));
  for (const auto row : rows) {
    const Uuid id = row.get<Uuid>(0);
    const auto tries = row.get<std::int32_t>(2);
    const auto detached = co_await vault_.detach(row.get<std::string>(1), tries);
    std::optional<UtcTime> again;
    if (!detached) {
      // It cannot pay here any more; that its keeper forgets it too can wait.
      again = clock_.now() + std::min<microseconds>(seconds(10) * (1 << std::min(tries, 9)), hours(1));
      observe::warning("a deleted card is still with its keeper", {{"method_id", id.to_string()}, {"error", detached.error().to_string()}});
    }
    EMP_CO_TRY(co_await database_.query(finish_removed, id, again));
  }
  co_return Result<>();
}

}  // namespace emporion::payment
