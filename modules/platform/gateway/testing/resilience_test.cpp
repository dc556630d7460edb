#include <gmock/gmock.h>

#include "contracts/openapi.hpp"
#include "kernel/http/client.hpp"
#include "kernel/rpc/cancellation.hpp"
#include "modules/platform/gateway/testing/edge_fixture.hpp"

// What the entry does when a module is slow, overloaded or broken.
namespace emporion::gateway {
namespace {

using State = rpc::Breaker::State;

http::Response with_status(int status, std::string body = {}) { return {.status = status, .body = std::move(body)}; }

struct ResilienceTest : RoomyEdgeTest {
  ResilienceTest() { edge.use(EdgeSettings{.caches = false}); }
  /// A route of `module` that answers whatever `next` says.
  void add_answering(http::Method method, const std::string& path, const rpc::Operation& operation) {
    add(method, path, operation, [this](CallContext context, const http::Request&) {
      ++asked;
      keys.push_back(context.idempotency_key);
      return answered(next());
    });
  }
  /// Fails `failures` times, then answers.
  std::function<http::Response()> failing(int failures, int status = 503) {
    return [left = failures, status]() mutable { return left-- > 0 ? with_status(status) : with_status(200); };
  }
  void tick_after(microseconds span) {
    clock.move(span);
    run_until_done(runtime, [](Dispatcher& running) -> Task<bool> {
      running.tick();
      co_return true;
    }(dispatcher));
  }
  /// Enough quiet calls that second tries are earned.
  void earn(int calls) {
    for (int i = 0; i < calls; ++i) upstreams.of("catalog").retries.call();
    for (int i = 0; i < calls; ++i) upstreams.of("checkout").retries.call();
  }

  static Task<http::Response> after(OneShot<bool>& door, http::Response response) {
    (void)co_await door;
    co_return response;
  }

