#include "kernel/base/momentary_gate.hpp"

#include <gtest/gtest.h>

namespace emporion {
namespace {

struct StandingClock final : Clock {
  UtcTime now() const override { return at; }
  UtcTime at = UtcTime::from_micros(1'767'600'000'000'000);
};

TEST(MomentaryGate, IsClosedForASecondForThatNameOnly) {
  StandingClock clock;
  MomentaryGate gate(clock);
  gate.close("TEA");
  EXPECT_TRUE(gate.is_closed("TEA"));
  EXPECT_FALSE(gate.is_closed("MUG"));
  clock.at = clock.at + milliseconds(999);
  EXPECT_TRUE(gate.is_closed("TEA"));
  clock.at = clock.at + milliseconds(1);
  EXPECT_FALSE(gate.is_closed("TEA"));
}

TEST(MomentaryGate, OpensWithEveryChangeThatIsHeardOf) {
  StandingClock clock;
  MomentaryGate gate(clock);
  gate.close("TEA");
  gate.open_all();
  EXPECT_FALSE(gate.is_closed("TEA"));
}

// However many names are asked for, it stays small; forgetting one costs a question to the rows.
TEST(MomentaryGate, ForgetsAllWhenItHasTooMany) {
  StandingClock clock;
  MomentaryGate gate(clock);
  for (int i = 0; i <= 10'000; ++i) gate.close(std::to_string(i));
  EXPECT_FALSE(gate.is_closed("0"));
  EXPECT_TRUE(gate.is_closed("10000"));
}

}  // namespace
}  // namespace emporion
