#include "kernel/rpc/breaker.hpp"

#include <gtest/gtest.h>

namespace emporion::rpc {
namespace {

using State = Breaker::State;

/// Answers the lowest or the highest value, so that what is jittered is known.
class EdgeRandom final : public Random {
 public:
  explicit EdgeRandom(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, byte_); }

 private:
  std::uint8_t byte_;
};

class BreakerTest : public ::testing::Test {
 protected:
  EdgeRandom random{0};
  Breaker breaker{random};
  Instant now{seconds(1'000)};

  void call(bool reached) {
    ASSERT_TRUE(breaker.admit(now));
    reached ? breaker.reached(now) : breaker.failed(now);
  }
  void open() {
    for (int i = 0; i < 5; ++i) call(false);
    ASSERT_EQ(breaker.state(), State::open);
  }
};

TEST_F(BreakerTest, OpensAfterFiveInARow) {
  for (int i = 0; i < 4; ++i) call(false);
  call(true);
  for (int i = 0; i < 4; ++i) call(false);
  EXPECT_EQ(breaker.state(), State::closed);
  call(false);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_FALSE(breaker.admit(now));
}

TEST_F(BreakerTest, OpensWhenHalfOfTwentyWithinTenSecondsFailed) {
  for (int i = 0; i < 9; ++i) {
    call(false);
    call(true);
  }
  EXPECT_EQ(breaker.state(), State::closed);
  call(true);
  call(false);  // 10 of 20.
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(BreakerTest, ForgetsWhatIsOlderThanTenSeconds) {
  for (int i = 0; i < 9; ++i) {
    call(false);
    call(true);
  }
  for (const int later : {15, 10}) {
    now += seconds(later);
    call(true);
    call(false);
    EXPECT_EQ(breaker.state(), State::closed);
  }
}

TEST_F(BreakerTest, StaysOpenLongerEachTime) {
  open();
  for (const int open_seconds : {24, 48, 48}) {  // 30, 60 and 60 s less 20 %.
    now += seconds(open_seconds) - milliseconds(1);
    EXPECT_FALSE(breaker.admit(now));
    now += milliseconds(1);
    call(false);  // The first probe fails.
    EXPECT_EQ(breaker.state(), State::open);
  }
  now += seconds(48);
  for (int i = 0; i < 3; ++i) call(true);
  ASSERT_EQ(breaker.state(), State::closed);
  open();
  now += seconds(24);
  EXPECT_TRUE(breaker.admit(now)) << "after it closed the next opening is short again";
}

TEST_F(BreakerTest, LetsThreeProbesThroughAndClosesWhenAllReachSomebody) {
  open();
  now += seconds(24);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(breaker.admit(now));
  EXPECT_FALSE(breaker.admit(now)) << "a fourth beside them";
  breaker.reached(now);
  breaker.reached(now);
  EXPECT_EQ(breaker.state(), State::half_open);
  breaker.ended();  // The third ended without saying: another may be made.
  call(true);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, IsNotHeldUpByAProbeThatTakesLong) {
  open();
  now += seconds(24);
  EXPECT_TRUE(breaker.admit(now)) << "a watch, which is answered when there is something new";
  for (int i = 0; i < 3; ++i) call(true);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, DoesNotWaitOnceAConnectionStands) {
  open();
  breaker.connected();
  EXPECT_EQ(breaker.state(), State::half_open);
  for (int i = 0; i < 3; ++i) call(true);
  EXPECT_EQ(breaker.state(), State::closed);
  breaker.connected();
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, TellsHowLongItStaysOpenAndClosesAtOnceWhenItIsReset) {
  open();
  EXPECT_EQ(breaker.open_until(), now + seconds(24));
  breaker.reset();
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_TRUE(breaker.admit(now));
  breaker.reached(now);
  open();
  EXPECT_EQ(breaker.open_until(), now + seconds(24)) << "the next opening is short again";
}

TEST_F(BreakerTest, WhatEndsWithoutAVerdictOpensNothing) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(breaker.admit(now));
    breaker.ended();
  }
  EXPECT_EQ(breaker.state(), State::closed);
}

}  // namespace
}  // namespace emporion::rpc
