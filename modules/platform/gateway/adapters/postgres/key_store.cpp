#include "modules/platform/gateway/adapters/postgres/key_store.hpp"

#include "contracts/platform/gateway/v1/gateway_events.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/platform/gateway/adapters/postgres/changes.hpp"

namespace emporion::gateway {
namespace {

using postgres::Bytes;
using postgres::Effect;
using postgres::Statement;

constexpr Statement select_plans{"gateway.rate_plans", "SELECT plan, per_minute, burst FROM rate_plan"};
constexpr Statement upsert_plan{
    "gateway.put_rate_plan",
    "INSERT INTO rate_plan AS p VALUES ($1, $2, $3) ON CONFLICT (plan) DO UPDATE SET per_minute = excluded.per_minute, burst = excluded.burst "
    "WHERE (p.per_minute, p.burst) IS DISTINCT FROM (excluded.per_minute, excluded.burst)",
    Effect::writes};
constexpr Statement select_known{
    "gateway.known_keys",
    "SELECT id, prefix, secret_sha256, previous_sha256, previous_until, scopes, plan, expires_at FROM api_key WHERE NOT is_revoked AND "
    "(expires_at IS NULL OR expires_at > now())"};
constexpr Statement select_keys{"gateway.api_keys",
                                "SELECT id, prefix, owner, scopes, plan, is_revoked, expires_at, last_used_on::timestamptz, created_at FROM api_key "
                                "WHERE $1::uuid IS NULL OR id = $1 ORDER BY created_at DESC, id DESC LIMIT 2000"};
constexpr Statement insert_key{
    "gateway.insert_key",
    "INSERT INTO api_key (id, prefix, secret_sha256, owner, scopes, plan, expires_at) SELECT $1, $2, $3, $4, $5, plan, $7 FROM rate_plan "
    "WHERE plan = $6",
    Effect::writes};
constexpr Statement lock_key{"gateway.lock_key", "SELECT is_revoked, version, owner FROM api_key WHERE id = $1 FOR UPDATE", Effect::writes};
constexpr Statement rotate_key{
    "gateway.rotate_key",
    "UPDATE api_key SET previous_sha256 = secret_sha256, previous_until = now() + interval '24 hours', secret_sha256 = $2, version = version + 1 "
    "WHERE id = $1",
    Effect::writes};
constexpr Statement revoke_key{"gateway.revoke_key", "UPDATE api_key SET is_revoked = true, version = version + 1 WHERE id = $1", Effect::writes};
constexpr Statement mark_used{"gateway.mark_used_keys",
                              "UPDATE api_key SET last_used_on = current_date WHERE id = ANY ($1) AND last_used_on IS DISTINCT FROM current_date",
                              Effect::writes};

v1::ApiKey key_of(const postgres::Row& row) {
  return {.id = row.get<Uuid>(0),
          .prefix = row.get<std::string>(1),
          .owner = row.get<std::string>(2),
          .scopes = row.get<std::vector<std::string>>(3),
          .plan = row.get<std::string>(4),
          .status = row.get<bool>(5) ? v1::ApiKeyStatus::revoked : v1::ApiKeyStatus::active,
          .expires_at = row.get<std::optional<UtcTime>>(6),
          .last_used_on = row.get<std::optional<UtcTime>>(7),
          .created_at = row.get<UtcTime>(8)};
}

std::unexpected<Error> no_such_key() { return fail(ErrorKind::not_found, "API_KEY_NOT_FOUND", "no such key; GET /api/v1/gateway/api-keys lists them"); }

template <typename Request>
postgres::IdempotencyScope scope_of(const CallContext& context, std::string operation, const Request& request) {
  return {postgres::caller_of(context.principal), std::move(operation), context.idempotency_key, to_json(request)};
}

}  // namespace

Task<Result<KeyStore::Plans>> KeyStore::plans() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_plans));
  Plans out;
  for (const auto row : rows) out.emplace(row.get<std::string>(0), RatePlan{row.get<std::int64_t>(1), row.get<std::int64_t>(2)});
  co_return out;
}

Task<Result<>> KeyStore::put_plan(CallContext context, std::string plan, RatePlan rates) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto put, co_await work.query(upsert_plan, plan, rates.per_minute, rates.burst));
  if (put.affected() == 0) co_return Result<>();
  EMP_CO_TRY(co_await work.run(change_row(context, "rate_plan.put", plan, to_json(v1::RatePlan{plan, rates.per_minute, rates.burst}))));
  co_return co_await work.commit();
}

