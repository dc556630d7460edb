#include "modules/commerce/payment/domain/card_number.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

TEST(CardNumber, IsFoundHoweverItIsWritten) {
  for (const char* text : {"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "card: 378282246310005!", "x6011000990139424y", "4222222222222", "my card is 5555555555554444 thanks"}) {
    EXPECT_TRUE(holds_card_number(text)) << text;
  }
}

TEST(CardNumber, IsNotSeenWhereThereIsNone) {
  for (const char* text : {"", "4111111111111112", "411111111111", "41111111111111111111111", "pm_1Nv0FGQ9RKHgCVdK", "+84 912 345 678", "+4111111111111111", "0193b5c2-4111-7111-8111-111111111111", "EM-260309-0110000", "2026-03-09T23:59:59.999999Z"}) {
    EXPECT_FALSE(holds_card_number(text)) << text;
  }
}

}  // namespace
}  // namespace emporion::payment
