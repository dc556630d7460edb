#include "kernel/base/card_number.hpp"

#include <gtest/gtest.h>

#include <string>

namespace emporion {
namespace {

TEST(CardNumber, IsFoundHoweverItIsWritten) {
  for (const char* text :
       {"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "my card is 4111 1111 1111 1111, thanks", "visa4111111111111111!", "378282246310005",
        "6011111111111117", "5555555555554444", "card:4222222222222", "+4111111111111111", "4111111111111111@home", "4111 1111 1111 1111@example.com",
        "note 4111111111111111 to jane@example.com", "62220202123456789010 4111111111111111", "order 12345 4111111111111111", "4111 1111 1111 1111 12/30 123",
        "cafe4111111111111111", "5f4dcc3b5aa765d6 4111111111111111 5f4dcc3b5aa765d6"}) {
    EXPECT_TRUE(holds_card_number(text)) << text;
  }
}

TEST(CardNumber, IsNoNumberThatMerelyIsLong) {
  for (const char* text :
       {"", "4111", "4111111111111112", "+84912345678", "+4915123456789", "41111111111111111111", "jane.4111111111111111@example.com", "12345678901234567890",
        "018f0000-4111-7111-8111-111111111111", "order 018f0000-4111-7111-8111-111111111111 of today", "EM-261129-7K3QW2A",
        "a3f04111111111111111c0ffee5f4dcc3b5aa765d61d8327deb882cf99b4111b", "sha256:A3F04111111111111111C0FFEE5F4DCC"}) {
    EXPECT_FALSE(holds_card_number(text)) << text;
  }
}

TEST(CardNumber, IsToldFromOtherLongNumbersByItsShape) {
  // Pass Luhn's check, and are a German telephone number, a Vietnamese tax code and an article number.
  for (const char* text : {"4915123456787", "0101234567010", "4006381333999"}) {
    EXPECT_TRUE(holds_card_number(text)) << text;
    EXPECT_FALSE(holds_card_number(text, CardSearch::by_shape)) << text;
  }
  for (const char* text : {"4111111111111111", "5555 5555 5555 4444", "2223003122003222", "378282246310005", "3530111333300000", "6011111111111117"}) {
    EXPECT_TRUE(holds_card_number(text, CardSearch::by_shape)) << text;
    EXPECT_FALSE(holds_card_number(text, CardSearch::none)) << text;
  }
}

TEST(CardNumber, IsFoundWhereItIsWrittenAsANumber) {
  EXPECT_TRUE(is_card_number(4111111111111111));
  EXPECT_FALSE(is_card_number(4111111111111112));
  EXPECT_FALSE(is_card_number(0));
  EXPECT_FALSE(is_card_number(-4111111111111111));
  EXPECT_FALSE(is_card_number(999'999'999'999));
}

}  // namespace
}  // namespace emporion
