#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/journeys/shop_staff.hpp"

// The public entry over the real binary: pages, waiting rooms, keys, what is heard.
namespace emporion::journeys {
namespace {

using http::Header;
using http::Method;
using ::testing::HasSubstr;

struct Front : ::testing::Test {
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// A request with just these headers, and what came back with its headers.
  http::Response send(Method method, const std::string& path, const std::string& body = {}, std::vector<Header> headers = {}) {
    if (!body.empty()) headers.push_back({"Content-Type", "application/json"});
    auto answer = run(client.send({.method = method, .url = shop.url() + path, .headers = std::move(headers), .body = body}));
    EXPECT_TRUE(answer.has_value()) << path << (answer ? "" : answer.error().to_string());
    return answer ? *answer : http::Response{.status = 0};
  }
  void hire() {
    Staff::hire(shop);
    staff = std::make_unique<Staff>(client, shop.url());
  }

  ShopProcess shop;
  Runtime runtime;
  http::Client client{runtime};
  std::unique_ptr<Staff> staff;
};

TEST_F(Front, APageTellsWhatIsMissingAndTheRestIsThere) {
  shop.start({"EMPORION_FAULT=lose:pricing.get_bulk_prices.ack:1"});
  const auto list = send(Method::get, "/api/v1/catalog/products");
  ASSERT_EQ(list.status, 200) << list.body;
  const std::string page = "/api/v1/bff/products/" + member_of(list.body, "products.0.id");
  // Given that Pricing's answer is lost once
  const auto without = send(Method::get, page);
  ASSERT_EQ(without.status, 200) << without.body;
  EXPECT_EQ(member_of(without.body, "degraded"), R"(["prices","offers"])");
  EXPECT_EQ(member_of(without.body, "product.id"), member_of(list.body, "products.0.id"));
  EXPECT_NE(member_of(without.body, "stock.stock.0.status"), "");
  // Then the next page is whole, and its parts are what the modules say
  const auto whole = send(Method::get, page);
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(member_of(whole.body, "degraded"), "[]");
  EXPECT_NE(member_of(whole.body, "prices.prices.0.unit_price.amount"), "");
  EXPECT_NE(member_of(whole.body, "offers.offers.0.offer_amount.amount"), "");
  const auto home = send(Method::get, "/api/v1/home");
  EXPECT_EQ(home.status, 200) << home.body;
  EXPECT_EQ(member_of(home.body, "degraded"), "[]");
  EXPECT_EQ(send(Method::get, "/api/v1/bff/products/00000000-0000-7000-8000-000000000000").status, 404);
  // A cart with its stock, and an order that is nobody else's business
  Buyer buyer(client, shop.url());
  ASSERT_EQ(run(buyer.prepare("TEA-LOTUS-50", 1, "page")).status, 200);
  const auto cart = run(buyer.call(Method::get, "/api/v1/bff/cart"));
  EXPECT_EQ(member_of(cart.body, "cart.lines.0.sku"), "TEA-LOTUS-50") << cart.body;
  EXPECT_EQ(member_of(cart.body, "stock.stock.0.sku"), "TEA-LOTUS-50");
  const auto order = run(buyer.confirm("page"));
  ASSERT_EQ(order.status, 201) << order.body;
  EXPECT_EQ(send(Method::get, "/api/v1/bff/orders/" + member_of(order.body, "order_id")).status, 401);
  hire();
  const auto shown = run(staff->call(Method::get, "/api/v1/bff/orders/" + member_of(order.body, "order_id")));
  EXPECT_EQ(member_of(shown.body, "order.id"), member_of(order.body, "order_id")) << shown.body;
  EXPECT_EQ(member_of(shown.body, "degraded"), "[]");
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
  EXPECT_EQ(shop.stop(), 0);
}

TEST_F(Front, WhoBuysWhatIsOnSaleWaitsForTheirTurn) {
  shop.start();
  hire();
  const std::string sale = "/api/v1/gateway/sales/0192f0c1-2d3e-7000-8000-000000000001";
  const auto flagged =
      run(staff->call(Method::put, sale,
                      R"({"name":"Lotus tea","skus":["TEA-LOTUS-50"],"from":"2020-01-01T00:00:00Z","until":"2100-01-01T00:00:00Z","admitted_per_s_min":1})"));
  ASSERT_EQ(flagged.status, 200) << flagged.body;
  const std::string line = R"({"sku":"TEA-LOTUS-50","qty":1})";
  const auto add = [&](std::vector<Header> headers, const std::string& key) {
    headers.push_back({"Idempotency-Key", key});
    return send(Method::post, "/api/v1/cart/items", line, std::move(headers));
  };
  const auto refused = add({}, "early");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(member_of(refused.body, "reason"), "WAITING_ROOM");
  EXPECT_EQ(send(Method::post, "/api/v1/cart/items", R"({"sku":"TEA-JASMINE-100","qty":1})", {{"Idempotency-Key", "other"}}).status, 200);
  // Given a place in the line
  const std::string room = "/api/v1/waiting-rooms/" + member_of(refused.body, "metadata.sale_id");
  const auto joined = send(Method::post, room + "/tickets", "{}");
  ASSERT_EQ(joined.status, 200) << joined.body;
  std::string cookies;
  for (const auto& header : joined.headers) {
    if (ascii_lower(header.name) == "set-cookie") cookies += header.value.substr(0, header.value.find(';')) + "; ";
  }
  ASSERT_THAT(cookies, HasSubstr("waiting_ticket="));
  ASSERT_THAT(cookies, HasSubstr("waiting_visitor="));
  // When its turn has come
  http::Response last;
  const auto is_in = [&] {
    last = send(Method::get, room + "/ticket", {}, {{"Cookie", cookies}});
    return member_of(last.body, "state") == "admitted";
  };
  ASSERT_TRUE(testing::eventually(runtime, is_in, [&] { return last.body; }, seconds(20)));
  // Then the tea is theirs to buy
  const auto added = add({{"Cookie", cookies}}, "now");
  EXPECT_EQ(added.status, 200) << added.body;
  const auto ended = run(staff->call(Method::del, sale));
  EXPECT_EQ(ended.status, 200) << ended.body;
  EXPECT_EQ(add({}, "after").status, 200);
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
  EXPECT_EQ(shop.stop(), 0);
}

TEST_F(Front, WhatStaffDoAtTheEntryTakesEffectWithinASecondOrTwo) {
  shop.start();
  hire();
  const auto within = [&](auto holds, const std::string& what) { EXPECT_TRUE(testing::eventually(runtime, holds, [&] { return what; }, seconds(2))); };
  // A session that is ended
  Buyer customer(client, shop.url());
  ASSERT_EQ(run(customer.call(Method::post, "/api/v1/auth/register", R"({"email":"linh@example.com","password":"a long quiet river"})", "r")).status, 202);
  const auto login = run(customer.call(Method::post, "/api/v1/auth/login", R"({"identifier":"linh@example.com","password":"a long quiet river"})"));
  ASSERT_EQ(login.status, 200) << login.body;
  customer.sign_in(member_of(login.body, "access_token"));
  ASSERT_EQ(run(customer.call(Method::get, "/api/v1/auth/me")).status, 200);
  ASSERT_LT(run(customer.call(Method::post, "/api/v1/auth/logout-all", "{}")).status, 300);
  within([&] { return run(customer.call(Method::get, "/api/v1/auth/me")).status == 401; }, "the token of an ended session is still good");
  // A key of a partner
  ASSERT_EQ(run(staff->call(Method::put, "/api/v1/gateway/rate-plans/partner", R"({"per_minute":600,"burst":50})")).status, 200);
  const auto key = run(staff->call(Method::post, "/api/v1/gateway/api-keys", R"({"owner":"Partner","scopes":["order.order.read"],"plan":"partner"})", "key"));
  ASSERT_EQ(key.status, 201) << key.body;
  const std::vector<Header> with_key{{"X-Api-Key", member_of(key.body, "secret")}};
  EXPECT_EQ(send(Method::get, "/api/v1/orders", {}, with_key).status, 200);
  EXPECT_EQ(send(Method::get, "/api/v1/gateway/api-keys", {}, with_key).status, 403);
  EXPECT_EQ(run(staff->call(Method::del, "/api/v1/gateway/api-keys/" + member_of(key.body, "key.id"))).status, 200);
  EXPECT_EQ(send(Method::get, "/api/v1/orders", {}, with_key).status, 401);
  // A product that is changed shows in what guests are told
  const auto products = send(Method::get, "/api/v1/catalog/products");
  const std::string product = "/api/v1/catalog/products/" + member_of(products.body, "products.0.id");
  ASSERT_EQ(send(Method::get, product).status, 200);
  EXPECT_EQ(
      run(staff->call(Method::post, product + "/deactivate", text(R"({"version":)", member_of(products.body, "products.0.version"), "}"), "deactivate")).status,
      200);
  within([&] { return send(Method::get, product).status == 404; }, "a product that is no longer sold is still shown");
  // What stands before the modules
  const auto breakers = run(staff->call(Method::get, "/api/v1/gateway/breakers"));
  EXPECT_THAT(breakers.body, HasSubstr(R"("upstream":"catalog","state":"closed")")) << breakers.body;
  EXPECT_EQ(run(staff->call(Method::post, "/api/v1/gateway/breakers/catalog/reset", "{}")).status, 200);
  EXPECT_EQ(run(staff->call(Method::post, "/api/v1/gateway/cache/purge", R"({"tags":["catalog"]})")).status, 200);
  EXPECT_THAT(send(Method::get, "/metrics").body, HasSubstr("emporion_gateway_own_seconds_count"));
  for (const char* module :
       {"gateway", "auth", "user", "location", "catalog", "pricing", "promotion", "warehouse", "checkout", "order", "payment", "shipping", "fulfillment"}) {
    const std::string runs = text("emporion_job_runs_total{job=\"", module, ".upkeep\",result=\"");
    within([&] { return send(Method::get, "/metrics").body.contains(runs + "ok\"}"); }, "a module's database is not kept up");
    EXPECT_FALSE(send(Method::get, "/metrics").body.contains(runs + "failed\"}")) << module;
  }
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
  EXPECT_EQ(shop.stop(), 0);
}

}  // namespace
}  // namespace emporion::journeys
