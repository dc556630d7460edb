#include "modules/platform/gateway/domain/token_bucket.hpp"

#include <gtest/gtest.h>

namespace emporion::gateway {
namespace {

constexpr RatePlan guest{.per_minute = 100, .burst = 20};
const UtcTime start = UtcTime::from_micros(1'000'000'000);

TEST(TokenBucket, LetsABurstThroughAndThenRefuses) {
  TokenBucket bucket(guest, start);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bucket.take(guest, start)) << i;
  EXPECT_FALSE(bucket.take(guest, start));
  EXPECT_EQ(bucket.retry_after_s(guest), 1);
}

TEST(TokenBucket, RefillsAtItsRateAndNeverAboveTheBurst) {
  TokenBucket bucket(guest, start);
  while (bucket.take(guest, start)) {
  }
  // 600 ms bring one token at 100 a minute; 599 ms bring none.
  EXPECT_FALSE(bucket.take(guest, start + milliseconds(599)));
  EXPECT_TRUE(bucket.take(guest, start + milliseconds(601)));
  EXPECT_FALSE(bucket.take(guest, start + milliseconds(602)));
  EXPECT_TRUE(bucket.is_full(guest, start + hours(1)));
  EXPECT_TRUE(bucket.take(guest, start + hours(1)));
  EXPECT_EQ(bucket.tokens_left(), 19);
}

TEST(TokenBucket, IsNotFilledByAClockThatWentBack) {
  TokenBucket bucket(guest, start);
  while (bucket.take(guest, start)) {
  }
  EXPECT_FALSE(bucket.take(guest, start - hours(1)));
}

TEST(TokenBucket, DoesNotLoseTimeToManySmallSteps) {
  TokenBucket bucket(guest, start);
  while (bucket.take(guest, start)) {
  }
  int taken = 0;
  for (int ms = 1; ms <= 60'000; ++ms) taken += bucket.take(guest, start + milliseconds(ms)) ? 1 : 0;
  EXPECT_GE(taken, 99);
  EXPECT_LE(taken, 100);
}

}  // namespace
}  // namespace emporion::gateway
