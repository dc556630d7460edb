#include "apps/emporion/home.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "kernel/testing/temporary_folder.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;

struct Home : ::testing::Test {
  HomeShare share() const { return HomeShare::take(folder).value(); }
  /// Whether the one who leaves finds itself the last.
  static bool is_last(HomeShare& share) {
    bool called = false;
    const auto left = share.leave([&]() -> Result<> {
      called = true;
      return {};
    });
    EXPECT_TRUE(left.has_value());
    return called;
  }
  testing::TemporaryFolder temporary{"home"};
  fs::path folder = temporary.path();
};

TEST_F(Home, EachReplicaHasItsOwnPlaceAndNobodyElseTakesIt) {
  const auto first = take_place(folder / "new", "sales", 1);
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  EXPECT_TRUE(take_place(folder / "new", "sales", 2));
  EXPECT_TRUE(take_place(folder / "new", "stock", 1));
  const auto second = take_place(folder / "new", "sales", 1);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().reason(), "ALREADY_RUNNING");
  EXPECT_THAT(second.error().detail(), ::testing::HasSubstr("replica 1 of process sales"));
}

TEST_F(Home, APlaceIsFreeAgainWhenItsOwnerGoes) {
  {
    const auto first = take_place(folder, "sales", 1);
  }
  EXPECT_TRUE(take_place(folder, "sales", 1));
}

TEST_F(Home, AFolderThatCannotBeWrittenIsNamed) {
  const auto place = take_place("/proc/nowhere", "sales", 1);
  ASSERT_FALSE(place.has_value());
  EXPECT_EQ(place.error().reason(), "HOME_NOT_WRITABLE");
  EXPECT_THAT(place.error().detail(), ::testing::HasSubstr("/proc/nowhere/serving-sales-1.lock"));
}

TEST_F(Home, OnlyTheLastToLeavePutsAway) {
  auto first = share();
  auto second = share();
  EXPECT_FALSE(is_last(first));
  EXPECT_TRUE(is_last(second));
  auto third = share();
  EXPECT_TRUE(is_last(third));
}

TEST_F(Home, WhatWentWrongWhilePuttingAwayIsAnswered) {
  auto only = share();
  EXPECT_EQ(only.leave([]() -> Result<> { return fail(ErrorKind::unavailable, "CLUSTER_FAILED"); }).error().reason(), "CLUSTER_FAILED");
}

/// Many come and go at once, and what they share is up whenever somebody has it and down at the end: as a cluster that is started by whoever finds it down.
TEST_F(Home, WhatIsSharedStaysUpWhileAnybodyHasIt) {
  std::atomic<bool> up = false;
  std::atomic<int> faults = 0;
  std::atomic<int> times_down = 0;
  std::barrier gate(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      gate.arrive_and_wait();
      for (int round = 0; round < 300; ++round) {
        auto mine = share();
        up = true;
        std::this_thread::yield();
        if (!up) ++faults;
        const auto left = mine.leave([&]() -> Result<> {
          up = false;
          ++times_down;
          std::this_thread::yield();
          if (up) ++faults;
          return {};
        });
        if (!left) ++faults;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(faults, 0);
  EXPECT_FALSE(up);
  EXPECT_GT(times_down, 0);
}

}  // namespace
}  // namespace emporion::app
