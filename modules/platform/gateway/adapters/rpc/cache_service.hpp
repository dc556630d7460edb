#pragma once

#include "contracts/platform/gateway/v1/cache_api.hpp"
#include "modules/platform/gateway/adapters/postgres/heard_store.hpp"
#include "modules/platform/gateway/app/answer_cache.hpp"

namespace emporion::gateway {

class CacheService final : public v1::CacheApi {
 public:
  CacheService(AnswerCache& cache, postgres::Database& database) : cache_(cache), database_(database) {}
  Task<Result<v1::PurgeCacheResponse>> purge_cache(CallContext context, v1::PurgeCacheRequest request) override;

 private:
  AnswerCache& cache_;
  postgres::Database& database_;
};

}  // namespace emporion::gateway
