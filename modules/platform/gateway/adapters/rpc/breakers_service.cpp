#include "modules/platform/gateway/adapters/rpc/breakers_service.hpp"

#include <algorithm>

#include "kernel/observe/log.hpp"

namespace emporion::gateway {

v1::BreakerInfo BreakersService::info_of(const Upstream& upstream) const {
  using State = rpc::Breaker::State;
  v1::BreakerInfo out{.upstream = upstream.name(), .in_flight = upstream.in_flight(), .in_flight_max = upstream.in_flight_max()};
  switch (upstream.breaker().state()) {
    case State::closed: out.state = v1::BreakerState::closed; break;
    case State::half_open: out.state = v1::BreakerState::half_open; break;
    case State::open:
      out.state = v1::BreakerState::open;
      out.opens_for_s = std::max<std::int64_t>(0, std::chrono::ceil<seconds>(upstream.breaker().open_until() - upstreams_.now()).count());
      break;
  }
  return out;
}

Task<Result<>> BreakersService::reload() {
  EMP_CO_ASSIGN(const auto names, co_await store_.heard());
  for (const auto& name : names) {
    if (auto* upstream = upstreams_.find(name)) upstream->reset();
  }
  co_return Result<>();
}

Task<Result<v1::ListBreakersResponse>> BreakersService::list_breakers(CallContext, v1::ListBreakersRequest) {
  v1::ListBreakersResponse out;
  for (const auto& [name, upstream] : upstreams_.all()) {
    if (upstream->guarded()) out.breakers.push_back(info_of(*upstream));
  }
  co_return out;
}

Task<Result<v1::BreakerInfo>> BreakersService::reset_breaker(CallContext context, v1::ResetBreakerRequest request) {
  const auto missing = [] { return fail(ErrorKind::not_found, "UPSTREAM_NOT_FOUND", "no such module; GET /api/v1/gateway/breakers lists them"); };
  Upstream* upstream = upstreams_.find(request.upstream);
  if (upstream == nullptr || !upstream->guarded()) co_return missing();
  EMP_CO_TRY(co_await store_.reset(context, request.upstream));
  upstream->reset();
  observe::info("a breaker was reset", {{"upstream", request.upstream}, {"actor", context.principal.id.to_string()}});
  co_return info_of(*upstream);
}

}  // namespace emporion::gateway
