#include "modules/platform/gateway/app/dispatcher.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "kernel/base/text.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/rpc/cancellation.hpp"
#include "modules/platform/gateway/app/separate_call.hpp"

namespace emporion::gateway {
namespace {

constexpr int tries_max = 3;
constexpr milliseconds pause_first{50};
constexpr milliseconds hedge_after_min{50};
constexpr milliseconds tick_period{25};

bool is_failure(const http::Response& response) { return response.status == 502 || response.status == 503 || response.status == 504; }

/// Whoever carried the call has tried it several times and has a breaker of its own: ours would count the same failure twice and stay open longer.
bool is_carriers(const http::Response& response) { return response.status == 503 && response.body.contains(R"("reason":"CALLEE_)"); }

Upstream::Verdict verdict_on(const http::Response& response) {
  if (is_carriers(response)) return Upstream::Verdict::unknown;
  return is_failure(response) ? Upstream::Verdict::failed : Upstream::Verdict::answered;
}

std::int64_t retry_after_of(const http::Response& response) {
  for (const auto& header : response.headers) {
    std::int64_t out = 0;
    if (header.name == "Retry-After" && std::from_chars(header.value.data(), header.value.data() + header.value.size(), out).ec == std::errc()) return out;
  }
  return 0;
}

observe::Counter& retries_of(const Upstream& upstream) {
  return observe::counter("emporion_gateway_retries_total", "Second and third tries of requests.", {{"upstream", upstream.name()}});
}
observe::Counter& hedges_of(const Upstream& upstream) {
  return observe::counter("emporion_gateway_hedges_total", "Second copies of requests whose answer took long.", {{"upstream", upstream.name()}});
}

}  // namespace

/// One try: one copy of the request, or two, and the first answer.
struct Dispatcher::Race {
  RoutePlan& plan;
  std::shared_ptr<const http::Request> request;
  CallContext context;
  http::PathParameters parameters;
  std::optional<UtcTime> hedge_at;
  int running = 0;
  std::vector<std::shared_ptr<Cancellation>> copies;  ///< Of those that run, where there may be two.
  bool is_over = false;
  bool is_late = false;                  ///< Given up; what was under way has been judged.
  std::optional<http::Response> answer;  ///< The first that is no failure; or a failure, if nothing else is under way.
  Suspended waiting;

  void end(http::Response response) {
    is_over = true;
    answer = std::move(response);
    for (const auto& copy : copies) copy->set();
    if (waiting) std::exchange(waiting, {}).resume();
  }
  bool await_ready() const noexcept { return is_over; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = Suspended(handle); }
  http::Response await_resume() { return std::move(*answer); }
};

Task<void> Dispatcher::run_copy(Dispatcher& self, std::shared_ptr<Race> race) {
  Upstream& upstream = *race->plan.upstream;
  const auto began = self.upstreams_.now();
  upstream.begin();
  ++race->running;
  auto context = separate_call(race->context);
  const auto cancellation = race->plan.traits.hedged ? std::make_shared<Cancellation>() : nullptr;
  if (cancellation) race->copies.push_back(context.cancellation = cancellation);
  auto response = co_await race->plan.route->handle(std::move(context), *race->request, race->parameters);
  --race->running;
  std::erase(race->copies, cancellation);
  upstream.end();
  if (race->is_late) co_return;
  const auto now = self.upstreams_.now();
  const bool is_beaten = is_cancelled(cancellation);  // Its answer says nothing of the module; how long it had taken by now, of how slow it is.
  upstream.record(is_beaten ? Upstream::Verdict::unknown : verdict_on(response), now);
  if (is_beaten || !is_failure(response)) race->plan.latency.add(std::chrono::duration_cast<microseconds>(now - began));
  if (race->is_over || (is_failure(response) && race->running > 0)) co_return;  // The other copy has answered, or may still.
  race->end(std::move(response));
}

http::Response Dispatcher::timed_out(const Race& race) const {
  return http::problem(Error(ErrorKind::deadline_exceeded, "UPSTREAM_TIMEOUT", "the answer did not come in time; whether the request took effect is not known"),
                       race.context.trace, race.request->path);
}

Task<http::Response> Dispatcher::race(RoutePlan& plan, const std::shared_ptr<const http::Request>& request, const CallContext& context,
                                      const http::PathParameters& parameters) {
  auto race = std::make_shared<Race>(plan, request, context, parameters);
  if (plan.traits.hedged) {
    plan.upstream->hedges.call();
    race->hedge_at = clock_.now() + std::max<microseconds>(hedge_after_min, plan.latency.p95());
  }
  copies_.spawn(run_copy(*this, race));
  if (race->is_over) co_return std::move(*race->answer);
  const auto place = races_.insert(races_.end(), race);
  auto response = co_await *race;
  races_.erase(place);
  co_return response;
}

bool Dispatcher::may_repeat(const RoutePlan& plan, const http::Request& request, const CallContext& context, const http::Response& response) const {
  using enum http::Method;
  if (response.status != 503 || is_carriers(response) || retry_after_of(response) > 1 || !plan.upstream->guarded()) return false;
  const bool is_idempotent = request.method == get || request.method == head || request.method == put || request.method == del;
  return is_idempotent || (request.method == post && !context.idempotency_key.empty());  // G-I5: never what has no key.
}

Task<http::Response> Dispatcher::send(RoutePlan& plan, std::shared_ptr<const http::Request> request, CallContext context, http::PathParameters parameters) {
  Upstream& upstream = *plan.upstream;
  upstream.retries.call();
  for (int tries = 1;; ++tries) {
    auto response = co_await race(plan, request, context, parameters);
    if (tries == tries_max || closing_ || !may_repeat(plan, *request, context, response)) co_return response;
    const auto longest = pause_first * (1 << (tries - 1));
    const milliseconds pause(random_.below(static_cast<std::uint64_t>(longest.count()) + 1));
    if (clock_.now() + pause >= context.deadline || !upstream.retries.take()) co_return response;
    co_await runtime_.sleep_for(pause);
    if (!upstream.admit(upstreams_.now())) co_return response;
    retries_of(upstream).increment();
  }
}

void Dispatcher::tick() {
  const UtcTime now = clock_.now();
  std::vector<std::shared_ptr<Race>> late;  // Ending one changes the list.
  std::vector<std::shared_ptr<Race>> slow;
  for (const auto& race : races_) {
    if (now >= race->context.deadline) {
      late.push_back(race);
    } else if (race->hedge_at && now >= *race->hedge_at) {
      slow.push_back(race);
    }
  }
  for (const auto& race : slow) {
    race->hedge_at.reset();
    Upstream& upstream = *race->plan.upstream;
    if (race->is_over || upstream.breaker().state() != rpc::Breaker::State::closed || !upstream.hedges.take()) continue;
    hedges_of(upstream).increment();
    copies_.spawn(run_copy(*this, race));
  }
  for (const auto& race : late) {
    if (race->is_over) continue;
    for (int i = 0; i < race->running; ++i) race->plan.upstream->record(Upstream::Verdict::failed, upstreams_.now());
    race->is_late = true;
    race->end(timed_out(*race));
  }
}

Task<void> Dispatcher::run() {
  while (!closing_) {
    co_await runtime_.sleep_for(tick_period);
    tick();
  }
}

Task<void> Dispatcher::close() {
  closing_ = true;
  co_await copies_.join();
}

}  // namespace emporion::gateway
