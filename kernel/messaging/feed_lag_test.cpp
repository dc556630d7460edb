#include "kernel/messaging/feed_lag.hpp"

#include <gtest/gtest.h>

#include "kernel/testing/fake_clock.hpp"

namespace emporion::messaging {
namespace {

struct FeedLagTest : ::testing::Test {
  double shown() {
    lag.show(clock.now());
    return observe::gauge("emporion_feed_lag_seconds", "", {{"consumer", "hearer"}, {"producer", "teller"}}).value();
  }
  testing::FakeClock clock;
  FeedLag lag{"hearer", "teller"};
};

TEST_F(FeedLagTest, IsTheAgeOfTheOldestEventUntilItIsAppliedAndNothingElseIsThere) {
  lag.caught_up();
  clock.move(seconds(5));
  EXPECT_EQ(shown(), 0);
  lag.in_hand(clock.now() - seconds(3));
  EXPECT_EQ(shown(), 3);
  clock.move(seconds(2));
  EXPECT_EQ(shown(), 5);
  // Applied, but nobody has looked whether there is more: a busy consumer is not shown as idle between two pages.
  lag.applied();
  EXPECT_EQ(shown(), 5);
  lag.caught_up();
  EXPECT_EQ(shown(), 0);
}

TEST_F(FeedLagTest, GrowsWhileNothingCanBeRead) {
  lag.caught_up();
  lag.blind(clock.now());
  clock.move(seconds(1));
  lag.blind(clock.now());
  clock.move(seconds(1));
  EXPECT_EQ(shown(), 2);
  // What is read then may be older than the time since nothing could be.
  lag.in_hand(clock.now() - seconds(60));
  EXPECT_EQ(shown(), 60);
}

TEST_F(FeedLagTest, AnEventInHandStaysTheOldestWhenTheProducerGoesAway) {
  lag.in_hand(clock.now() - seconds(10));
  lag.blind(clock.now());
  clock.move(seconds(1));
  EXPECT_EQ(shown(), 11);
}

TEST_F(FeedLagTest, ClocksThatDisagreeMakeNoLagBelowZero) {
  lag.in_hand(clock.now() + seconds(10));
  EXPECT_EQ(shown(), 0);
}

}  // namespace
}  // namespace emporion::messaging
