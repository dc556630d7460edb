#include "kernel/async/runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

#include "kernel/async/fault_pause.hpp"

// tidy-allow-file(test_sleeps): the timer is what is tested here.
namespace emporion {
namespace {

using Steady = std::chrono::steady_clock;

Task<microseconds> timed_sleep(Runtime& runtime, microseconds span) {
  const auto before = Steady::now();
  co_await runtime.sleep_for(span);
  co_return std::chrono::duration_cast<microseconds>(Steady::now() - before);
}

Task<void> sleep_and_note(Runtime& runtime, milliseconds span, std::string& log, char mark) {
  co_await runtime.sleep_for(span);
  log.push_back(mark);
}

Task<std::string> three_sleepers(Runtime& runtime) {
  std::string log;
  Scope scope;
  scope.spawn(sleep_and_note(runtime, milliseconds(30), log, 'c'));
  scope.spawn(sleep_and_note(runtime, milliseconds(5), log, 'a'));
  scope.spawn(sleep_and_note(runtime, milliseconds(15), log, 'b'));
  co_await scope.join();
  co_return log;
}

Task<int> yield_often(Runtime& runtime, int count) {
  for (int i = 0; i < count; ++i) co_await runtime.yield();
  co_return count;
}

TEST(Runtime, SleepsAtLeastAsLongAsAsked) {
  Runtime runtime;
  EXPECT_GE(run_until_done(runtime, timed_sleep(runtime, milliseconds(5))), milliseconds(5));
}

TEST(Runtime, WakesSleepersInTheOrderOfTheirTimes) {
  Runtime runtime;
  EXPECT_EQ(run_until_done(runtime, three_sleepers(runtime)), "abc");
}

TEST(Runtime, YieldsALongLoopWithoutGrowingTheStack) {
  Runtime runtime;
  EXPECT_EQ(run_until_done(runtime, yield_often(runtime, 200'000)), 200'000);
}

Task<bool> zero_sleeps_let_others_run(Runtime& runtime) {
  bool other_ran = false;
  runtime.post([&other_ran] { other_ran = true; });
  for (int i = 0; i < 10'000 && !other_ran; ++i) co_await runtime.sleep_for(microseconds(0));
  co_return other_ran;
}

TEST(Runtime, SleepingForNothingStillLetsOthersRun) {
  Runtime runtime;
  EXPECT_TRUE(run_until_done(runtime, zero_sleeps_let_others_run(runtime)));
}

struct WorkerAnswer {
  std::thread::id worker;
  bool back_on_io_thread = false;
  std::string value;
};

Task<WorkerAnswer> ask_a_worker(Runtime& runtime) {
  WorkerAnswer answer;
  answer.value = co_await runtime.on_worker<std::string>([&answer] {
    answer.worker = std::this_thread::get_id();
    return std::string("hashed");
  });
  answer.back_on_io_thread = runtime.on_io_thread();
  co_return answer;
}

TEST(Runtime, RunsBlockingWorkElsewhereAndAnswersOnTheIoThread) {
  Runtime runtime;
  const auto answer = run_until_done(runtime, ask_a_worker(runtime));
  EXPECT_EQ(answer.value, "hashed");
  EXPECT_NE(answer.worker, std::this_thread::get_id());
  EXPECT_TRUE(answer.back_on_io_thread);
  EXPECT_FALSE(runtime.on_io_thread());
}

Task<int> square_on_worker(Runtime& runtime, int value) {
  return runtime.on_worker<int>([value] { return value * value; });
}

Task<std::vector<int>> many_on_workers(Runtime& runtime, int count) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(square_on_worker(runtime, i));
  co_return co_await when_all(std::move(tasks));
}

TEST(Runtime, RunsMoreWorkThanItsQueueHolds) {
  Runtime runtime;
  const auto squares = run_until_done(runtime, many_on_workers(runtime, 10'000));
  ASSERT_EQ(squares.size(), 10'000u);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(squares[static_cast<std::size_t>(i)], i * i);
}

TEST(Runtime, TakesPostsFromManyThreadsAndRunsEachOnceOnTheIoThread) {
  Runtime runtime;
  constexpr int threads = 4;
  constexpr int posts = 10'000;
  int ran = 0;  // touched on the io thread alone
  bool always_on_io_thread = true;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < posts; ++i) {
        runtime.post([&] {
          always_on_io_thread = always_on_io_thread && runtime.on_io_thread();
          if (++ran == threads * posts) runtime.stop();
        });
      }
    });
  }
  runtime.run();
  for (auto& poster : posters) poster.join();
  EXPECT_EQ(ran, threads * posts);
  EXPECT_TRUE(always_on_io_thread);
}

TEST(Runtime, NeverRunsAPostInline) {
  Runtime runtime;
  std::string log;
  runtime.post([&] {
    runtime.post([&] {
      log += "inner";
      runtime.stop();
    });
    log += "outer ";
  });
  runtime.run();
  EXPECT_EQ(log, "outer inner");
}

TEST(Runtime, RunsAgainAfterAStop) {
  Runtime runtime;
  EXPECT_EQ(run_until_done(runtime, yield_often(runtime, 1)), 1);
  EXPECT_EQ(run_until_done(runtime, yield_often(runtime, 2)), 2);
}

TEST(Runtime, TellsOfSignalsOnTheIoThread) {
  Runtime runtime;
  int signals = 0;
  runtime.watch_signals([&] {
    EXPECT_TRUE(runtime.on_io_thread());
    if (++signals == 2) {
      runtime.stop();
    } else {
      std::raise(SIGTERM);
    }
  });
  runtime.post([] { std::raise(SIGINT); });
  runtime.run();
  EXPECT_EQ(signals, 2);
}

#if EMP_FAULT_POINTS
Task<int> pause_and_mark(std::string& log, const char* point) {
  EMP_FAULT_PAUSE(point);
  log += point;
  co_return 0;
}

// A delay that was ordered holds the one who passes the point, and nobody else.
TEST(Runtime, LetsOthersGoOnWhileAFaultPointIsDelayed) {
  ASSERT_TRUE(fault::FaultPoints::arm("delay:slow:7/50"));
  Runtime runtime;
  std::string log;
  run_until_done(runtime, [](std::string& order) -> Task<int> {
    std::vector<Task<int>> both;
    both.push_back(pause_and_mark(order, "slow "));
    both.push_back(pause_and_mark(order, "quick "));
    (void)co_await when_all(std::move(both));
    co_return 0;
  }(log));
  fault::FaultPoints::disarm();
  EXPECT_EQ(log, "quick slow ");
}
#endif

}  // namespace
}  // namespace emporion
