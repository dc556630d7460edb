#include <gmock/gmock.h>

#include "modules/platform/gateway/testing/edge_fixture.hpp"
#include "modules/platform/gateway/testing/fake_auth.hpp"

namespace emporion::gateway {
namespace {

constexpr std::string_view list_path = "/api/v1/catalog/products";

struct CacheTest : RoomyEdgeTest {
  CacheTest() {
    add(http::Method::get, std::string(list_path), read, [this](CallContext context, const http::Request&) {
      ++asked;
      last = context.principal;
      return answered(next);
    });
    add(http::Method::get, "/api/v1/catalog/products/{id}", one, [this](CallContext, const http::Request&) {
      ++asked;
      return answered(next);
    });
    add(http::Method::get, "/api/v1/orders", mine, [this](CallContext context, const http::Request&) {
      ++asked;
      return answered({.body = context.principal.id.to_string()});
    });
  }
  http::Response list(std::vector<std::pair<std::string, std::string>> query = {}, std::vector<http::Header> headers = {}) {
    auto request = a_request(http::Method::get, std::string(list_path), std::move(headers));
    request.query = std::move(query);
    return send(std::move(request));
  }
  const rpc::Operation one{.module = "catalog", .name = "get_product", .guest = true, .deadline_ms = 2'000};
  const rpc::Operation mine{.module = "order", .name = "list_orders", .customer = true, .deadline_ms = 2'000};
  int asked = 0;
  Principal last;
  http::Response next{.body = "[]"};
};

TEST_F(CacheTest, AGuestsAnswerIsKeptForAsLongAsTheTableSays) {
  EXPECT_EQ(list().body, "[]");
  next.body = "[1]";
  clock.move(seconds(29));
  EXPECT_EQ(list().body, "[]");
  EXPECT_EQ(asked, 1);
  clock.move(seconds(1));
  EXPECT_EQ(list().body, "[1]");
  EXPECT_EQ(asked, 2);
}

TEST_F(CacheTest, WhatMakesAnotherAnswerIsAnotherKey) {
  list();
  list({{"page_size", "5"}});
  list({{"page_size", "5"}, {"is_featured", "true"}});
  EXPECT_EQ(asked, 3);
  list({{"is_featured", "true"}, {"page_size", "5"}});
  EXPECT_EQ(asked, 3) << "the order of the query makes none";
  list({}, {{"accept-language", "vi"}});
  EXPECT_EQ(asked, 4);
  get("/api/v1/catalog/products/page_size=5");
  EXPECT_EQ(asked, 5) << "a path is not a query";
}

TEST_F(CacheTest, acceptance_platform_3_6_14_WhatOneIsAnsweredNobodyElseGetsFromTheCache) {
  const auto key = security::SigningKey::generate();
  calls.bind<auth::v1::AuthApi>(std::make_shared<FakeAuth>(key.public_key()));
  const CallContext own(clock.now() + seconds(5), Uuid::v7(clock.now(), random), Principal::of_service("gateway"));
  ASSERT_TRUE(run_until_done(runtime, authenticator.reload(own)).has_value());
  const auto bearer = [&](const std::string& name) {
    security::AccessClaims claims;
    claims.issuer = "emporion";
    claims.audience = {"emporion"};
    claims.subject = claims.token = claims.session = Uuid::from_name(name);
    claims.realm = Realm::customer;
    claims.issued_at = claims.not_before = claims.authenticated_at = clock.now();
    claims.expires_at = clock.now() + minutes(15);
    claims.client = "web";
    return http::Header{"authorization", "Bearer " + *security::issue_access_token(key, claims)};
  };
  // A's own orders are A's, and then B's are B's
  EXPECT_EQ(get("/api/v1/orders", {bearer("a")}).body, Uuid::from_name("a").to_string());
  EXPECT_EQ(get("/api/v1/orders", {bearer("b")}).body, Uuid::from_name("b").to_string());
  EXPECT_EQ(get("/api/v1/orders").status, 401);
  // On a route whose answers are kept, too: what is asked for with a token is neither kept nor taken
  next.body = "for a";
  EXPECT_EQ(list({}, {bearer("a")}).body, "for a");
  next.body = "for guests";
  EXPECT_EQ(list().body, "for guests");
  next.body = "for b";
  EXPECT_EQ(list({}, {bearer("b")}).body, "for b");
  EXPECT_EQ(list().body, "for guests");
  EXPECT_EQ(list({}, {{"authorization", "Bearer nonsense"}}).body, "for b") << "nor with a bad one";
}

TEST_F(CacheTest, WhatSetsACookieOrSaysNoOrIsAFailureIsNotKept) {
  for (const http::Response& personal :
       {http::Response{.body = "c", .headers = {{"Set-Cookie", "a=b"}}}, http::Response{.body = "n", .headers = {{"Cache-Control", "no-store"}}},
        http::Response{.body = "p", .headers = {{"cache-control", "private"}}}, http::Response{.status = 404}, http::Response{.status = 500}}) {
    next = personal;
    list();
    list();
  }
  EXPECT_EQ(asked, 10);
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(CacheTest, AnEventForgetsWhatItIsAboutAndNothingElse) {
  const std::string product = "/api/v1/catalog/products/" + Uuid::from_name("bowl").to_string();
  list();
  get(product);
  get("/api/v1/catalog/products/" + Uuid::from_name("cup").to_string());
  ASSERT_EQ(asked, 3);
  cache.purge_tag("product:" + Uuid::from_name("bowl").to_string());
  list();
  get("/api/v1/catalog/products/" + Uuid::from_name("cup").to_string());
  EXPECT_EQ(asked, 3);
  get(product);
  EXPECT_EQ(asked, 4);
  cache.purge_tag("catalog");
  list();
  EXPECT_EQ(asked, 5);
  cache.purge_prefix("/api/v1/catalog/products/");
  list();
  EXPECT_EQ(asked, 5);
  get(product);
  EXPECT_EQ(asked, 6);
}

struct FlightTest : RoomyEdgeTest {
  FlightTest() { add(http::Method::get, std::string(list_path), read, held.handler()); }
  std::unique_ptr<UnderWay> list() { return std::make_unique<UnderWay>(edge, a_request(http::Method::get, std::string(list_path))); }
  Held held;
};

TEST_F(FlightTest, ManyWhoAskAtOnceAreOneQuestion) {
  std::vector<std::unique_ptr<UnderWay>> waiting;
  for (int i = 0; i < 10; ++i) waiting.push_back(list());
  EXPECT_EQ(held.asked, 1);
  held.open(0, {.body = "[]"});
  for (const auto& one : waiting) EXPECT_EQ(one->answer->body, "[]");
}

TEST_F(FlightTest, WhatMayNotBeSharedIsAskedForByEach) {
  std::vector<std::unique_ptr<UnderWay>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(list());
  held.open(0, {.body = "mine", .headers = {{"Set-Cookie", "a=b"}}});
  EXPECT_EQ(held.asked, 3);
  held.open(1, {.body = "one"});
  held.open(2, {.body = "two"});
  EXPECT_EQ(waiting[0]->answer->body, "mine");
  EXPECT_EQ(waiting[1]->answer->body, "one");
  EXPECT_EQ(waiting[2]->answer->body, "two");
}

TEST_F(FlightTest, WhileOneFetchesOthersGetWhatIsAtMostThirtySecondsTooOld) {
  auto first = list();
  held.open(0, {.body = "old"});
  clock.move(seconds(31));
  auto fetching = list();
  EXPECT_EQ(held.asked, 2);
  auto other = list();
  ASSERT_TRUE(other->answer.has_value());
  EXPECT_EQ(other->answer->body, "old");
  held.open(1, {.body = "new"});
  EXPECT_EQ(fetching->answer->body, "new");
  clock.move(seconds(61));
  auto late = list();
  auto waits = list();
  EXPECT_FALSE(waits->answer.has_value()) << "too old even for that";
  held.open(2, {.body = "newest"});
  EXPECT_EQ(waits->answer->body, "newest");
  EXPECT_EQ(late->answer->body, "newest");
}

TEST_F(FlightTest, WhatWasPurgedWhileItWasFetchedIsNotKept) {
  auto first = list();
  cache.purge_tag("catalog");
  held.open(0, {.body = "perhaps from before"});
  EXPECT_EQ(first->answer->body, "perhaps from before");
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(FlightTest, AFetchThatIsRefusedHoldsNobodyUp) {
  for (int i = 0; i < 5; ++i) upstreams.of("catalog").record(Upstream::Verdict::failed, upstreams.now());
  auto refused = list();
  EXPECT_EQ(refused->answer->status, 503);
  upstreams.of("catalog").reset();
  auto next = list();
  EXPECT_EQ(held.asked, 1);
  held.open(0);
  EXPECT_EQ(next->answer->status, 200);
}

TEST(AnswerCache, ForgetsWhatWasAskedForLeastRecentlyWhenItIsFull) {
  testing::FakeClock clock;
  AnswerCache cache(clock, 1'000);
  const auto fill = [&](const std::string& key) { cache.keep(key, {.body = std::string(300, 'x')}, 30, {}); };
  fill("a");
  fill("b");
  fill("c");
  Runtime runtime;
  EXPECT_TRUE(run_until_done(runtime, cache.look_up("a")).answer.has_value());
  fill("d");
  EXPECT_LE(cache.bytes(), 1'000u);
  EXPECT_TRUE(run_until_done(runtime, cache.look_up("a")).answer.has_value());
  EXPECT_FALSE(run_until_done(runtime, cache.look_up("b")).answer.has_value());
  cache.give_up("b");
}

}  // namespace
}  // namespace emporion::gateway
