#include "kernel/lanes/lane.hpp"

#include <gtest/gtest.h>

namespace emporion {
namespace {

using IntLane = Lane<int, int>;

/// Runs batches that it was told how to answer, and remembers their sizes.
struct Script {
  Runtime& runtime;
  std::vector<std::size_t> sizes;
  int poison = -1;             ///< A batch with this command fails as a whole.
  int transient_failures = 0;  ///< The next that many runs answer "unknown".
  int runs_of_seven = 0;

  Task<Result<IntLane::Answers>> run(IntLane::Batch batch) {
    sizes.push_back(batch.size());
    co_await runtime.sleep_for(milliseconds(1));  // tidy-allow(test_sleeps): a batch that takes time, so that others gather.
    for (const int command : batch) runs_of_seven += command == 7 ? 1 : 0;
    if (transient_failures > 0) {
      --transient_failures;
      co_return fail(ErrorKind::deadline_exceeded, "COMMIT_OUTCOME_UNKNOWN");
    }
    IntLane::Answers answers;
    for (const int command : batch) {
      if (command == poison) co_return fail(ErrorKind::conflict, "UNIQUE_VIOLATION");
      if (command < 0) {
        answers.push_back(fail(ErrorKind::rule_violated, "NEGATIVE"));
      } else {
        answers.push_back(command * 10);
      }
    }
    co_return answers;
  }
};

Task<std::vector<Result<int>>> submit_all(IntLane& lane, std::vector<int> commands) {
  std::vector<Task<Result<int>>> tasks;
  for (const int command : commands) tasks.push_back(lane.submit(command));
  co_return co_await when_all(std::move(tasks));
}

/// The first one, and as soon as its batch is under way all others.
Task<std::vector<Result<int>>> submit_behind(Runtime& runtime, const Script& script, IntLane& lane, int first, std::vector<int> others) {
  std::vector<Task<std::vector<Result<int>>>> both;
  both.push_back(submit_all(lane, {first}));
  both.push_back([](Runtime& loop, const Script& runs, IntLane& to, std::vector<int> commands) -> Task<std::vector<Result<int>>> {
    while (runs.sizes.empty()) co_await loop.yield();
    co_return co_await submit_all(to, std::move(commands));
  }(runtime, script, lane, std::move(others)));
  auto answers = co_await when_all(std::move(both));
  answers[0].insert(answers[0].end(), answers[1].begin(), answers[1].end());
  co_return std::move(answers[0]);
}

struct LaneTest : ::testing::Test {
  Runtime runtime;
  Script script{runtime, {}};
  IntLane lane{runtime, {.name = "test.lane", .batch_max = 4, .queue_max = 9}, [this](IntLane::Batch batch) { return script.run(std::move(batch)); }};
};

TEST_F(LaneTest, GathersWhatWaitsWhileABatchIsUnderWay) {
  const auto answers = run_until_done(runtime, submit_behind(runtime, script, lane, 1, {2, 3, 4, 5, 6, 7}));
  // The first caller finds the lane idle and goes alone; the others wait and go in batches of at most four.
  EXPECT_EQ(script.sizes, (std::vector<std::size_t>{1, 4, 2}));
  for (int i = 0; i < 7; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)].value(), (i + 1) * 10);
}

TEST_F(LaneTest, TakesAlongWhoIsReadyInTheSameTurn) {
  const auto answers = run_until_done(runtime, submit_all(lane, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(script.sizes, (std::vector<std::size_t>{4, 2})) << "nobody goes alone while others are ready";
  for (int i = 0; i < 6; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)].value(), (i + 1) * 10);
}

TEST_F(LaneTest, ARefusedCommandDoesNotFailItsBatch) {
  const auto answers = run_until_done(runtime, submit_all(lane, {1, -2, 3}));
  EXPECT_EQ(answers[0].value(), 10);
  EXPECT_EQ(answers[1].error().reason(), "NEGATIVE");
  EXPECT_EQ(answers[2].value(), 30);
}

TEST_F(LaneTest, APoisonCommandIsFoundBySingleReplay) {
  script.poison = 3;
  const auto answers = run_until_done(runtime, submit_all(lane, {1, 2, 3, 4}));
  EXPECT_EQ(answers[1].value(), 20);
  EXPECT_EQ(answers[2].error().reason(), "UNIQUE_VIOLATION");
  EXPECT_EQ(answers[3].value(), 40);
}

TEST_F(LaneTest, AnUnknownOutcomeIsAskedAgainWithTheSameCommands) {
  script.transient_failures = 2;
  const auto answers = run_until_done(runtime, submit_all(lane, {7}));
  EXPECT_EQ(answers[0].value(), 70);
  EXPECT_EQ(script.runs_of_seven, 3);
}

TEST_F(LaneTest, GivesUpOnAnOutcomeThatStaysUnknown) {
  script.transient_failures = 100;
  const auto answers = run_until_done(runtime, submit_all(lane, {7}));
  EXPECT_EQ(answers[0].error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_EQ(script.runs_of_seven, 5);
}

TEST_F(LaneTest, RefusesWhatDoesNotFitIntoItsQueue) {
  const auto answers = run_until_done(runtime, submit_behind(runtime, script, lane, 1, std::vector<int>(11, 1)));
  int refused = 0;
  for (const auto& answer : answers) {
    if (answer) continue;
    ++refused;
    EXPECT_EQ(answer.error().reason(), "QUEUE_FULL");
    EXPECT_EQ(answer.error().kind(), ErrorKind::resource_exhausted);
  }
  EXPECT_EQ(refused, 2);  // One under way, nine waiting, two too many.
}

}  // namespace
}  // namespace emporion
