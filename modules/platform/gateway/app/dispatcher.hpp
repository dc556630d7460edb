#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/http/router.hpp"
#include "modules/platform/gateway/app/upstreams.hpp"
#include "modules/platform/gateway/domain/recent_latency.hpp"

namespace emporion::gateway {

/// What is worked out once per route.
struct RoutePlan {
  http::Route* route = nullptr;
  Upstream* upstream = nullptr;
  std::string id;  ///< "checkout.confirm_checkout": how a route is named to staff.
  RouteTraits traits;
  bool is_webhook = false;
  bool adds_to_cart = false;  ///< Judged by waiting rooms, like the next.
  bool begins_checkout = false;
  bool confirms_checkout = false;  ///< Counted as the pace of checkouts.
  RecentLatency latency;
};

/// Passes requests on: within their deadline, with second tries and second copies where these are safe and within their shares (platform.md §3.5). A call that
/// is given up goes on by itself, since work that has begun cannot be taken back; its answer is dropped.
class Dispatcher {
 public:
  Dispatcher(Runtime& runtime, const Clock& clock, Random& random, Upstreams& upstreams)
      : runtime_(runtime), clock_(clock), random_(random), upstreams_(upstreams) {}

  /// The upstream has admitted one call. Errors of its own, as answers: 504 UPSTREAM_TIMEOUT.
  Task<http::Response> send(RoutePlan& plan, std::shared_ptr<const http::Request> request, CallContext context, http::PathParameters parameters);

  /// Gives up what is late and sends second copies; `run` does it every 25 ms.
  void tick();
  Task<void> run();
  /// Ends `run` and waits for everything that was sent.
  Task<void> close();

 private:
  struct Race;
  static Task<void> run_copy(Dispatcher& self, std::shared_ptr<Race> race);
  Task<http::Response> race(RoutePlan& plan, const std::shared_ptr<const http::Request>& request, const CallContext& context,
                            const http::PathParameters& parameters);
  bool may_repeat(const RoutePlan& plan, const http::Request& request, const CallContext& context, const http::Response& response) const;
  http::Response timed_out(const Race& race) const;

  Runtime& runtime_;
  const Clock& clock_;
  Random& random_;
  Upstreams& upstreams_;
  std::list<std::shared_ptr<Race>> races_;
  Scope copies_;
  bool closing_ = false;
};

}  // namespace emporion::gateway
