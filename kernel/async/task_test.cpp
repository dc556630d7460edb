#include "kernel/async/task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace emporion {
namespace {

Task<int> number(int value) { co_return value; }

Task<std::unique_ptr<int>> owned(int value) { co_return std::make_unique<int>(value); }

Task<int> sum_of_awaits(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await number(1);
  co_return sum;
}

Task<int> depth(int left) {
  if (left == 0) co_return 0;
  co_return 1 + co_await depth(left - 1);
}

template <typename T>
Task<void> store(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}

/// Runs a task that needs no loop and answers its value, or nothing if it is still suspended.
template <typename T>
std::optional<T> run_now(Task<T> task) {
  std::optional<T> out;
  start_detached(store(std::move(task), out));
  return out;
}

Task<int> await_one_shot(OneShot<int>& answer) { co_return co_await answer; }

Task<void> append_when_set(OneShot<int>& answer, std::string& log, char mark) {
  (void)co_await answer;
  log.push_back(mark);
}

Task<void> note(bool& started) {
  started = true;
  co_return;
}

TEST(Task, StartsOnlyWhenAwaited) {
  bool started = false;
  {
    const Task<void> never_awaited = note(started);
    EXPECT_FALSE(started);
  }
  EXPECT_FALSE(started);
  start_detached(note(started));
  EXPECT_TRUE(started);
}

TEST(Task, AnswersValuesThatOnlyMove) {
  const auto result = run_now(owned(7));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(**result, 7);
}

TEST(Task, AwaitsAMillionTasksInARowOnOneStack) { EXPECT_EQ(run_now(sum_of_awaits(1'000'000)), 1'000'000); }

TEST(Task, AwaitsDeepChains) { EXPECT_EQ(run_now(depth(2'000)), 2'000); }

TEST(OneShot, AnswersAtOnceWhenAlreadySet) {
  OneShot<int> answer;
  answer.set(3);
  EXPECT_TRUE(answer.is_set());
  EXPECT_EQ(run_now(await_one_shot(answer)), 3);
}

TEST(OneShot, ResumesItsAwaiterWhenSet) {
  OneShot<int> answer;
  std::optional<int> seen;
  start_detached(store(await_one_shot(answer), seen));
  EXPECT_FALSE(seen.has_value());
  answer.set(5);
  EXPECT_EQ(seen, 5);
}

Task<void> join_then_note(Scope& scope, bool& joined) {
  co_await scope.join();
  joined = true;
}

TEST(Scope, JoinWaitsForAllThatWereSpawned) {
  OneShot<int> first;
  OneShot<int> second;
  std::string log;
  bool joined = false;
  Scope scope;
  scope.spawn(append_when_set(first, log, 'a'));
  scope.spawn(append_when_set(second, log, 'b'));
  EXPECT_EQ(scope.running(), 2u);
  start_detached(join_then_note(scope, joined));
  second.set(0);
  EXPECT_FALSE(joined);
  first.set(0);
  EXPECT_TRUE(joined);
  EXPECT_EQ(log, "ba");
}

TEST(Scope, JoinOfAnEmptyScopeIsReady) {
  Scope scope;
  bool joined = false;
  start_detached(join_then_note(scope, joined));
  EXPECT_TRUE(joined);
}

TEST(WhenAll, AnswersInTheOrderOfTheTasksWhateverEndsFirst) {
  OneShot<int> first;
  OneShot<int> second;
  std::vector<Task<int>> tasks;
  tasks.push_back(await_one_shot(first));
  tasks.push_back(await_one_shot(second));
  tasks.push_back(number(3));
  std::optional<std::vector<int>> results;
  start_detached(store(when_all(std::move(tasks)), results));
  second.set(2);
  EXPECT_FALSE(results.has_value());
  first.set(1);
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(*results, (std::vector{1, 2, 3}));
}

TEST(WhenAll, OfNothingIsNothing) { EXPECT_EQ(run_now(when_all(std::vector<Task<int>>()))->size(), 0u); }

}  // namespace
}  // namespace emporion
