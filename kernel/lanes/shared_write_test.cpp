#include "kernel/lanes/shared_write.hpp"

#include <gtest/gtest.h>

namespace emporion {
namespace {

using Tenfold = SharedWrite<int, int>;

/// Answers ten times what it was asked; together not for odd numbers, alone not for negative ones. Remembers who came how.
struct Script {
  std::vector<std::vector<int>> together;
  std::vector<int> alone;
  std::optional<Error> broken;

  Task<Result<std::vector<std::optional<int>>>> run_together(std::vector<int> commands) {
    together.push_back(commands);
    if (broken) co_return fail(*broken);
    std::vector<std::optional<int>> out;
    for (const int command : commands) out.push_back(command % 2 == 0 ? std::optional(command * 10) : std::nullopt);
    co_return out;
  }
  Task<Result<int>> run_alone(int command) {
    alone.push_back(command);
    if (command < 0) co_return fail(ErrorKind::rule_violated, "NEGATIVE");
    co_return command * 10;
  }
};

struct SharedWriteTest : ::testing::Test {
  std::vector<Result<int>> submit_all(std::vector<int> commands) {
    std::vector<Task<Result<int>>> tasks;
    for (const int command : commands) tasks.push_back(write.submit(command));
    return run_until_done(runtime, when_all(std::move(tasks)));
  }

  Runtime runtime;
  Script script;
  Tenfold write{runtime,
                {.name = "test.shared"},
                [this](std::vector<int> commands) { return script.run_together(std::move(commands)); },
                [this](int command) { return script.run_alone(command); }};
};

TEST_F(SharedWriteTest, WhoIsReadyRunsTogether) {
  const auto answers = submit_all({2, 4, 6});
  EXPECT_EQ(script.together, (std::vector<std::vector<int>>{{2, 4, 6}}));
  EXPECT_TRUE(script.alone.empty());
  EXPECT_EQ(answers[0].value(), 20);
  EXPECT_EQ(answers[2].value(), 60);
}

TEST_F(SharedWriteTest, WhatIsLeftOutRunsAloneAndIsAnsweredForItself) {
  const auto answers = submit_all({2, 3, -5});
  EXPECT_EQ(script.alone, (std::vector<int>{3, -5}));
  EXPECT_EQ(answers[0].value(), 20);
  EXPECT_EQ(answers[1].value(), 30);
  EXPECT_EQ(answers[2].error().reason(), "NEGATIVE");
}

TEST_F(SharedWriteTest, AfterARefusalOfAllEachRunsAlone) {
  script.broken = Error(ErrorKind::conflict, "UNIQUE_VIOLATION", "");
  const auto answers = submit_all({2, 4});
  EXPECT_EQ(script.together.size(), 1U);
  EXPECT_EQ(script.alone, (std::vector<int>{2, 4}));
  EXPECT_EQ(answers[1].value(), 40);
}

TEST_F(SharedWriteTest, AnUnknownOutcomeIsEverybodysAndNothingIsRepeated) {
  script.broken = Error(ErrorKind::deadline_exceeded, "COMMIT_OUTCOME_UNKNOWN", "");
  const auto answers = submit_all({2, 4});
  EXPECT_EQ(script.together.size(), 1U);
  EXPECT_TRUE(script.alone.empty());
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  }
}

}  // namespace
}  // namespace emporion
