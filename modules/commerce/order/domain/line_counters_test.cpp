#include "modules/commerce/order/domain/line_counters.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::order {
namespace {

TEST(LineCounters, RefuseToCancelWhatIsShipped) {
  LineCounters line{.qty = 3};
  ASSERT_TRUE(line.ship(2));
  const LineCounters before = line;
  const auto answer = line.cancel(2);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "QTY_LIMIT");
  EXPECT_EQ(line, before);
  EXPECT_TRUE(line.cancel(1));
}

TEST(LineCounters, CountADeliveryThatIsToldBeforeItsDispatchAsShipped) {
  LineCounters line{.qty = 2};
  ASSERT_TRUE(line.deliver(2));
  EXPECT_EQ(line.shipped, 2);
}

RC_GTEST_PROP(LineCounters, HoldTheirInvariantInAnySequence, ()) {
  LineCounters line{.qty = *rc::gen::inRange(1, 12)};
  for (int i = 0; i < 40; ++i) {
    const std::int32_t units = *rc::gen::inRange(-2, 14);
    const LineCounters before = line;
    Result<> answer;
    switch (*rc::gen::inRange(0, 5)) {
      case 0: answer = line.cancel(units); break;
      case 1: answer = line.ship(units); break;
      case 2: answer = line.deliver(units); break;
      case 3: answer = line.fail_delivery(units); break;
      default: answer = line.take_back(units); break;
    }
    RC_ASSERT(line.hold());
    if (!answer) RC_ASSERT(line == before);
  }
}

}  // namespace
}  // namespace emporion::order
