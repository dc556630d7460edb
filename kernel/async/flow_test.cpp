#include "kernel/async/flow.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"

// tidy-allow-file(test_sleeps): a flow that sleeps is what is tested.
namespace emporion {
namespace {

struct Named final : FlowMark {
  explicit Named(std::string given) : name(std::move(given)) { ++alive; }
  ~Named() override { --alive; }
  std::string name;
  static inline int alive = 0;
};

std::string here() { return flow_mark == nullptr ? "" : static_cast<Named*>(flow_mark)->name; }

struct FlowTest : ::testing::Test {
  ~FlowTest() override {
    EXPECT_EQ(here(), "") << "a flow leaked into the loop";
    EXPECT_EQ(Named::alive, 0);
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  void see(const std::string& when) { seen.push_back(when + ":" + here()); }

  Runtime runtime;
  std::vector<std::string> seen;
  OneShot<int> shot;
  Scope scope;
};

Task<void> twice(FlowTest& test, std::string name) {
  FlowScope flow;
  flow.enter(FlowRef<>(new Named(name)));
  test.see(name);
  co_await test.runtime.sleep_for(milliseconds(2));
  test.see(name);
  co_await test.runtime.yield();
  test.see(name);
}

Task<bool> side_by_side(FlowTest& test) {
  for (const char* name : {"a", "b"}) {
    test.scope.spawn(twice(test, name));
    test.see("");
  }
  co_await test.scope.join();
  test.see("");
  co_return true;
}

TEST_F(FlowTest, EachFlowKeepsItsMarkOverItsAwaitsAndWhoStartedItKeepsIts) {
  EXPECT_TRUE(run(side_by_side(*this)));
  std::ranges::sort(seen);  // Who of both wakes first is nobody's promise.
  EXPECT_EQ(seen, (std::vector<std::string>{":", ":", ":", "a:a", "a:a", "a:a", "b:b", "b:b", "b:b"}));
}

Task<void> wait_for_shot(FlowTest& test) {
  FlowScope flow;
  flow.enter(FlowRef<>(new Named("waiter")));
  (void)co_await test.shot;
  test.see("waiter");
}

Task<bool> answer_from_another_flow(FlowTest& test) {
  test.scope.spawn(wait_for_shot(test));
  FlowScope flow;
  flow.enter(FlowRef<>(new Named("setter")));
  test.shot.set(1);
  test.see("setter");
  co_await test.scope.join();
  test.see("setter");
  co_return true;
}

TEST_F(FlowTest, WhoIsResumedInlineGoesOnInItsOwnFlowAndTheOtherInItsOwn) {
  EXPECT_TRUE(run(answer_from_another_flow(*this)));
  EXPECT_EQ(seen, (std::vector<std::string>{"waiter:waiter", "setter:setter", "setter:setter"}));
}

Task<void> outlive(FlowTest& test) {
  FlowScope flow;
  flow.enter(FlowRef<>(new Named("own")));
  co_await test.runtime.sleep_for(milliseconds(2));
  test.see("own");
}

Task<void> begin_what_outlives(FlowTest& test) {
  FlowScope flow;
  flow.enter(FlowRef<>(new Named("caller")));
  test.scope.spawn(outlive(test));
  test.see("caller");
  co_return;
}

Task<bool> outlived(FlowTest& test) {
  co_await begin_what_outlives(test);
  test.see("");
  co_await test.scope.join();
  test.see("");
  co_return true;
}

TEST_F(FlowTest, ASpawnedFlowMayOutliveTheOneItBeganIn) {
  EXPECT_TRUE(run(outlived(*this)));
  EXPECT_EQ(seen, (std::vector<std::string>{"caller:caller", ":", "own:own", ":"}));
}

/// Serves whoever waits, in a flow of its own each time; it was started by the first of them, and outlives that one.
Task<void> serve_two(FlowTest& test) {
  for (int round = 0; round < 2; ++round) {
    {
      FlowScope flow;
      flow.enter(FlowRef<>(new Named("round")));
      co_await test.runtime.sleep_for(milliseconds(2));
    }
    if (round == 0) test.shot.set(1);
    test.see("server");
  }
}

Task<void> ask_first(FlowTest& test) {
  FlowScope flow;
  flow.enter(FlowRef<>(new Named("first")));
  test.scope.spawn(serve_two(test));
  (void)co_await test.shot;
}

Task<bool> serve_longer_than_the_first(FlowTest& test) {
  co_await ask_first(test);
  test.see("");
  co_await test.scope.join();
  test.see("");
  co_return true;
}

TEST_F(FlowTest, WhoServesOthersAfterTheOneThatStartedItHasGoneKeepsItsMark) {
  EXPECT_TRUE(run(serve_longer_than_the_first(*this)));
  EXPECT_EQ(seen, (std::vector<std::string>{":", "server:first", "server:first", ":"}));
}

Task<bool> hand_to_a_worker(FlowTest& test) {
  FlowScope flow;
  flow.enter(FlowRef<>(new Named("caller")));
  const std::string there = co_await test.runtime.on_worker<std::string>([] { return here(); });
  test.see(there);
  co_return true;
}

TEST_F(FlowTest, AWorkerThreadIsOfNoFlowAndItsAnswerComesBackIntoTheCallers) {
  EXPECT_TRUE(run(hand_to_a_worker(*this)));
  EXPECT_EQ(seen, (std::vector<std::string>{":caller"}));
}

}  // namespace
}  // namespace emporion
