#include <gmock/gmock.h>

#include <algorithm>

#include "kernel/testing/eventually.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/rival.hpp"
#include "modules/platform/gateway/adapters/postgres/lease_store.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

constexpr RatePlan guest{100, 20};

/// One replica of the gateway as far as limits go, on a connection pool of its own.
struct Replica {
  Replica(std::unique_ptr<postgres::Database> own, const Clock& clock, Random& random)
      : database(std::move(own)), store(*database, clock, random), limits({.guest = guest}, clock, &store) {}
  std::unique_ptr<postgres::Database> database;
  PostgresLeaseStore store;
  RateLimits limits;
};

struct RateLeasesPgTest : testing::PostgresTest {
  RateLeasesPgTest() : PostgresTest("gateway", migrations()) {}
  ~RateLeasesPgTest() override {
    for (auto& replica : replicas) run(end(*replica));
  }
  static Task<bool> end(Replica& replica) {
    co_await replica.limits.close();
    co_await replica.database->close();
    co_return true;
  }
  static Task<bool> all_in_touch(RateLeasesPgTest& test) {
    for (auto& replica : test.replicas) co_await replica->limits.keep_in_touch();
    co_return true;
  }
  void start(int count) {
    for (int i = 0; i < count; ++i) replicas.push_back(std::make_unique<Replica>(another(options()), clock, random));
    run(all_in_touch(*this));
    run(all_in_touch(*this));  // Who came first hears of those that came later.
  }
  /// `count` requests of one address, to the replicas in turn, while these talk to the store.
  static Task<int> ask(RateLeasesPgTest& test, int count, std::string address) {
    int passed = 0;
    for (int i = 0; i < count; ++i) {
      passed += test.replicas[static_cast<std::size_t>(i) % test.replicas.size()]->limits.take("guest", address).has_value() ? 1 : 0;
      if (i % 8 == 0) co_await test.runtime().yield();
    }
    co_return passed;
  }
  std::vector<LeaseStore::Answer> lease(std::int64_t debt, std::int64_t want, std::string subject = "a") {
    auto answers = run(replicas[0]->store.lease({{"guest", std::move(subject), guest, debt, want}}));
    EXPECT_TRUE(answers.has_value()) << (answers ? "" : answers.error().to_string());
    return answers ? *answers : std::vector<LeaseStore::Answer>(1);
  }

  SystemClock clock;
  SystemRandom random;
  std::vector<std::unique_ptr<Replica>> replicas;
};

