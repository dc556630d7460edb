#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "modules/commerce/payment/domain/breaker.hpp"
#include "modules/commerce/payment/domain/rate_limit.hpp"

namespace emporion::payment {
namespace {

constexpr UtcTime noon = UtcTime::from_micros(1'700'000'000'000'000);

TEST(RateLimit, GivesItsTokensOnceASecond) {
  RateLimit limit(20);
  EXPECT_EQ(limit.take(50, noon), 20);
  EXPECT_EQ(limit.take(1, noon + milliseconds(999)), 0);
  EXPECT_EQ(limit.take(50, noon + seconds(1)), 20);
}

RC_GTEST_PROP(RateLimit, LetsNoMoreThanItsRateIntoAnySecond, (std::vector<std::uint16_t> steps)) {
  RateLimit limit(7);
  std::vector<std::pair<UtcTime, int>> taken;
  UtcTime now = noon;
  for (const auto step : steps) {
    now = now + milliseconds(step % 700);
    taken.emplace_back(now, limit.take(step % 11, now));
  }
  for (const auto& [begin, first] : taken) {
    int sum = 0;
    for (const auto& [at, count] : taken) sum += at >= begin && at < begin + seconds(1) ? count : 0;
    RC_ASSERT(sum <= 7);
  }
}

TEST(Breaker, OpensAfterFiveFailuresWithinAMinute) {
  Breaker breaker;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(breaker.admit(noon));
    breaker.failed(noon + seconds(i));
  }
  EXPECT_EQ(breaker.state(noon + seconds(4)), Breaker::State::closed);
  breaker.failed(noon + seconds(59));
  EXPECT_EQ(breaker.state(noon + seconds(59)), Breaker::State::open);
  EXPECT_FALSE(breaker.admit(noon + seconds(60)));
  EXPECT_EQ(breaker.rests_for(noon + seconds(60)), seconds(59));
}

TEST(Breaker, ForgetsFailuresAfterAMinute) {
  Breaker breaker;
  for (int i = 0; i < 20; ++i) breaker.failed(noon + seconds(15) * i);
  EXPECT_EQ(breaker.state(noon + seconds(300)), Breaker::State::closed);
}

TEST(Breaker, ClosesAfterThreeProbesAndOpensAgainWithTheFirstThatFails) {
  Breaker breaker;
  for (int i = 0; i < 5; ++i) breaker.failed(noon);
  breaker.succeeded();  // One that began before.
  EXPECT_FALSE(breaker.admit(noon + seconds(59)));
  UtcTime now = noon + seconds(60);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(breaker.admit(now));
  EXPECT_FALSE(breaker.admit(now)) << "three at a time";
  breaker.succeeded();
  breaker.failed(now);
  EXPECT_EQ(breaker.state(now), Breaker::State::open);
  now = now + seconds(60);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(breaker.admit(now));
    breaker.succeeded();
  }
  EXPECT_EQ(breaker.state(now), Breaker::State::closed);
  EXPECT_TRUE(breaker.admit(now));
}

}  // namespace
}  // namespace emporion::payment
