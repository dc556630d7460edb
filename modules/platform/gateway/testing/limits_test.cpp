#include "modules/platform/gateway/app/login_account.hpp"
#include "modules/platform/gateway/testing/edge_fixture.hpp"

namespace emporion::gateway {
namespace {

TEST_F(EdgeTest, AGuestIsThrottledByAddress) {
  for (int i = 0; i < 3; ++i) {
    const auto let = post("/api/v1/cart/items");
    EXPECT_EQ(let.status, 200) << i;
    EXPECT_EQ(header_of(let, "RateLimit-Limit"), "3");
    EXPECT_EQ(header_of(let, "RateLimit-Remaining"), text(2 - i));
    EXPECT_EQ(header_of(let, "RateLimit-Reset"), i == 2 ? "1" : "0");
  }
  const auto refused = post("/api/v1/cart/items");
  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(has_reason(refused, "RATE_LIMITED"));
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(header_of(refused, "RateLimit-Remaining"), "0");
  EXPECT_EQ(header_of(refused, "RateLimit-Reset"), "1");
  clock.move(seconds(1));
  EXPECT_EQ(post("/api/v1/cart/items").status, 200);
}

TEST_F(EdgeTest, AProviderIsNotThrottledAsAGuestAndTakesNothingFromOne) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(post("/api/v1/webhooks/demo").status, 200) << i;
  // Its own limit is never off.
  EXPECT_EQ(post("/api/v1/webhooks/demo").status, 429);
  EXPECT_EQ(post("/api/v1/cart/items").status, 200);
}

TEST_F(EdgeTest, GuestsTakeNothingFromAProviderAtTheirAddress) {
  while (post("/api/v1/cart/items").status == 200) {
  }
  EXPECT_EQ(post("/api/v1/webhooks/demo").status, 200);
}

TEST_F(EdgeTest, AWebhookThatDoesNotExistCountsAsAGuest) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/api/v1/webhooks/nobody").status, 404) << i;
  EXPECT_EQ(post("/api/v1/webhooks/nobody").status, 429);
}

struct LoginLimitsTest : EdgeTest {
  LoginLimitsTest() : EdgeTest({.guest = {60, 10}, .login = {5, 2}}) { add(http::Method::post, "/api/v1/auth/login", login); }
  int sign_in(const std::string& who, const std::string& from) {
    auto request = a_request(http::Method::post, "/api/v1/auth/login");
    request.body = text(R"({"identifier":")", who, R"(","password":"p"})");
    request.peer_address = from;
    return send(std::move(request)).status;
  }
  const rpc::Operation login{.module = "auth", .name = "login", .guest = true, .rate_policy = "login"};
};

TEST_F(LoginLimitsTest, AnAccountIsLimitedWhateverTheAddress) {
  EXPECT_EQ(sign_in("linh@example.com", "192.0.2.1"), 200);
  EXPECT_EQ(sign_in(" Linh@example.com", "192.0.2.2"), 200);
  EXPECT_EQ(sign_in("linh@example.com", "192.0.2.3"), 429);
  EXPECT_EQ(sign_in("another@example.com", "192.0.2.3"), 200);
}

TEST_F(LoginLimitsTest, WhatOneLimitRefusesTakesNothingFromTheOthers) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(sign_in(text("a", i), "192.0.2.1"), 200);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(sign_in("b", "192.0.2.1"), 429);
  // Neither the account, nor the address as a guest has lost anything by these.
  EXPECT_EQ(limits.state("login", *login_account(R"({"identifier":"b"})")).remaining, 2);
  EXPECT_EQ(limits.state("guest", "192.0.2.1").remaining, 8);
}

}  // namespace
}  // namespace emporion::gateway