TEST_F(RateLeasesPgTest, acceptance_platform_3_6_4_OfAThousandRequestsOverFourReplicasTheBurstAndABlockEachPass) {
  start(4);
  ASSERT_EQ(replicas[0]->limits.replicas(), 4);
  const UtcTime began = clock.now();
  const int passed = run(ask(*this, 1'000, "192.0.2.1"));
  const auto refilled = (clock.now() - began).count() * guest.per_minute / 60'000'000;
  EXPECT_GE(passed, 20);
  EXPECT_LE(passed, 20 + 4 * 10 + refilled);
  // And the others are told when to come back
  const auto refused = replicas[2]->limits.take("guest", "192.0.2.1");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "RATE_LIMITED");
  EXPECT_NE(refused.error().metadata_json("retry_after"), "");
  EXPECT_TRUE(replicas[2]->limits.take("guest", "192.0.2.2").has_value());
}

TEST_F(RateLeasesPgTest, TheStoreGrantsWholeTokensAndBooksWhatWasUsed) {
  start(1);
  EXPECT_EQ(lease(3'000, 10'000)[0].granted_milli, 10'000);
  const auto second = lease(0, 10'000)[0];
  EXPECT_EQ(second.granted_milli, 7'000);
  EXPECT_LT(second.level_milli, 1'000);
  const auto third = lease(5'000, 10'000)[0];
  EXPECT_EQ(third.granted_milli, 0);
  EXPECT_LT(third.level_milli, 0) << "used on credit";
  // A minute later it has refilled, to the burst and no further
  (void)sql("UPDATE rate_bucket SET at = at - interval '10 minutes'");
  EXPECT_EQ(lease(0, 100'000)[0].granted_milli, 20'000);
}

TEST_F(RateLeasesPgTest, WhatAnotherReplicaTakesJustNowIsGone) {
  start(1);
  (void)lease(0, 0);
  testing::Rival other(superuser_dsn());
  other.run("SELECT * FROM rate_lease(ARRAY['guest'], ARRAY['a'], ARRAY[0::bigint], ARRAY[15000::bigint], ARRAY[1::bigint], ARRAY[20000::bigint])");
  const auto ours = other.beside(runtime(), replicas[0]->store.lease({{"guest", "a", {1, 20}, 0, 15'000}}));
  ASSERT_TRUE(ours.has_value()) << ours.error().to_string();
  EXPECT_EQ((*ours)[0].granted_milli, 5'000);
}

TEST_F(RateLeasesPgTest, ABucketsClockIsNotSetBackByWhoWaitedForIt) {
  start(1);
  (void)lease(0, 0);
  (void)sql("UPDATE rate_bucket SET at = now() + interval '1 minute'");
  (void)lease(0, 0);
  EXPECT_EQ(value("SELECT at > now() + interval '30 seconds' FROM rate_bucket"), "t") << "else that minute would fill it twice";
}

TEST_F(RateLeasesPgTest, ManyBucketsAreOneStatementAndAnswerInTheirOrder) {
  start(1);
  (void)lease(15'000, 0, "b");
  const auto answers =
      run(replicas[0]->store.lease({{"guest", "c", guest, 0, 1'000}, {"guest", "b", guest, 0, 10'000}, {"guest", "a", guest, 20'000, 10'000}}));
  ASSERT_TRUE(answers.has_value()) << answers.error().to_string();
  EXPECT_EQ((*answers)[0].granted_milli, 1'000);
  EXPECT_EQ((*answers)[1].granted_milli, 5'000);
  EXPECT_EQ((*answers)[2].granted_milli, 0);
}

TEST_F(RateLeasesPgTest, ABeatReadsWhatItForgetsAndNotEveryBucket) {
  start(1);
  sql("INSERT INTO rate_bucket SELECT 'guest', n, 0, 0, now() - CASE n WHEN 1 THEN interval '20 minutes' ELSE interval '1 minute' END, 0, 0, 100, 1 FROM "
      "generate_series(1, 5000) n");
  EXPECT_LT(rows_read("rate_bucket", "SELECT gateway_heartbeat(gen_random_uuid())"), 10);
  EXPECT_EQ(value("SELECT count(*) FROM rate_bucket"), "4999");
}

TEST_F(RateLeasesPgTest, ReplicasAreCountedWhileTheyAreThere) {
  start(3);
  EXPECT_EQ(replicas[0]->limits.replicas(), 3);
  (void)sql("UPDATE gateway_replica SET seen_at = seen_at - interval '11 seconds' WHERE id = (SELECT id FROM gateway_replica ORDER BY id DESC LIMIT 1)");
  run(end(*replicas[0]));
  replicas.erase(replicas.begin());
  run([](Replica& replica) -> Task<bool> {
    co_await replica.limits.keep_in_touch();
    co_return true;
  }(*replicas[0]));
  EXPECT_EQ(replicas[0]->limits.replicas(), 1) << "one said good-bye, one was not heard of for long";
}

TEST_F(RateLeasesPgTest, AStoreThatIsGoneLeavesEachReplicaItsShare) {
  start(4);
  (void)sql("DROP TABLE rate_bucket CASCADE");
  const int passed = run(ask(*this, 1'000, "192.0.2.1"));
  EXPECT_GE(passed, 20);
  EXPECT_LE(passed, 4 * (5 + 5) + 4) << "on credit before it is known, and a quarter of the burst each";
  const auto all_know = [&] { return std::ranges::none_of(replicas, [](const auto& replica) { return replica->limits.is_shared(); }); };
  EXPECT_TRUE(testing::eventually(runtime(), all_know));
  EXPECT_LE(run(ask(*this, 1'000, "192.0.2.1")), 4 * 5 + 4) << "each by itself";
}

}  // namespace
}  // namespace emporion::gateway
