#include <gtest/gtest.h>

#include "kernel/testing/postgres_fixture.hpp"
#include "modules/platform/gateway/adapters/postgres/override_store.hpp"
#include "modules/platform/gateway/testing/edge_fixture.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

TEST_F(EdgeTest, ARouteForMaintenanceSaysSoAndADisabledOneIsNotThere) {
  edge.replace_overrides({{"checkout.add_cart_item", {.reason = "new shelves", .until = clock.now() + minutes(5), .is_disabled = false}},
                          {"shipping.demo_carrier_webhook", {.reason = "gone", .until = {}, .is_disabled = true}}});
  const auto closed = post("/api/v1/cart/items");
  EXPECT_EQ(closed.status, 503);
  EXPECT_TRUE(has_reason(closed, "MAINTENANCE"));
  EXPECT_TRUE(closed.body.contains("new shelves"));
  EXPECT_EQ(header_of(closed, "Retry-After"), "30");
  const auto gone = post("/api/v1/webhooks/demo");
  EXPECT_EQ(gone.status, 404);
  EXPECT_TRUE(has_reason(gone, "ROUTE_NOT_FOUND"));
  clock.move(minutes(5));
  EXPECT_EQ(post("/api/v1/cart/items").status, 200);
}

struct OverridesPgTest : testing::PostgresTest {
  OverridesPgTest() : PostgresTest("gateway", migrations()) {}
  CallContext staff() {
    CallContext out = context();
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("olga"), .session = {}, .service = {}, .permissions = {"gateway.*"}};
    return out;
  }
  OverrideStore store{database()};
};

TEST_F(OverridesPgTest, PutTwiceAtOnceARouteIsClosedOnceAndEachChangeIsTold) {
  std::vector<Task<Result<>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(store.put(staff(), "order.get_order", {.reason = "moving", .until = {}, .is_disabled = true}));
  for (const auto& one : run(when_all(std::move(twice)))) EXPECT_TRUE(one.has_value()) << one.error().to_string();
  const auto all = run(store.all());
  ASSERT_TRUE(all.has_value());
  ASSERT_EQ(all->size(), 1u);
  EXPECT_TRUE(all->at("order.get_order").is_disabled);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(run(store.remove(staff(), "order.get_order")).has_value());
  EXPECT_TRUE(run(store.all())->empty());
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT aggregate_version) FROM outbox WHERE topic = 'gateway.route.overridden'"), "3 3");
  EXPECT_EQ(value("SELECT string_agg(action, ' ' ORDER BY at, action) FROM gateway_change"), "route.override route.override route.open");
}

}  // namespace
}  // namespace emporion::gateway
