#include "modules/platform/gateway/app/upstreams.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::gateway {

Upstream::Upstream(std::string name, int in_flight_max, bool guarded, Random& random)
    : name_(std::move(name)),
      in_flight_max_(in_flight_max),
      guarded_(guarded),
      breaker_(random),
      state_(observe::gauge("emporion_gateway_breaker_state", "0: requests are passed on; 1: some, to see whether the module answers again; 2: none.",
                            {{"upstream", name_}})) {
  state_.set(0);
}

Result<> Upstream::make_room(RouteClass route_class) {
  if (!guarded_ || route_class == RouteClass::vital || in_flight_ * 100 < in_flight_max_ * places_of(route_class)) return {};
  observe::counter("emporion_gateway_shed_total", "Requests refused because their upstream had too much to do, by class.",
                   {{"upstream", name_}, {"class", std::string(to_string(route_class))}})
      .increment();
  return fail(Error(ErrorKind::unavailable, "OVERLOADED", "there is too much to do at the moment; come back in a moment").with("retry_after", 1));
}

Result<> Upstream::admit(rpc::Instant now) {
  if (!guarded_) return {};
  const bool admitted = breaker_.admit(now);
  state_.set(static_cast<double>(breaker_.state()));
  if (admitted) return {};
  const auto left = std::chrono::ceil<seconds>(breaker_.open_until() - now).count();
  return fail(Error(ErrorKind::unavailable, "UPSTREAM_OPEN", text(name_, " did not answer lately, and is left alone for a while"))
                  .with("retry_after", std::max<std::int64_t>(1, left)));
}

void Upstream::record(Verdict verdict, rpc::Instant now) {
  if (!guarded_) return;
  switch (verdict) {
    case Verdict::answered: breaker_.reached(now); break;
    case Verdict::failed: breaker_.failed(now); break;
    case Verdict::unknown: breaker_.ended(); break;
  }
  state_.set(static_cast<double>(breaker_.state()));
}

void Upstream::reset() {
  breaker_.reset();
  state_.set(0);
}

Upstream& Upstreams::of(std::string_view module) {
  const auto found = all_.find(module);
  if (found != all_.end()) return *found->second;
  return *all_.emplace(module, std::make_unique<Upstream>(std::string(module), in_flight_max_, module != "gateway", random_)).first->second;
}

Upstream* Upstreams::find(std::string_view module) {
  const auto found = all_.find(module);
  return found == all_.end() ? nullptr : found->second.get();
}

}  // namespace emporion::gateway