Task<Result<std::vector<KnownKey>>> KeyStore::known() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_known));
  std::vector<KnownKey> out;
  for (const auto row : rows) {
    const auto previous = row.get<std::optional<Bytes>>(3);
    out.push_back({.id = row.get<Uuid>(0),
                   .prefix = row.get<std::string>(1),
                   .secret_sha256 = row.get<Bytes>(2).value,
                   .previous_sha256 = previous ? std::optional(previous->value) : std::nullopt,
                   .previous_until = row.get<std::optional<UtcTime>>(4),
                   .scopes = row.get<std::vector<std::string>>(5),
                   .plan = row.get<std::string>(6),
                   .expires_at = row.get<std::optional<UtcTime>>(7)});
  }
  co_return out;
}

Task<Result<std::vector<v1::ApiKey>>> KeyStore::all() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_keys, std::optional<Uuid>()));
  std::vector<v1::ApiKey> out;
  for (const auto row : rows) out.push_back(key_of(row));
  co_return out;
}

Task<Result<v1::ApiKey>> KeyStore::one(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_keys, std::optional(id)));
  if (rows.empty()) co_return no_such_key();
  co_return key_of(rows[0]);
}

Task<Result<std::optional<Uuid>>> KeyStore::create(CallContext context, v1::CreateApiKeyRequest request, Uuid id, NewSecret secret) {
  const auto scope = scope_of(context, "gateway.create_api_key", request);
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) {
    EMP_CO_ASSIGN(const auto made, Uuid::parse(first->body));
    co_return std::optional(made);
  }
  EMP_CO_ASSIGN(const auto made,
                co_await work.query(insert_key, id, secret.prefix, Bytes{secret.sha256}, request.owner, request.scopes, request.plan, request.expires_at));
  if (made.affected() == 0) co_return fail(ErrorKind::not_found, "PLAN_NOT_FOUND", "no such plan; PUT /api/v1/gateway/rate-plans/{plan} makes one");
  const v1::ApiKeyCreated event{.key_id = id, .owner = request.owner, .scopes = request.scopes, .plan = request.plan, .actor_id = context.principal.id};
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, id, 1, context.trace)));
  EMP_CO_TRY(co_await work.run(change_row(context, "api_key.create", id.to_string(), to_json(request))));
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {201, id.to_string()}));  // Without the secret, which nothing keeps.
  EMP_CO_TRY(co_await work.commit());
  co_return std::optional<Uuid>();
}

Task<Result<std::optional<Uuid>>> KeyStore::rotate(CallContext context, Uuid id, NewSecret secret) {
  const auto scope = scope_of(context, "gateway.rotate_api_key", v1::GetApiKeyRequest{id});
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return std::optional(id);
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_key, id));
  if (rows.empty()) co_return no_such_key();
  if (rows[0].get<bool>(0)) co_return fail(ErrorKind::conflict, "API_KEY_REVOKED", "a revoked key stays revoked; make another one");
  EMP_CO_TRY(co_await work.query(rotate_key, id, Bytes{secret.sha256}));
  EMP_CO_TRY(co_await work.run(change_row(context, "api_key.rotate", id.to_string())));
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {200, id.to_string()}));
  EMP_CO_TRY(co_await work.commit());
  co_return std::optional<Uuid>();
}

Task<Result<>> KeyStore::revoke(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_key, id));
  if (rows.empty()) co_return no_such_key();
  if (rows[0].get<bool>(0)) co_return Result<>();
  EMP_CO_TRY(co_await work.query(revoke_key, id));
  const v1::ApiKeyRevoked event{.key_id = id, .owner = rows[0].get<std::string>(2), .actor_id = context.principal.id};
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, id, rows[0].get<std::int64_t>(1) + 1, context.trace)));
  EMP_CO_TRY(co_await work.run(change_row(context, "api_key.revoke", id.to_string())));
  co_return co_await work.commit();
}

Task<Result<>> KeyStore::used(std::set<Uuid> keys) {
  if (keys.empty()) co_return Result<>();
  EMP_CO_TRY(co_await database_.query(mark_used, std::vector<Uuid>(keys.begin(), keys.end())));
  co_return Result<>();
}

}  // namespace emporion::gateway
