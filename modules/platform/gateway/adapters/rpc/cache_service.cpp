#include "modules/platform/gateway/adapters/rpc/cache_service.hpp"

#include "kernel/json/codec.hpp"
#include "modules/platform/gateway/adapters/postgres/changes.hpp"

namespace emporion::gateway {

Task<Result<v1::PurgeCacheResponse>> CacheService::purge_cache(CallContext context, v1::PurgeCacheRequest request) {
  if (!request.prefix && request.tags.empty()) co_return fail(ErrorKind::rule_violated, "PURGE_EMPTY", "say what to forget: a prefix of paths, or tags");
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  if (request.prefix) EMP_CO_TRY(co_await work.run(HeardStore::row("prefix", *request.prefix)));
  for (const auto& tag : request.tags) EMP_CO_TRY(co_await work.run(HeardStore::row("tag", tag)));
  EMP_CO_TRY(co_await work.run(change_row(context, "cache.purge", request.prefix.value_or(""), to_json(request))));
  EMP_CO_TRY(co_await work.commit());
  if (request.prefix) cache_.purge_prefix(*request.prefix);
  for (const auto& tag : request.tags) cache_.purge_tag(tag);
  co_return v1::PurgeCacheResponse{.kept = static_cast<std::int32_t>(cache_.size())};
}

}  // namespace emporion::gateway
