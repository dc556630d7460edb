#include "modules/platform/gateway/adapters/rpc/keys_service.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"

namespace emporion::gateway {
namespace {

constexpr std::array<std::string_view, 5> policies{"guest", "user", "login", "checkout_confirm", "webhook"};

bool is_policy(std::string_view plan) { return std::ranges::find(policies, plan) != policies.end(); }
std::unexpected<Error> no_such_plan() { return fail(ErrorKind::not_found, "PLAN_NOT_FOUND", "no such plan; PUT /api/v1/gateway/rate-plans/{plan} makes one"); }

}  // namespace

Task<Result<>> KeysService::reload() {
  EMP_CO_ASSIGN(const auto plans, co_await store_.plans());
  std::map<std::string, RatePlan, std::less<>> named;
  for (const auto& [plan, rates] : plans) named.emplace(is_policy(plan) ? plan : text("key:", plan), rates);
  limits_.replace_plans(std::move(named));
  EMP_CO_ASSIGN(auto known, co_await store_.known());
  keys_.replace(std::move(known));
  co_return co_await store_.used(keys_.take_used());
}

Task<Result<v1::ApiKeyWithSecret>> KeysService::answer(Uuid key, std::optional<std::string> secret) {
  EMP_CO_TRY(co_await reload());
  EMP_CO_ASSIGN(auto made, co_await store_.one(key));
  co_return v1::ApiKeyWithSecret{.key = std::move(made), .secret = std::move(secret)};
}

Task<Result<v1::ApiKeyWithSecret>> KeysService::create_api_key(CallContext context, v1::CreateApiKeyRequest request) {
  for (const auto& scope : request.scopes) {
    // Nobody gives away what they do not have.
    if (!context.principal.may(scope))
      co_return fail(Error(ErrorKind::permission_denied, "SCOPE_NOT_HELD", "a key has no more than who makes it").with("scope", scope));
  }
  if (request.expires_at && *request.expires_at <= clock_.now()) co_return fail(ErrorKind::rule_violated, "KEY_INVALID", "a key expires in the future");
  if (is_policy(request.plan)) co_return fail(ErrorKind::rule_violated, "KEY_INVALID", "keys have plans of their own");
  const Uuid id = Uuid::v7(clock_.now(), random_);
  auto secret = make_secret(random_);
  std::string shown = secret.text;
  EMP_CO_ASSIGN(const auto earlier, co_await store_.create(context, std::move(request), id, std::move(secret)));
  if (earlier) co_return co_await answer(*earlier, std::nullopt);
  co_return co_await answer(id, std::move(shown));
}

Task<Result<v1::ListApiKeysResponse>> KeysService::list_api_keys(CallContext, v1::ListApiKeysRequest) {
  EMP_CO_ASSIGN(auto keys, co_await store_.all());
  co_return v1::ListApiKeysResponse{.keys = std::move(keys)};
}

Task<Result<v1::ApiKey>> KeysService::get_api_key(CallContext, v1::GetApiKeyRequest request) { return store_.one(request.id); }

Task<Result<v1::ApiKey>> KeysService::revoke_api_key(CallContext context, v1::GetApiKeyRequest request) {
  EMP_CO_TRY(co_await store_.revoke(context, request.id));
  EMP_CO_TRY(co_await reload());
  co_return co_await store_.one(request.id);
}

Task<Result<v1::ApiKeyWithSecret>> KeysService::rotate_api_key(CallContext context, v1::GetApiKeyRequest request) {
  EMP_CO_ASSIGN(const auto key, co_await store_.one(request.id));
  auto secret = make_secret(random_, key.prefix);
  std::string shown = secret.text;
  EMP_CO_ASSIGN(const auto earlier, co_await store_.rotate(context, request.id, std::move(secret)));
  if (earlier) co_return co_await answer(*earlier, std::nullopt);
  co_return co_await answer(request.id, std::move(shown));
}

Task<Result<v1::RatePlan>> KeysService::get_rate_plan(CallContext, v1::GetRatePlanRequest request) {
  EMP_CO_ASSIGN(const auto plans, co_await store_.plans());
  const auto found = plans.find(request.plan);
  if (found == plans.end() && !is_policy(request.plan)) co_return no_such_plan();
  const RatePlan rates = found == plans.end() ? limits_.plan_of(request.plan) : found->second;
  co_return v1::RatePlan{request.plan, rates.per_minute, rates.burst};
}

Task<Result<v1::RatePlan>> KeysService::put_rate_plan(CallContext context, v1::PutRatePlanRequest request) {
  const bool is_name = std::ranges::all_of(request.plan, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!is_name) co_return fail(ErrorKind::invalid_argument, "PLAN_INVALID", "a plan's name has small letters, digits and underscores");
  EMP_CO_TRY(co_await store_.put_plan(context, request.plan, {request.per_minute, request.burst}));
  EMP_CO_TRY(co_await reload());
  co_return v1::RatePlan{request.plan, request.per_minute, request.burst};
}

}  // namespace emporion::gateway
