#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/temporary_folder.hpp"
#include "modules/platform/gateway/app/edge.hpp"

namespace emporion::gateway {

/// The pipeline before routes that a test makes; at first there are two that always answer 200: one for everybody, and one that a provider calls. Time stands
/// still until `clock` is moved, for breakers, too.
struct EdgeTest : ::testing::Test {
  explicit EdgeTest(RatePlans plans = {.guest = {60, 3}, .webhook = {6'000, 50}}) : limits(plans, clock) {
    add(http::Method::post, "/api/v1/cart/items", shop);
    add(http::Method::post, "/api/v1/webhooks/demo", webhook);
    edge.use(router);
    EXPECT_TRUE(tickets.open((home.path() / "identity.key").string(), random).has_value());
    EXPECT_TRUE(csrf_tokens.open((home.path() / "identity.key").string(), random).has_value());
  }
  ~EdgeTest() override {
    (void)run_until_done(runtime, [](Dispatcher& running) -> Task<bool> {
      co_await running.close();
      co_return true;
    }(dispatcher));
  }

  using Handler = std::function<Task<http::Response>(CallContext, const http::Request&)>;
  static Task<http::Response> answered(http::Response response) { co_return response; }
  static Task<http::Response> nothing(CallContext, const http::Request&) { return answered({}); }
  void add(http::Method method, std::string path, const rpc::Operation& operation, Handler handler = nothing) {
    http::Route route;
    route.method = method;
    route.path_template = std::move(path);
    route.operation = &operation;
    route.handle = [handler = std::move(handler)](CallContext context, const http::Request& request, http::PathParameters) {
      return handler(std::move(context), request);
    };
    const auto added = router.add(std::move(route));
    EXPECT_TRUE(added.has_value()) << (added ? "" : added.error().to_string());
  }

  static http::Request a_request(http::Method method, std::string path, std::vector<http::Header> headers = {}) {
    http::Request request;
    request.method = method;
    request.path = std::move(path);
    request.headers = std::move(headers);
    request.peer_address = "192.0.2.7";
    return request;
  }
  http::Response send(http::Request request) { return run_until_done(runtime, edge.handle(std::move(request))); }
  /// A request, always from the same address.
  http::Response post(std::string path, std::vector<http::Header> headers = {}) {
    return send(a_request(http::Method::post, std::move(path), std::move(headers)));
  }
  http::Response get(std::string path, std::vector<http::Header> headers = {}) {
    return send(a_request(http::Method::get, std::move(path), std::move(headers)));
  }

  static std::string header_of(const http::Response& response, std::string_view name) {
    const auto found = std::ranges::find(response.headers, name, &http::Header::name);
    return found == response.headers.end() ? std::string() : found->value;
  }
  static bool has_reason(const http::Response& response, std::string_view reason) { return response.body.contains(text(R"("reason":")", reason, '"')); }
  rpc::Instant steady() const { return rpc::Instant(microseconds(clock.now().micros_since_epoch())); }

  const rpc::Operation shop{.module = "checkout", .name = "add_cart_item", .guest = true};
  const rpc::Operation webhook{.module = "shipping", .name = "demo_carrier_webhook", .guest = true, .rate_policy = "webhook"};
  const rpc::Operation read{.module = "catalog", .name = "get_product", .guest = true, .deadline_ms = 2'000};
  Runtime runtime;
  testing::FakeClock clock;
  SystemRandom random;
  const testing::TemporaryFolder home{"gateway"};
  Calls calls;
  Authenticator authenticator{calls, {.issuer = "emporion", .audience = "emporion"}, clock};
  CsrfTokens csrf_tokens{clock};
  RateLimits limits;
  http::Router router;
  Upstreams upstreams{10, random, [this] { return steady(); }};
  Dispatcher dispatcher{runtime, clock, random, upstreams};
  WaitingTickets tickets;
  WaitingRooms rooms{tickets, clock};
  AnswerCache cache{clock};
  ApiKeys keys{clock};
  Edge edge{authenticator, limits, csrf_tokens, upstreams, dispatcher, rooms, cache, keys, calls, {}, clock, random, "{}"};
};

/// The same with room for many requests.
struct RoomyEdgeTest : EdgeTest {
  RoomyEdgeTest() : EdgeTest({.guest = {1'000'000, 1'000'000}, .user = {1'000'000, 1'000'000}, .webhook = {1'000'000, 1'000'000}}) {}
};

/// A module that answers when the test says so.
struct Held {
  Task<http::Response> answer(CallContext, const http::Request&) {
    ++asked;
    auto door = std::make_shared<OneShot<http::Response>>();
    doors.push_back(door);
    co_return co_await *door;
  }
  void open(std::size_t which, http::Response response = {}) { doors[which]->set(std::move(response)); }
  EdgeTest::Handler handler() {
    return [this](CallContext context, const http::Request& request) { return answer(std::move(context), request); };
  }
  int asked = 0;
  std::vector<std::shared_ptr<OneShot<http::Response>>> doors;
};

/// A request under way.
struct UnderWay {
  static Task<void> run(Edge& edge, http::Request request, std::optional<http::Response>& out) { out = co_await edge.handle(std::move(request)); }
  UnderWay(Edge& edge, http::Request request) { scope.spawn(run(edge, std::move(request), answer)); }
  std::optional<http::Response> answer;
  Scope scope;
};

}  // namespace emporion::gateway
