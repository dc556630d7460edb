#pragma once

#include <map>
#include <set>

#include "contracts/platform/gateway/v1/keys_api.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/platform/gateway/app/api_keys.hpp"
#include "modules/platform/gateway/domain/token_bucket.hpp"

namespace emporion::gateway {

/// Keys and plans. Each change is one transaction with its event, its audit row and its idempotency key.
class KeyStore {
 public:
  explicit KeyStore(postgres::Database& database) : database_(database) {}

  using Plans = std::map<std::string, RatePlan, std::less<>>;
  Task<Result<Plans>> plans();
  Task<Result<>> put_plan(CallContext context, std::string plan, RatePlan rates);

  /// Keys that are not revoked.
  Task<Result<std::vector<KnownKey>>> known();
  Task<Result<std::vector<v1::ApiKey>>> all();
  /// Errors: API_KEY_NOT_FOUND.
  Task<Result<v1::ApiKey>> one(Uuid id);
  /// Nothing: a repeat, whose key is `id`. Errors: those of claim_key; PLAN_NOT_FOUND.
  Task<Result<std::optional<Uuid>>> create(CallContext context, v1::CreateApiKeyRequest request, Uuid id, NewSecret secret);
  /// The key that an earlier request with the same idempotency key made or rotated, if it was one. Errors: API_KEY_NOT_FOUND, API_KEY_REVOKED, those of
  /// claim_key.
  Task<Result<std::optional<Uuid>>> rotate(CallContext context, Uuid id, NewSecret secret);
  Task<Result<>> revoke(CallContext context, Uuid id);
  Task<Result<>> used(std::set<Uuid> keys);

 private:
  postgres::Database& database_;
};

}  // namespace emporion::gateway
