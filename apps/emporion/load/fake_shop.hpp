#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/load/target.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/server.hpp"

// For the tests of this folder.
// tidy-allow-file(third_party_include): seen by the tests of this folder only.
namespace emporion::load {

/// A shop of one article that says yes to everything, unless `instead` says otherwise. Serves on the test's own thread.
class FakeShop final : public http::Application {
 public:
  explicit FakeShop(Runtime& runtime) : runtime_(runtime), server_(runtime, *this) {
    EXPECT_TRUE(run_until_done(runtime_, listen(server_)));
    target = {.url = text("http://127.0.0.1:", server_.port()), .address = "127.0.0.1", .port = server_.port(), .host = text("127.0.0.1:", server_.port())};
  }
  ~FakeShop() override { EXPECT_TRUE(run_until_done(runtime_, close(server_))); }

  /// Another answer to that request, or nothing.
  std::function<std::optional<http::Response>(const http::Request&)> instead = [](const http::Request&) { return std::nullopt; };
  /// The request of that number, from 1, has to wait for `stall`, or until it is let go.
  int stalls_at = 0;
  microseconds stall{0};
  bool is_let_go = false;
  std::vector<http::Request> heard;
  Target target;

  static http::Response problem(int status, const std::string& reason, std::vector<http::Header> headers = {}) {
    return {.status = status, .body = text(R"({"reason":")", reason, R"("})"), .headers = std::move(headers)};
  }
  int count(std::string_view path_end) const {
    return static_cast<int>(std::ranges::count_if(heard, [path_end](const http::Request& request) { return request.path.ends_with(path_end); }));
  }

 private:
  static constexpr milliseconds nap{10};
  static Task<bool> listen(http::Server& server) { co_return server.listen("127.0.0.1", 0).has_value(); }
  static Task<bool> close(http::Server& server) {
    co_await server.close(seconds(5));
    co_return true;
  }
  std::size_t body_limit(const http::Request&) const override { return 1'000'000; }
  http::Response refuse(const Error&) override { return problem(400, "REFUSED"); }
  Task<http::Response> handle(http::Request request) override {
    heard.push_back(request);
    const bool stalls = static_cast<int>(heard.size()) == stalls_at;
    for (microseconds left = stall; stalls && left > microseconds(0) && !is_let_go; left -= nap) co_await runtime_.sleep_for(nap);
    if (auto other = instead(request)) co_return std::move(*other);
    co_return usual(request);
  }
  static http::Response usual(const http::Request& request) {
    if (request.path == "/api/v1/catalog/products") {
      return {.body = R"({"products":[{"id":"p","variants":[{"sku":"A","status":"active"},{"sku":"B","status":"inactive"}]}]})"};
    }
    if (request.path == "/api/v1/cart/items") return {.body = "{}", .headers = {{"Set-Cookie", "cart_token=jar; Path=/"}}};
    if (request.path == "/api/v1/checkout") return {.status = 201, .body = R"({"checkout":{"id":"s"}})"};
    if (request.path.ends_with("/shipping-methods")) {
      return {.body = R"({"groups":[{"group_key":"g","options":[{"method_id":"dear","cod_allowed":true,"fee":{"amount":9}},)"
                      R"({"method_id":"cheap","cod_allowed":true,"fee":{"amount":5}},{"method_id":"never","cod_allowed":false,"fee":{"amount":1}}]}]})"};
    }
    if (request.path.ends_with("/preview")) return {.body = R"({"quote":{"id":"q","totals":{"grand_total":{"amount":7,"currency":"VND"}}}})"};
    if (request.path.ends_with("/confirm")) return {.status = 201, .body = R"({"status":"confirmed"})"};
    return {.body = "{}"};
  }

  Runtime& runtime_;
  http::Server server_;
};

}  // namespace emporion::load
