#include "modules/platform/gateway/domain/allowance.hpp"

#include <gtest/gtest.h>

#include "modules/platform/gateway/domain/recent_latency.hpp"

namespace emporion::gateway {
namespace {

TEST(Allowance, IsNeverMoreThanItsShareOfTheCalls) {
  Allowance allowance(10, 3);
  EXPECT_FALSE(allowance.take()) << "nothing is given in advance";
  int taken = 0;
  for (int call = 1; call <= 1'000; ++call) {
    allowance.call();
    while (allowance.take()) ++taken;
    ASSERT_LE(taken * 10, call);
  }
  EXPECT_EQ(taken, 100);
}

TEST(Allowance, SavesOnlySoMany) {
  Allowance allowance(10, 3);
  for (int i = 0; i < 1'000; ++i) allowance.call();
  int taken = 0;
  while (allowance.take()) ++taken;
  EXPECT_EQ(taken, 3);
}

TEST(RecentLatency, TellsTheNinetyFifthPercentileOfTheLastAnswers) {
  RecentLatency latency;
  for (int i = 0; i < 31; ++i) latency.add(milliseconds(10));
  EXPECT_EQ(latency.p95(), microseconds(0)) << "too few to tell";
  for (int i = 1; i <= 97; ++i) latency.add(milliseconds(10));
  EXPECT_EQ(latency.p95(), milliseconds(10));
  for (int i = 1; i <= 128; ++i) latency.add(milliseconds(i));
  EXPECT_EQ(latency.p95(), milliseconds(122));
}

}  // namespace
}  // namespace emporion::gateway
