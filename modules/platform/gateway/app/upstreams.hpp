#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/rpc/breaker.hpp"
#include "modules/platform/gateway/domain/allowance.hpp"
#include "modules/platform/gateway/domain/route_class.hpp"

namespace emporion::gateway {

/// A module that routes lead to: how much runs there, and whether it answers. Everything in memory, disposable, of this process alone.
class Upstream {
 public:
  /// `in_flight_max` bounds what runs there at once (soft for vital routes). `guarded` false: our own module, which is never shed nor cut off.
  Upstream(std::string name, int in_flight_max, bool guarded, Random& random);

  /// Errors: OVERLOADED (unavailable): what is left of the upstream's places is kept for classes that matter more.
  Result<> make_room(RouteClass route_class);
  /// Success obliges the caller to one of the breaker's verdicts. Errors: UPSTREAM_OPEN (unavailable) with retry_after.
  Result<> admit(rpc::Instant now);

  enum class Verdict : std::uint8_t { answered, failed, unknown };
  void record(Verdict verdict, rpc::Instant now);
  void reset();

  const std::string& name() const noexcept { return name_; }
  const rpc::Breaker& breaker() const noexcept { return breaker_; }
  bool guarded() const noexcept { return guarded_; }
  int in_flight() const noexcept { return in_flight_; }
  int in_flight_max() const noexcept { return in_flight_max_; }

  void begin() noexcept { ++in_flight_; }
  void end() noexcept { --in_flight_; }

  Allowance retries{10, 10};  ///< At most one in ten calls is a second try (§3.5).
  Allowance hedges{20, 5};    ///< At most one in twenty hedgeable calls is sent twice (§3.5).

 private:
  std::string name_;
  int in_flight_max_;
  bool guarded_;
  int in_flight_ = 0;
  rpc::Breaker breaker_;
  observe::Gauge& state_;
};

class Upstreams {
 public:
  using Now = std::function<rpc::Instant()>;
  Upstreams(int in_flight_max, Random& random, Now now = rpc::steady_now) : in_flight_max_(in_flight_max), random_(random), now_(std::move(now)) {}

  /// The one of that name, made on first use; it stays where it is.
  Upstream& of(std::string_view module);
  Upstream* find(std::string_view module);
  const std::map<std::string, std::unique_ptr<Upstream>, std::less<>>& all() const noexcept { return all_; }
  rpc::Instant now() const { return now_(); }

 private:
  int in_flight_max_;
  Random& random_;
  Now now_;
  std::map<std::string, std::unique_ptr<Upstream>, std::less<>> all_;
};

}  // namespace emporion::gateway
