#include "modules/commerce/order/domain/return_state.hpp"

#include <gtest/gtest.h>

namespace emporion::order {
namespace {

TEST(ReturnState, IsOpenWhileAnyReturnIsAndElseSaysWhatHasComeBack) {
  EXPECT_EQ(return_state_of(0, Facts{.units_delivered = 3}), ReturnState::none);
  EXPECT_EQ(return_state_of(1, Facts{.units_delivered = 3}), ReturnState::open);
  EXPECT_EQ(return_state_of(2, Facts{.units_delivered = 3, .units_returned = 3}), ReturnState::open);
  EXPECT_EQ(return_state_of(0, Facts{.units_delivered = 3, .units_returned = 1}), ReturnState::partial);
  EXPECT_EQ(return_state_of(0, Facts{.units_delivered = 3, .units_returned = 3}), ReturnState::full);
  EXPECT_EQ(return_state_of(0, Facts{}), ReturnState::none) << "nothing arrived, nothing came back";
}

TEST(ReturnState, ReadsWhatItWrites) {
  for (const auto state : {ReturnState::none, ReturnState::open, ReturnState::partial, ReturnState::full})
    EXPECT_EQ(parse_return_state(to_string(state)), state);
  EXPECT_FALSE(parse_return_state("some"));
}

}  // namespace
}  // namespace emporion::order
