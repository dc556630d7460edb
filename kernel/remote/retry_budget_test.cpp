#include "kernel/remote/retry_budget.hpp"

#include <gtest/gtest.h>

namespace emporion::remote {
namespace {

int retries_left(RetryBudget budget, Instant now) {
  int out = 0;
  while (budget.take(now)) ++out;
  return out;
}

TEST(RetryBudget, IsATenthOfTheCallsAndTenMore) {
  RetryBudget budget;
  const Instant now{seconds(1'000)};
  EXPECT_EQ(retries_left(budget, now), 10);
  for (int i = 0; i < 200; ++i) budget.call_begins(now);
  EXPECT_EQ(retries_left(budget, now), 30);
  EXPECT_TRUE(budget.take(now));
  EXPECT_EQ(retries_left(budget, now), 29);
}

TEST(RetryBudget, BeginsAnewEveryTenSeconds) {
  RetryBudget budget;
  const Instant now{seconds(1'000)};
  for (int i = 0; i < 200; ++i) budget.call_begins(now);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(budget.take(now + milliseconds(9'999)));
  EXPECT_FALSE(budget.take(now + milliseconds(9'999)));
  EXPECT_EQ(retries_left(budget, now + seconds(10)), 10);
}

}  // namespace
}  // namespace emporion::remote
