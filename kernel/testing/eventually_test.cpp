#include "kernel/testing/eventually.hpp"

#include <gtest/gtest.h>

namespace emporion::testing {
namespace {

TEST(Eventually, HoldsAsSoonAsTheConditionDoes) {
  Runtime runtime;
  int asked = 0;
  EXPECT_TRUE(eventually(runtime, [&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
}

TEST(Eventually, TellsWhatWasLastSeen) {
  Runtime runtime;
  int asked = 0;
  const auto outcome = eventually(runtime, [&] { return ++asked < 0; }, [&] { return asked; }, milliseconds(10));
  EXPECT_FALSE(outcome);
  EXPECT_STREQ(outcome.message(), "not within 10 ms; last seen: 3");
}

}  // namespace
}  // namespace emporion::testing
