#include <gmock/gmock.h>

#include "kernel/testing/postgres_fixture.hpp"
#include "modules/platform/gateway/adapters/rpc/breakers_service.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

using State = rpc::Breaker::State;

/// One replica of the gateway as far as breakers go.
struct Replica {
  explicit Replica(postgres::Database& database) : store(database) {}
  void open(const std::string& name) {
    for (int i = 0; i < 5; ++i) upstreams.of(name).record(Upstream::Verdict::failed, upstreams.now());
  }
  State state(const std::string& name) { return upstreams.of(name).breaker().state(); }
  SystemRandom random;
  Upstreams upstreams{100, random};
  ResetStore store;
  BreakersService service{upstreams, store};
};

struct BreakersPgTest : testing::PostgresTest {
  BreakersPgTest() : PostgresTest("gateway", migrations()) {}
  CallContext staff() {
    CallContext out = context();
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("olga"), .session = {}, .service = {}, .permissions = {"gateway.*"}};
    return out;
  }
  Replica here{database()};
  Replica there{database()};
};

TEST_F(BreakersPgTest, AResetReachesEveryReplicaAndIsWrittenDown) {
  ASSERT_TRUE(run(here.service.reload()).has_value());
  ASSERT_TRUE(run(there.service.reload()).has_value());
  for (auto* replica : {&here, &there}) {
    replica->open("order");
    replica->open("catalog");
  }
  // When somebody resets one of them, twice at once
  std::vector<Task<Result<v1::BreakerInfo>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(here.service.reset_breaker(staff(), {.upstream = "order"}));
  for (const auto& done : run(when_all(std::move(twice)))) {
    ASSERT_TRUE(done.has_value()) << done.error().to_string();
    EXPECT_EQ(done->state, v1::BreakerState::closed);
  }
  ASSERT_TRUE(run(there.service.reload()).has_value());
  // Then it is closed at both, the other one is as it was, and it is known who did it
  EXPECT_EQ(here.state("order"), State::closed);
  EXPECT_EQ(there.state("order"), State::closed);
  EXPECT_EQ(there.state("catalog"), State::open);
  EXPECT_EQ(value("SELECT count(*) || subject || actor_id FROM gateway_change WHERE action = 'breaker.reset' GROUP BY subject, actor_id"),
            "2order" + Uuid::from_name("olga").to_string());
  // And one that opens again stays open: a reset is heard once
  there.open("order");
  ASSERT_TRUE(run(there.service.reload()).has_value());
  EXPECT_EQ(there.state("order"), State::open);
}

TEST_F(BreakersPgTest, TheListTellsHowLongOneStaysOpenAndLeavesOurselvesOut) {
  here.upstreams.of("gateway");
  here.open("order");
  here.upstreams.of("catalog").begin();
  const auto list = run(here.service.list_breakers(staff(), {}));
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->breakers.size(), 2u);
  EXPECT_EQ(list->breakers[0].upstream, "catalog");
  EXPECT_EQ(list->breakers[0].in_flight, 1);
  EXPECT_EQ(list->breakers[0].opens_for_s, std::nullopt);
  EXPECT_EQ(list->breakers[1].state, v1::BreakerState::open);
  EXPECT_GT(*list->breakers[1].opens_for_s, 20);
  here.upstreams.of("catalog").end();
}

TEST_F(BreakersPgTest, WhatIsNoModuleIsNotReset) {
  here.upstreams.of("gateway");
  for (const std::string name : {"nobody", "gateway"}) {
    const auto refused = run(here.service.reset_breaker(staff(), {.upstream = name}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().reason(), "UPSTREAM_NOT_FOUND");
  }
  EXPECT_EQ(value("SELECT count(*) FROM gateway_change"), "0");
}

}  // namespace
}  // namespace emporion::gateway
