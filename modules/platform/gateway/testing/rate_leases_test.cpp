#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "modules/platform/gateway/app/rate_limits.hpp"

// Buckets that replicas share, without a database: what a store may do to them.
namespace emporion::gateway {
namespace {

/// The store's rule, in memory; answers when it is told to.
class HeldStore final : public LeaseStore {
 public:
  explicit HeldStore(const Clock& clock) : clock_(clock) {}
  Task<Result<std::vector<Answer>>> lease(std::vector<Request> requests) override {
    auto door = std::make_shared<OneShot<bool>>();
    doors.push_back(door);
    if (!(co_await *door)) co_return fail(ErrorKind::unavailable, "DATABASE_UNAVAILABLE");
    std::vector<Answer> out;
    for (const auto& request : requests) out.push_back(book(request));
    co_return out;
  }
  Task<Result<int>> heartbeat() override {
    if (is_dead) co_return fail(ErrorKind::unavailable, "DATABASE_UNAVAILABLE");
    co_return replicas;
  }
  Task<Result<>> leave() override { co_return Result<>(); }
  /// Lets the oldest call have its answer, or its failure.
  bool let_go(bool well = true) {
    if (doors.empty()) return false;
    const auto door = doors.front();
    doors.pop_front();
    door->set(well);
    return true;
  }

  std::deque<std::shared_ptr<OneShot<bool>>> doors;
  bool is_dead = false;
  int replicas = 1;

 private:
  Answer book(const Request& request) {
    auto& [level, at] = levels_.try_emplace(request.policy + request.subject, request.plan.burst * 1000, clock_.now()).first->second;
    level = std::min(request.plan.burst * 1000, level + (clock_.now() - at).count() * request.plan.per_minute / 60'000);
    at = clock_.now();
    level -= request.debt_milli;
    const auto granted = std::min(request.want_milli, std::max<std::int64_t>(0, level / 1000 * 1000));
    level -= granted;
    return {granted, level};
  }
  const Clock& clock_;
  std::map<std::string, std::pair<std::int64_t, UtcTime>> levels_;
};

struct RateLeases : ::testing::Test {
  testing::FakeClock clock;
  HeldStore store{clock};
  RateLimits limits{{.guest = {100, 20}}, clock, &store};
  int passed(int tries) {
    int out = 0;
    for (int i = 0; i < tries; ++i) out += limits.take("guest", "192.0.2.1").has_value() ? 1 : 0;
    return out;
  }
  void settle() {
    while (store.let_go()) {
    }
  }
  void keep_in_touch() {
    start_detached([](RateLimits& which) -> Task<void> { co_await which.keep_in_touch(); }(limits));
  }
};

TEST_F(RateLeases, ARequestNeverWaitsForTheStoreAndUsesABlockAtMostMeanwhile) {
  EXPECT_EQ(passed(50), 10);
  EXPECT_EQ(store.doors.size(), 1u) << "one statement at a time";
  const auto refused = limits.take("guest", "192.0.2.1");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "RATE_LIMITED");
  int all = 10;
  for (int i = 0; i < 5; ++i) {
    settle();
    all += passed(50);
  }
  settle();
  EXPECT_GE(all, 20) << "the burst";
  EXPECT_LE(all, 30) << "and a block";
  EXPECT_EQ(passed(50), 0);
  EXPECT_NE(limits.take("guest", "192.0.2.1").error().metadata_json("retry_after"), "");
  EXPECT_TRUE(limits.take("guest", "192.0.2.2").has_value()) << "another address has its own";
  settle();
}

TEST_F(RateLeases, WhoComesWhileTheStoreIsAskedGoesWithTheNextStatement) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limits.take("guest", text("192.0.2.", i)).has_value());
  EXPECT_EQ(store.doors.size(), 1u);
  store.let_go();
  EXPECT_EQ(store.doors.size(), 1u) << "the other ninety-nine in one";
  settle();
  EXPECT_TRUE(store.doors.empty());
}

TEST_F(RateLeases, acceptance_platform_3_6_5_WithoutTheStoreEachReplicaLimitsByItsShare) {
  store.replicas = 4;
  keep_in_touch();
  EXPECT_EQ(limits.replicas(), 4);
  EXPECT_EQ(passed(100), 5) << "on credit: its share of the burst";
  // When the store dies
  store.let_go(false);
  EXPECT_FALSE(limits.is_shared());
  EXPECT_EQ(passed(1'000), 5) << "a quarter of the burst";
  clock.move(seconds(60));
  EXPECT_EQ(passed(1'000), 5);
  int in_a_minute = 0;
  for (int i = 0; i < 60; ++i) {
    clock.move(seconds(1));
    in_a_minute += passed(100);
  }
  EXPECT_EQ(in_a_minute, 25) << "a quarter of the rate";
  // And it is back
  store.is_dead = true;
  keep_in_touch();
  EXPECT_FALSE(limits.is_shared());
  store.is_dead = false;
  keep_in_touch();
  EXPECT_TRUE(limits.is_shared());
  settle();
}

TEST_F(RateLeases, AStoreThatDoesNotAnswerIsAsGoodAsAway) {
  EXPECT_EQ(passed(10), 10);
  clock.move(milliseconds(500));
  EXPECT_TRUE(limits.is_shared());
  clock.move(milliseconds(1));
  EXPECT_FALSE(limits.is_shared());
  EXPECT_EQ(passed(100), 20) << "one replica alone has the whole";
  settle();
  EXPECT_TRUE(limits.is_shared());
}

TEST_F(RateLeases, ATokenGivenBackIsThereAgain) {
  ASSERT_TRUE(limits.take("login", "a").has_value());
  settle();
  const auto before = limits.state("login", "a").remaining;
  ASSERT_TRUE(limits.take("login", "a").has_value());
  limits.give_back("login", "a");
  EXPECT_EQ(limits.state("login", "a").remaining, before);
  settle();
}

/// Whatever replicas, times and delays: what passes is at most the burst, what refills, and one block per replica.
RC_GTEST_PROP(RateLeasesLaw, NoMorePassesThanTheBurstTheRefillAndABlockPerReplica, (std::vector<std::uint16_t> steps)) {
  testing::FakeClock clock;
  HeldStore store(clock);
  constexpr RatePlan plan{60, 6};
  constexpr int replica_count = 3;
  store.replicas = replica_count;
  std::vector<std::unique_ptr<RateLimits>> replicas;
  for (int i = 0; i < replica_count; ++i) {
    replicas.push_back(std::make_unique<RateLimits>(RatePlans{.guest = plan}, clock, &store));
    start_detached([](RateLimits& which) -> Task<void> { co_await which.keep_in_touch(); }(*replicas.back()));
  }
  const UtcTime began = clock.now();
  std::int64_t passed = 0;
  std::int64_t too_many = 0;
  for (const auto step : steps) {
    auto& replica = *replicas[step / 8 % replica_count];
    switch (step % 8) {
      case 0: clock.move(milliseconds(step % 50)); break;
      case 1: store.let_go(); break;
      default:
        if (replica.is_shared() && replica.take("guest", "a")) ++passed;
    }
    const std::int64_t refilled = (clock.now() - began).count() * plan.per_minute / 60'000'000;
    too_many = std::max(too_many, passed - (plan.burst + refilled + 1 + replica_count * 2));  // Of each replica its share of the burst, less than a block.
  }
  while (store.let_go()) {
  }
  RC_ASSERT(too_many <= 0);
}

}  // namespace
}  // namespace emporion::gateway
