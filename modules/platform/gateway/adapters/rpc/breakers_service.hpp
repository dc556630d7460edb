#pragma once

#include "contracts/platform/gateway/v1/breakers_api.hpp"
#include "modules/platform/gateway/adapters/postgres/reset_store.hpp"
#include "modules/platform/gateway/app/upstreams.hpp"

namespace emporion::gateway {

class BreakersService final : public v1::BreakersApi {
 public:
  BreakersService(Upstreams& upstreams, ResetStore& store) : upstreams_(upstreams), store_(store) {}
  /// Acts on what operators asked other replicas for.
  Task<Result<>> reload();

  Task<Result<v1::ListBreakersResponse>> list_breakers(CallContext context, v1::ListBreakersRequest request) override;
  Task<Result<v1::BreakerInfo>> reset_breaker(CallContext context, v1::ResetBreakerRequest request) override;

 private:
  v1::BreakerInfo info_of(const Upstream& upstream) const;

  Upstreams& upstreams_;
  ResetStore& store_;
};

}  // namespace emporion::gateway
