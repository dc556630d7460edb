#include <benchmark/benchmark.h>

#include "kernel/async/runtime.hpp"
#include "modules/platform/gateway/app/edge.hpp"

namespace emporion::gateway {
namespace {

class FixedClock final : public Clock {
 public:
  UtcTime now() const override { return UtcTime::from_micros(1'800'000'000'000'000); }
};

Task<http::Response> here(CallContext, const http::Request&, http::PathParameters) { co_return http::Response{.body = "{}"}; }

/// The whole pipeline around a module that answers at once. Target of design.md §6: p99 below 1 ms.
void guest_request(benchmark::State& state) {
  const FixedClock clock;
  SystemRandom random;
  Runtime runtime;
  Calls calls;
  Authenticator authenticator(calls, {.issuer = "emporion", .audience = "emporion"}, clock);
  const CsrfTokens csrf_tokens(clock);
  RateLimits limits({.guest = {1'000'000'000, 1'000'000'000}}, clock);
  Upstreams upstreams(2'000, random);
  Dispatcher dispatcher(runtime, clock, random, upstreams);
  const WaitingTickets tickets;
  WaitingRooms rooms(tickets, clock);
  AnswerCache cache(clock);
  ApiKeys keys(clock);
  Edge edge(authenticator, limits, csrf_tokens, upstreams, dispatcher, rooms, cache, keys, calls, {.caches = state.range(0) == 1}, clock, random, "{}");
  const rpc::Operation read{.module = "catalog", .name = "get_product", .guest = true, .deadline_ms = 2'000};
  http::Router router;
  http::Route route;
  route.path_template = "/api/v1/catalog/products/{id}";
  route.operation = &read;
  route.handle = here;
  if (!router.add(std::move(route))) return state.SkipWithError("the route was refused");
  edge.use(router);
  http::Request request;
  request.path = "/api/v1/catalog/products/0192f0c1-2d3e-7000-8000-000000000001";
  request.peer_address = "192.0.2.7";
  request.headers = {{"host", "shop.example"}, {"user-agent", "benchmark"}, {"accept", "*/*"}};
  for (auto _ : state) {
    http::Response out;
    start_detached(
        [](Edge& entry, http::Request asked, http::Response& answer) -> Task<void> { answer = co_await entry.handle(std::move(asked)); }(edge, request, out));
    benchmark::DoNotOptimize(out.status);
  }
}
BENCHMARK(guest_request)->ArgName("cached")->Arg(0)->Arg(1);

}  // namespace
}  // namespace emporion::gateway
