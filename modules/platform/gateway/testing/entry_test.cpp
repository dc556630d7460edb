#include <gmock/gmock.h>

#include "kernel/http/target.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/platform/gateway/testing/edge_fixture.hpp"
#include "modules/platform/gateway/testing/fake_auth.hpp"

// Who comes in, and with what.
namespace emporion::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(EdgeTest, TheFiltersStandInTheOrderOfTheSpecification) {
  EXPECT_THAT(Edge::filters(), ElementsAre("sizes", "cors", "own_page", "address_limit", "authenticate", "subject_limit", "csrf", "role", "idempotency_key",
                                           "maintenance", "waiting_room", "cache", "load_shedding", "breaker", "dispatch"));
}

TEST_F(RoomyEdgeTest, acceptance_platform_3_6_1_WhatAClientSaysOfWhoItIsReachesNoModule) {
  std::vector<std::string> seen;
  const rpc::Operation open{.module = "payment", .name = "listen", .guest = true};
  add(http::Method::post, "/api/v1/listen", open, [&](CallContext context, const http::Request& request) {
    for (const auto& header : request.headers) seen.push_back(header.name);
    EXPECT_EQ(context.principal.realm, Realm::guest);
    return answered({});
  });
  const auto answer = post("/api/v1/listen", {{"x-user-id", "admin"},
                                              {"x-customer-id", "1"},
                                              {"x-admin-token", "t"},
                                              {"x-roles", "super_admin"},
                                              {"x-internal-principal", "p"},
                                              {"x-forwarded-for", "203.0.113.9"},
                                              {"x-forwarded-host", "h"},
                                              {"x-real-ip", "203.0.113.9"},
                                              {"user-agent", "curl"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(seen, ElementsAre("user-agent"));
}

struct TokenTest : RoomyEdgeTest {
  TokenTest() {
    calls.bind<auth::v1::AuthApi>(std::make_shared<FakeAuth>(key.public_key()));
    const CallContext own(clock.now() + seconds(5), Uuid::v7(clock.now(), random), Principal::of_service("gateway"));
    EXPECT_TRUE(run_until_done(runtime, authenticator.reload(own)).has_value());
    add(http::Method::get, "/api/v1/orders", mine);
    add(http::Method::get, "/api/v1/catalog/products", read, [this](CallContext context, const http::Request&) {
      seen = context.principal.realm;
      return answered({});
    });
  }
  security::AccessClaims claims() {
    security::AccessClaims out;
    out.issuer = "emporion";
    out.audience = {"emporion"};
    out.subject = out.token = out.session = Uuid::v7(clock.now(), random);
    out.realm = Realm::customer;
    out.issued_at = out.not_before = out.authenticated_at = clock.now();
    out.expires_at = clock.now() + minutes(15);
    out.client = "web";
    return out;
  }
  std::string issued(const security::AccessClaims& what) const { return *security::issue_access_token(key, what); }
  int status_with(const std::string& token) { return get("/api/v1/orders", {{"authorization", "Bearer " + token}}).status; }

  const security::SigningKey key = security::SigningKey::generate();
  const rpc::Operation mine{.module = "order", .name = "list_orders", .customer = true};
  Realm seen = Realm::service;
};

TEST_F(TokenTest, acceptance_platform_3_6_2_ATokenThatIsForgedForeignOrExpiredIsRefused) {
  const std::string good = issued(claims());
  EXPECT_EQ(status_with(good), 200);
  // alg none, with the claims of a good one
  const std::string payload = good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1);
  EXPECT_EQ(status_with(security::base64url(R"({"alg":"none","typ":"at+jwt"})") + "." + payload + "."), 401);
  auto foreign = claims();
  foreign.audience = {"another shop"};
  EXPECT_EQ(status_with(issued(foreign)), 401);
  EXPECT_EQ(status_with(*security::issue_access_token(security::SigningKey::generate(), claims())), 401) << "a key that nobody knows";
  // One second past the expiry and the leeway of 30 s
  clock.move(minutes(15) + seconds(29));
  EXPECT_EQ(status_with(good), 200);
  clock.move(seconds(2));
  EXPECT_EQ(status_with(good), 401);
  // Where guests are welcome a bad token is none.
  EXPECT_EQ(get("/api/v1/catalog/products", {{"authorization", "Bearer " + good}}).status, 200);
  EXPECT_EQ(seen, Realm::guest);
  // Also where something changes: a client that still sends its old token can sign in anew, and learns that it was not taken.
  add(http::Method::post, "/api/v1/auth/login", {.module = "auth", .name = "login", .guest = true}, [this](CallContext context, const http::Request&) {
    seen = context.principal.realm;
    return answered({});
  });
  seen = Realm::service;
  const auto signed_in = post("/api/v1/auth/login", {{"authorization", "Bearer " + good}});
  EXPECT_EQ(signed_in.status, 200);
  EXPECT_EQ(seen, Realm::guest);
  EXPECT_THAT(header_of(signed_in, "WWW-Authenticate"), HasSubstr("invalid_token"));
}

TEST_F(EdgeTest, ABadTokenIsNoWayAroundTheLimitOfGuests) {
  calls.bind<auth::v1::AuthApi>(std::make_shared<FakeAuth>(security::SigningKey::generate().public_key()));
  const CallContext own(clock.now() + seconds(5), Uuid::v7(clock.now(), random), Principal::of_service("gateway"));
  ASSERT_TRUE(run_until_done(runtime, authenticator.reload(own)).has_value());
  add(http::Method::get, "/api/v1/catalog/products", read, [](CallContext, const http::Request&) { return answered({}); });
  std::vector<int> seen;
  for (int i = 0; i < 5; ++i) seen.push_back(get("/api/v1/catalog/products", {{"authorization", text("Bearer junk", i)}}).status);
  EXPECT_THAT(seen, ElementsAre(200, 200, 200, 429, 429));
}

TEST_F(TokenTest, ASessionIsRefusedFromItsRevocationOn) {
  const auto who = claims();
  const std::string token = issued(who);
  EXPECT_EQ(status_with(token), 200);
  authenticator.revoke(who.session);
  EXPECT_EQ(status_with(token), 401);
}

TEST(Paths, acceptance_platform_3_6_3_APathThatMeansAnotherIsRefused) {
  for (const std::string_view target : {"/api/v1/public/../admin", "/api/v1/public/%2e%2e/admin", "/api/v1/public%2fadmin", "/api/v1/public%2Fadmin",
                                        "/api/v1/a%5cb", "/api/v1/a\\b", "/api/v1/%00", "/api/v1/%ff", "/api/v1/./admin", "/api/v1/%zz"}) {
    const auto parsed = http::parse_target(target);
    ASSERT_FALSE(parsed.has_value()) << target;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::invalid_argument) << target;
  }
  // Decoded once: what is left of a second encoding is a letter like any other.
  EXPECT_EQ(http::parse_target("/api/v1/a%252fb")->path, "/api/v1/a%2fb");
}

TEST_F(EdgeTest, acceptance_platform_3_6_6_AnOriginThatEndsLikeOursIsNotOurs) {
  edge.use(EdgeSettings{.cors = *Cors::of({"*.shop.example", "https://shop.example", "http://localhost:5173"})});
  const auto allowed = [&](const std::string& origin) { return header_of(get("/health/live", {{"origin", origin}}), "Access-Control-Allow-Origin"); };
  EXPECT_EQ(allowed("https://evilshop.example"), "");
  EXPECT_EQ(allowed("https://shop.example.evil.example"), "");
  EXPECT_EQ(allowed("http://www.shop.example"), "") << "unencrypted, anybody on the way is that page";
  EXPECT_EQ(allowed("https://www.shop.example:8443"), "");
  EXPECT_EQ(allowed("https://.shop.example"), "");
  EXPECT_EQ(allowed("null"), "");
  EXPECT_EQ(allowed("http://localhost:5174"), "");
  for (const std::string origin : {"https://www.shop.example", "https://a.b.shop.example", "https://shop.example", "http://localhost:5173"}) {
    EXPECT_EQ(allowed(origin), origin);
  }
  EXPECT_EQ(header_of(get("/health/live", {{"origin", "https://shop.example"}}), "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(header_of(get("/health/live", {{"origin", "https://www.shop.example"}}), "Access-Control-Allow-Credentials"), "") << "of listed origins only";
  EXPECT_EQ(header_of(get("/health/live"), "Vary"), "Origin");
}

TEST(CorsSettings, WhatIsNoOriginStopsTheStart) {
  for (const std::string wrong : {"shop.example", "https://shop.example/", "*", "*shop.example", "https://*.shop.example", "https://"}) {
    EXPECT_FALSE(Cors::of({wrong}).has_value()) << wrong;
  }
}

TEST_F(EdgeTest, EveryAnswerCarriesItsIdAndTheSecurityHeaders) {
  std::vector<http::Response> answers;
  answers.push_back(post("/api/v1/cart/items"));
  answers.push_back(get("/nowhere"));
  answers.push_back(get("/api/v1/cart/items"));
  answers.push_back(post("/api/v1/cart/items"));
  EXPECT_EQ(answers.back().status, 429);
  answers.push_back(edge.refuse(Error(ErrorKind::uri_too_long, "URI_TOO_LONG", "")));
  for (const auto& answer : answers) {
    EXPECT_TRUE(Uuid::parse(header_of(answer, "X-Request-Id")).has_value()) << answer.status;
    EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header_of(answer, "Strict-Transport-Security"), "max-age=31536000");
    EXPECT_EQ(header_of(answer, "Referrer-Policy"), "strict-origin-when-cross-origin");
    EXPECT_THAT(header_of(answer, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_NE(header_of(answer, "Permissions-Policy"), "");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(header_of(answer, "Server"), "");
  }
  EXPECT_EQ(header_of(answers[2], "Allow"), "POST");
}

TEST_F(EdgeTest, acceptance_platform_3_6_13_TwoRoutesForTheSameRequestsStopTheStartAndAreBothNamed) {
  http::Route again;
  again.method = http::Method::post;
  again.path_template = "/api/v1/cart/items";
  again.operation = &webhook;
  const auto added = router.add(std::move(again));
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().reason(), "DUPLICATE_ROUTE");
  EXPECT_THAT(added.error().detail(), HasSubstr("checkout.add_cart_item"));
  EXPECT_THAT(added.error().detail(), HasSubstr("shipping.demo_carrier_webhook"));
}

TEST_F(EdgeTest, BodiesAreLimitedByTheirRoute) {
  EXPECT_EQ(edge.body_limit(a_request(http::Method::post, "/api/v1/webhooks/demo")), 256u * 1024);
  EXPECT_EQ(edge.body_limit(a_request(http::Method::post, "/api/v1/cart/items")), 1024u * 1024);
  EXPECT_EQ(edge.body_limit(a_request(http::Method::post, "/nowhere")), 1024u * 1024);
  auto large = a_request(http::Method::post, "/api/v1/webhooks/demo");
  large.body = std::string(256 * 1024 + 1, 'x');
  EXPECT_EQ(send(std::move(large)).status, 413);
}

TEST(ClientAddress, IsTheFirstHopThatIsNotOurs) {
  const auto trusted = *TrustedNetworks::of({"10.0.0.0/8", "2001:db8::/32", "192.0.2.1"});
  const auto of = [&](std::string peer, std::vector<http::Header> headers) {
    http::Request request;
    request.peer_address = std::move(peer);
    request.headers = std::move(headers);
    return client_address(request, trusted);
  };
  EXPECT_EQ(of("203.0.113.5", {{"x-forwarded-for", "198.51.100.1"}, {"x-real-ip", "198.51.100.1"}}), "203.0.113.5") << "not from one of ours";
  EXPECT_EQ(of("10.1.2.3", {{"x-forwarded-for", "198.51.100.1, 203.0.113.5, 10.9.9.9"}}), "203.0.113.5");
  EXPECT_EQ(of("::ffff:10.1.2.3", {{"x-forwarded-for", "203.0.113.5"}}), "203.0.113.5");
  EXPECT_EQ(of("2001:db8:1::1", {{"x-forwarded-for", "2001:db9::7"}}), "2001:db9::7");
  EXPECT_EQ(of("10.1.2.3", {{"x-forwarded-for", "203.0.113.5"}, {"x-forwarded-for", "198.51.100.2"}}), "198.51.100.2") << "several headers are one list";
  EXPECT_EQ(of("10.1.2.3", {{"x-forwarded-for", "unknown"}}), "10.1.2.3");
  EXPECT_EQ(of("110.1.2.3", {{"x-forwarded-for", "203.0.113.5"}}), "110.1.2.3") << "a network is not a prefix of its text";
  EXPECT_EQ(of("192.0.2.1", {{"x-real-ip", "203.0.113.8"}}), "203.0.113.8");
  EXPECT_EQ(of("192.0.2.1", {{"x-forwarded-for", "10.0.0.1"}, {"x-real-ip", "203.0.113.8"}}), "10.0.0.1");
  EXPECT_EQ(of("192.0.2.1", {}), "192.0.2.1");
  for (const std::string wrong : {"10.0.0.0/33", "10.0.0", "10.0.0.0/", "ten", "::/129"}) EXPECT_FALSE(TrustedNetworks::of({wrong}).has_value()) << wrong;
}

TEST(ClientAddress, OfIPv6TheNetworkIsLimited) {
  EXPECT_EQ(rate_subject("2001:db8::1"), rate_subject("2001:db8:0:0:ffff::2"));
  EXPECT_NE(rate_subject("2001:db8::1"), rate_subject("2001:db8:0:1::1"));
  EXPECT_EQ(rate_subject("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(rate_subject("192.0.2.1"), "192.0.2.1");
}

}  // namespace
}  // namespace emporion::gateway
