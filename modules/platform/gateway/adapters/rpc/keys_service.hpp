#pragma once

#include "contracts/platform/gateway/v1/keys_api.hpp"
#include "modules/platform/gateway/adapters/postgres/key_store.hpp"
#include "modules/platform/gateway/app/rate_limits.hpp"

namespace emporion::gateway {

class KeysService final : public v1::KeysApi {
 public:
  KeysService(ApiKeys& keys, RateLimits& limits, KeyStore& store, const Clock& clock, Random& random)
      : keys_(keys), limits_(limits), store_(store), clock_(clock), random_(random) {}
  /// Reads keys and plans again, and tells which keys were used. Called twice a second by every replica.
  Task<Result<>> reload();

  Task<Result<v1::ApiKeyWithSecret>> create_api_key(CallContext context, v1::CreateApiKeyRequest request) override;
  Task<Result<v1::ListApiKeysResponse>> list_api_keys(CallContext context, v1::ListApiKeysRequest request) override;
  Task<Result<v1::ApiKey>> get_api_key(CallContext context, v1::GetApiKeyRequest request) override;
  Task<Result<v1::ApiKey>> revoke_api_key(CallContext context, v1::GetApiKeyRequest request) override;
  Task<Result<v1::ApiKeyWithSecret>> rotate_api_key(CallContext context, v1::GetApiKeyRequest request) override;
  Task<Result<v1::RatePlan>> get_rate_plan(CallContext context, v1::GetRatePlanRequest request) override;
  Task<Result<v1::RatePlan>> put_rate_plan(CallContext context, v1::PutRatePlanRequest request) override;

 private:
  Task<Result<v1::ApiKeyWithSecret>> answer(Uuid key, std::optional<std::string> secret);

  ApiKeys& keys_;
  RateLimits& limits_;
  KeyStore& store_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::gateway