  const rpc::Operation change{.module = "checkout", .name = "change", .guest = true};
  const rpc::Operation place{.module = "checkout", .name = "confirm", .guest = true, .idempotent = true, .deadline_ms = 30'000};
  std::function<http::Response()> next = [] { return with_status(200); };
  int asked = 0;
  std::vector<std::string> keys;
};

// ---- Load shedding

TEST(RouteClass, TheTableIsReadByTheLongestPrefix) {
  EXPECT_EQ(traits_of("/api/v1/search/suggest", true, false).route_class, RouteClass::search);
  EXPECT_EQ(traits_of("/api/v1/searches", true, false).route_class, RouteClass::ordinary) << "whole segments";
  EXPECT_EQ(traits_of("/api/v1/catalog/products/{id}", true, false).route_class, RouteClass::browse);
  EXPECT_EQ(traits_of("/api/v1/catalog/products/{id}", false, false).route_class, RouteClass::ordinary) << "staff write";
  EXPECT_EQ(traits_of("/api/v1/pricing/bulk", false, false).route_class, RouteClass::browse);
  EXPECT_EQ(traits_of("/api/v1/checkout/{id}/confirm", false, false).route_class, RouteClass::vital);
  EXPECT_EQ(traits_of("/api/v1/shipping/webhooks/demo", false, true).route_class, RouteClass::vital);
  EXPECT_TRUE(traits_of("/api/v1/catalog/products/{id}", true, false).hedged);
  EXPECT_FALSE(traits_of("/api/v1/catalog/products/{id}", false, false).hedged) << "only what reads";
  EXPECT_FALSE(traits_of("/api/v1/orders/{id}", true, false).hedged);
}

TEST(RouteClass, EachPrefixIsOneOfARouteOrOfAModuleToCome) {
  for (const auto& rule : std::ranges::subrange(route_rules().begin, route_rules().end)) {
    const bool exists = openapi_json().contains(text('"', rule.prefix));
    EXPECT_EQ(exists, rule.is_built) << rule.prefix;
  }
}

TEST_F(ResilienceTest, WhatMattersLeastIsShedFirst) {
  Upstreams many(100, random);
  Upstream& busy = many.of("catalog");
  std::vector<int> first_shed_at;
  for (const auto which : {RouteClass::beacon, RouteClass::recommendation, RouteClass::search, RouteClass::browse, RouteClass::ordinary}) {
    while (busy.make_room(which)) busy.begin();
    first_shed_at.push_back(busy.in_flight());
  }
  EXPECT_THAT(first_shed_at, ::testing::ElementsAre(80, 85, 90, 95, 100));
  for (int i = 0; i < 100; ++i) busy.begin();
  EXPECT_TRUE(busy.make_room(RouteClass::vital).has_value());
  EXPECT_TRUE(many.of("pricing").make_room(RouteClass::beacon).has_value()) << "another upstream has its own places";
}

TEST_F(ResilienceTest, BrowsingIsShedWhereACheckoutGoesOn) {
  Held held;
  add(http::Method::get, "/api/v1/catalog/slow", read, held.handler());
  const rpc::Operation session{.module = "catalog", .name = "vital", .guest = true};
  add(http::Method::post, "/api/v1/checkout/{id}/preview", session);
  std::vector<std::unique_ptr<UnderWay>> waiting;
  for (int i = 0; i < 10; ++i) waiting.push_back(std::make_unique<UnderWay>(edge, a_request(http::Method::get, "/api/v1/catalog/slow")));
  EXPECT_EQ(held.asked, 10) << "up to 95 of 100 places";
  const auto refused = get("/api/v1/catalog/slow");
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(has_reason(refused, "OVERLOADED"));
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(post("/api/v1/checkout/1/preview").status, 200);
  for (std::size_t i = 0; i < 10; ++i) held.open(i);
  for (const auto& one : waiting) EXPECT_EQ(one->answer->status, 200);
  EXPECT_EQ(upstreams.of("catalog").in_flight(), 0);
}

TEST_F(ResilienceTest, acceptance_platform_3_6_15_APreflightOfAnOverloadedRouteAndA429CarryTheirCorsHeaders) {
  edge.use(EdgeSettings{.cors = *Cors::of({"https://shop.example"})});
  for (int i = 0; i < 10; ++i) upstreams.of("checkout").begin();
  const std::vector<http::Header> from_page{{"origin", "https://shop.example"}, {"access-control-request-method", "POST"}};
  ASSERT_EQ(post("/api/v1/cart/items", from_page).status, 503);
  const auto preflight = send(a_request(http::Method::options, "/api/v1/cart/items", from_page));
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(header_of(preflight, "Access-Control-Allow-Origin"), "https://shop.example");
  EXPECT_EQ(header_of(preflight, "Access-Control-Max-Age"), "600");
  EXPECT_NE(header_of(preflight, "Access-Control-Allow-Methods"), "");
  while (limits.take("guest", "192.0.2.7")) {
  }
  const auto limited = post("/api/v1/cart/items", from_page);
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(header_of(limited, "Access-Control-Allow-Origin"), "https://shop.example");
  EXPECT_EQ(send(a_request(http::Method::options, "/api/v1/cart/items", from_page)).status, 204);
  for (int i = 0; i < 10; ++i) upstreams.of("checkout").end();
}

// ---- Breaker

TEST_F(ResilienceTest, acceptance_platform_3_6_8_AModuleThatMostlyFailsIsLeftAloneAndTakenBackOnceItIsWell) {
  add_answering(http::Method::post, "/api/v1/sick", change);
  add_answering(http::Method::get, "/api/v1/well", read);
  // Given 60 % of answers are 503
  int sent = 0;
  next = [&] { return with_status(asked % 5 < 3 ? 503 : 200); };
  while (upstreams.of("checkout").breaker().state() == State::closed && sent < 1'000) {
    post("/api/v1/sick");
    ++sent;
    clock.move(milliseconds(400));
  }
  // Then it is open within 10 s, at the twentieth call
  EXPECT_EQ(upstreams.of("checkout").breaker().state(), State::open);
  EXPECT_LE(sent, 25);
  const int asked_until_then = asked;
  const auto refused = post("/api/v1/sick");
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(has_reason(refused, "UPSTREAM_OPEN"));
  EXPECT_GE(std::stoi(header_of(refused, "Retry-After")), 24);
  EXPECT_EQ(asked, asked_until_then) << "nothing reaches it";
  next = [] { return with_status(200); };
  EXPECT_EQ(get("/api/v1/well").status, 200) << "others are not affected";
  // Given it is sick for two minutes more and then well
  next = [] { return with_status(503); };
  for (int i = 0; i < 120; ++i) {
    post("/api/v1/sick");
    clock.move(seconds(1));
  }
  EXPECT_LT(asked - asked_until_then, 10) << "it is left alone";
  next = [] { return with_status(200); };
  int seconds_ill = 0;
  while (upstreams.of("checkout").breaker().state() != State::closed && seconds_ill < 1'000) {
    post("/api/v1/sick");
    clock.move(seconds(1));
    ++seconds_ill;
  }
  EXPECT_LE(seconds_ill, 95);
  EXPECT_EQ(post("/api/v1/sick").status, 200);
}

TEST_F(ResilienceTest, acceptance_platform_3_6_9_WhatAModuleRefusesOpensNothingAndArrivesUnchanged) {
  add_answering(http::Method::post, "/api/v1/refusing", change);
  const std::string body = R"({"type":"https://emporion.dev/problems/cart-changed","reason":"CART_CHANGED","metadata":{"version":7}})";
  next = [&] { return with_status(409, body); };
  for (int i = 0; i < 100; ++i) {
    const auto answer = post("/api/v1/refusing");
    ASSERT_EQ(answer.status, 409);
    ASSERT_EQ(answer.body, body);
  }
  EXPECT_EQ(asked, 100);
  EXPECT_EQ(upstreams.of("checkout").breaker().state(), State::closed);
}

TEST_F(ResilienceTest, FiveFailuresInARowOpenAndWhatTheCarrierSaysDoesNot) {
  add_answering(http::Method::post, "/api/v1/sick", change);
  next = [] { return with_status(503, R"({"reason":"CALLEE_UNREACHABLE"})"); };
  for (int i = 0; i < 100; ++i) post("/api/v1/sick");
  EXPECT_EQ(upstreams.of("checkout").breaker().state(), State::closed) << "it has a breaker of its own";
  next = [] { return with_status(504); };
  for (int i = 0; i < 4; ++i) post("/api/v1/sick");
  EXPECT_EQ(upstreams.of("checkout").breaker().state(), State::closed);
  post("/api/v1/sick");
  EXPECT_EQ(upstreams.of("checkout").breaker().state(), State::open);
  upstreams.of("checkout").reset();
  next = [] { return with_status(200); };
  EXPECT_EQ(post("/api/v1/sick").status, 200);
}

TEST_F(ResilienceTest, OurOwnPagesAreNeverCutOff) {
  const rpc::Operation own{.module = "gateway", .name = "status", .guest = true};
  add_answering(http::Method::get, "/api/v1/gateway/status", own);
  next = [] { return with_status(503); };
  for (int i = 0; i < 50; ++i) get("/api/v1/gateway/status");
  EXPECT_EQ(asked, 50);
}

// ---- Deadline

TEST_F(ResilienceTest, AnAnswerThatDoesNotComeInTimeIsGivenUpAndCountsAsAFailure) {
  Held held;
  add(http::Method::get, "/api/v1/slow", read, held.handler());
  std::vector<std::unique_ptr<UnderWay>> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(std::make_unique<UnderWay>(edge, a_request(http::Method::get, "/api/v1/slow")));
  tick_after(milliseconds(1'999));
  EXPECT_FALSE(waiting[0]->answer.has_value());
  tick_after(milliseconds(1));
  for (const auto& one : waiting) {
    ASSERT_TRUE(one->answer.has_value());
    EXPECT_EQ(one->answer->status, 504);
    EXPECT_TRUE(has_reason(*one->answer, "UPSTREAM_TIMEOUT"));
  }
  EXPECT_EQ(upstreams.of("catalog").breaker().state(), State::open) << "five in a row";
  EXPECT_EQ(upstreams.of("catalog").in_flight(), 5) << "the work goes on";
  for (std::size_t i = 0; i < 5; ++i) held.open(i);
  EXPECT_EQ(upstreams.of("catalog").in_flight(), 0);
  EXPECT_EQ(upstreams.of("catalog").breaker().state(), State::open) << "what comes late changes nothing";
}

TEST_F(ResilienceTest, TheModuleIsToldHowLongItHas) {
  std::optional<UtcTime> deadline;
  add(http::Method::post, "/api/v1/checkout/{id}/confirm", place, [&](CallContext context, const http::Request&) {
    deadline = context.deadline;
    return answered({});
  });
  ASSERT_EQ(post("/api/v1/checkout/1/confirm", {{"idempotency-key", "k"}}).status, 200);
  EXPECT_EQ(*deadline - clock.now(), seconds(30));
}

// ---- Second tries

TEST_F(ResilienceTest, acceptance_platform_3_6_7_WithoutAKeyNothingIsSentAndWithOneTheSameKeyIsSentAgain) {
  earn(100);
  add_answering(http::Method::post, "/api/v1/checkout/{id}/confirm", place);
  const auto refused = post("/api/v1/checkout/1/confirm");
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(has_reason(refused, "IDEMPOTENCY_KEY_REQUIRED"));
  EXPECT_EQ(asked, 0);
  next = failing(1);
  EXPECT_EQ(post("/api/v1/checkout/1/confirm", {{"idempotency-key", "place-1"}}).status, 200);
  EXPECT_THAT(keys, ::testing::ElementsAre("place-1", "place-1"));
  // A lost answer may have had its effect: only the client knows whether to ask again.
  next = failing(1, 504);
  EXPECT_EQ(post("/api/v1/checkout/1/confirm", {{"idempotency-key", "place-2"}}).status, 504);
  EXPECT_EQ(keys.size(), 3u);
}

TEST_F(ResilienceTest, WhatIsSafeToRepeatIsTriedAtMostThreeTimes) {
  earn(100);
  add_answering(http::Method::get, "/api/v1/read", read);
  add_answering(http::Method::put, "/api/v1/write", change);
  add_answering(http::Method::post, "/api/v1/write", change);
  next = failing(2);
  EXPECT_EQ(get("/api/v1/read").status, 200);
  EXPECT_EQ(asked, 3);
  next = failing(3);
  EXPECT_EQ(get("/api/v1/read").status, 503);
  next = failing(1);
  EXPECT_EQ(send(a_request(http::Method::put, "/api/v1/write")).status, 200);
  next = failing(1);
  EXPECT_EQ(post("/api/v1/write").status, 503) << "a POST without a key";
  next = [] { return http::Response{.status = 503, .headers = {{"Retry-After", "30"}}}; };
  asked = 0;
  get("/api/v1/read");
  EXPECT_EQ(asked, 1) << "it said when to come back";
}

TEST_F(ResilienceTest, SecondTriesAreAtMostATenthOfTheCalls) {
  add_answering(http::Method::get, "/api/v1/read", read);
  // One in nine fails once: too few to open the breaker, and more than a tenth in the end.
  int calls = 0;
  next = [&] { return with_status(++calls % 4 == 0 ? 503 : 200); };
  for (int i = 0; i < 400; ++i) get("/api/v1/read");
  EXPECT_GT(asked, 420);
  EXPECT_LE(asked, 440);
}

// ---- Second copies

TEST_F(ResilienceTest, ASlowReadIsSentAgainAndTheFirstAnswerIsTaken) {
  Held held;
  add(http::Method::get, "/api/v1/catalog/products", read, held.handler());
  for (int i = 0; i < 20; ++i) upstreams.of("catalog").hedges.call();
  UnderWay request(edge, a_request(http::Method::get, "/api/v1/catalog/products"));
  tick_after(milliseconds(49));
  EXPECT_EQ(held.asked, 1);
  tick_after(milliseconds(1));
  EXPECT_EQ(held.asked, 2);
  tick_after(milliseconds(500));
  EXPECT_EQ(held.asked, 2) << "one second copy";
  held.open(1, with_status(200, "second"));
  ASSERT_TRUE(request.answer.has_value());
  EXPECT_EQ(request.answer->body, "second");
  held.open(0, with_status(200, "first"));
}

TEST_F(ResilienceTest, TheCopyThatIsNotWaitedForIsCancelledAndCountsForNothing) {
  Held held;
  std::vector<std::shared_ptr<Cancellation>> cancellations;
  add(http::Method::get, "/api/v1/catalog/products", read, [&](CallContext context, const http::Request& request) {
    cancellations.push_back(context.cancellation);
    return held.answer(std::move(context), request);
  });
  for (std::size_t i = 0; i < 10; ++i) {
    for (int calls = 0; calls < 20; ++calls) upstreams.of("catalog").hedges.call();
    UnderWay request(edge, a_request(http::Method::get, "/api/v1/catalog/products"));
    tick_after(milliseconds(60));
    ASSERT_EQ(cancellations.size(), 2 * i + 2);
    held.open(2 * i + 1);
    EXPECT_EQ(request.answer->status, 200);
    EXPECT_TRUE(cancellations[2 * i]->is_set());
    EXPECT_FALSE(cancellations[2 * i + 1]->is_set()) << "what the winner has begun beside its answer goes on";
    held.open(2 * i, with_status(504, "cancelled"));
  }
  EXPECT_EQ(upstreams.of("catalog").breaker().state(), State::closed);
}

TEST_F(ResilienceTest, WhatMayNotBeSentTwiceIsNeverCancelled) {
  std::optional<CallContext> seen;
  add(http::Method::post, "/api/v1/checkout/{id}/confirm", place, [&](CallContext context, const http::Request&) {
    seen = context;
    return answered({});
  });
  post("/api/v1/checkout/1/confirm", {{"idempotency-key", "k"}});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->cancellation, nullptr);
}

TEST_F(ResilienceTest, AFailureDoesNotWinOverACopyThatMayStillAnswer) {
  Held held;
  add(http::Method::get, "/api/v1/catalog/products", read, held.handler());
  for (int i = 0; i < 20; ++i) upstreams.of("catalog").hedges.call();
  UnderWay request(edge, a_request(http::Method::get, "/api/v1/catalog/products"));
  tick_after(milliseconds(60));
  held.open(1, with_status(503));
  EXPECT_FALSE(request.answer.has_value());
  held.open(0, with_status(200, "first"));
  EXPECT_EQ(request.answer->body, "first");
}

TEST_F(ResilienceTest, SecondCopiesAreAtMostATwentiethAndOfSafeReadsOnly) {
  Held held;
  add(http::Method::get, "/api/v1/catalog/products", read, held.handler());
  add(http::Method::get, "/api/v1/orders", read, held.handler());
  for (int i = 0; i < 100; ++i) {
    const auto before = held.doors.size();
    UnderWay request(edge, a_request(http::Method::get, i % 2 == 0 ? "/api/v1/catalog/products" : "/api/v1/orders"));
    tick_after(milliseconds(60));
    for (auto door = before; door < held.doors.size(); ++door) held.open(door);
    ASSERT_TRUE(request.answer.has_value());
  }
  EXPECT_EQ(held.asked, 102) << "two of fifty that may be hedged";
}

TEST_F(ResilienceTest, acceptance_platform_3_6_10_AnAnswerOfFiveMebibytesArrivesWholeWithHedgingOn) {
  std::string large(5 * 1024 * 1024, ' ');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
  int copies = 0;
  OneShot<bool> first_may_end;
  add(http::Method::get, "/api/v1/catalog/products", read,
      [&](CallContext, const http::Request&) { return ++copies == 1 ? after(first_may_end, {.body = large}) : answered({.body = large}); });
  for (int i = 0; i < 20; ++i) upstreams.of("catalog").hedges.call();
  http::Server server(runtime, edge);
  const auto fetched =
      run_until_done(runtime, [](ResilienceTest& test, http::Server& serving, const int& copies_made, OneShot<bool>& door) -> Task<Result<http::Response>> {
        EMP_CO_TRY(serving.listen("127.0.0.1", 0));
        Scope scope;
        scope.spawn([](ResilienceTest& inner, const int& made) -> Task<void> {
          while (made == 0) co_await inner.runtime.yield();
          inner.clock.move(milliseconds(60));
          inner.dispatcher.tick();
        }(test, copies_made));
        http::Client client(test.runtime);
        auto answer = co_await client.send({.url = text("http://127.0.0.1:", serving.port(), "/api/v1/catalog/products")});
        co_await scope.join();
        door.set(true);  // The other copy ends once the winner's body has been sent.
        co_await serving.close(seconds(5));
        co_return answer;
      }(*this, server, copies, first_may_end));
  ASSERT_TRUE(fetched.has_value()) << fetched.error().to_string();
  EXPECT_EQ(copies, 2);
  EXPECT_EQ(fetched->status, 200);
  EXPECT_EQ(fetched->body.size(), large.size());
  EXPECT_TRUE(fetched->body == large);
}

}  // namespace
}  // namespace emporion::gateway
