#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "modules/platform/gateway/app/edge.hpp"

namespace emporion::gateway {

/// The pipeline before two routes that always answer 200: one for everybody, and one that a provider calls.
struct EdgeTest : ::testing::Test {
  EdgeTest() {
    add("/api/v1/cart/items", shop);
    add("/api/v1/webhooks/demo", webhook);
    edge.use(router);
    EXPECT_TRUE(csrf_tokens.open((home / "identity.key").string(), random).has_value());
  }
  ~EdgeTest() override { std::filesystem::remove_all(home); }

  void add(std::string path, const rpc::Operation& operation) {
    http::Route route;
    route.method = http::Method::post;
    route.path_template = std::move(path);
    route.operation = &operation;
    route.handle = [](CallContext, const http::Request&, http::PathParameters) -> Task<http::Response> { co_return http::Response(); };
    EXPECT_TRUE(router.add(std::move(route)).has_value());
  }
  /// A POST, always from the same address.
  http::Response post(std::string path, std::vector<http::Header> headers = {}) {
    http::Request request;
    request.method = http::Method::post;
    request.path = std::move(path);
    request.headers = std::move(headers);
    request.peer_address = "192.0.2.7";
    return run_until_done(runtime, edge.handle(std::move(request)));
  }

  const rpc::Operation shop{.module = "checkout", .name = "add_cart_item", .guest = true};
  const rpc::Operation webhook{.module = "shipping", .name = "demo_carrier_webhook", .guest = true, .rate_policy = "webhook"};
  Runtime runtime;
  testing::FakeClock clock;
  SystemRandom random;
  const std::filesystem::path home = std::filesystem::temp_directory_path() / text("gateway-", security::hex(security::random_bytes(random, 8)));
  Calls calls;
  Authenticator authenticator{calls, {.issuer = "emporion", .audience = "emporion"}, clock};
  CsrfTokens csrf_tokens{clock};
  RateLimits limits{{.guest = {60, 3}, .webhook = {6'000, 50}}, clock};
  http::Router router;
  Edge edge{authenticator, limits, csrf_tokens, {}, clock, random, "{}"};
};

}  // namespace emporion::gateway
