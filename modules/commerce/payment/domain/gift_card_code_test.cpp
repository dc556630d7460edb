#include "modules/commerce/payment/domain/gift_card_code.hpp"

#include <gtest/gtest.h>

#include <set>

namespace emporion::payment {
namespace {

TEST(GiftCardCode, IsOneCodeHoweverItIsTyped) {
  const auto code = canonical_gift_card_code("7K3M-9QXT-0B4Z-HW2C");
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, "7K3M9QXT0B4ZHW2C");
  EXPECT_EQ(canonical_gift_card_code(" 7k3m 9qxt ob4z hw2c "), code);
  EXPECT_EQ(canonical_gift_card_code("iIlL-0oO0-1111-0000"), "1111000011110000");
  EXPECT_EQ(grouped_gift_card_code(*code), "7K3M-9QXT-0B4Z-HW2C");
}

TEST(GiftCardCode, IsRefusedWhenTooShortTooLongOrOfOtherCharacters) {
  for (const char* typed : {"", "----", "7K3M-9QXT-0B4Z-HW2", "7K3M-9QXT-0B4Z-HW2U", "7K3M-9QXT-0B4Z-HW2é", "7K3M_9QXT_0B4Z_HW2C"})
    EXPECT_FALSE(canonical_gift_card_code(typed)) << typed;
  EXPECT_TRUE(canonical_gift_card_code(std::string(40, 'A')));
  EXPECT_FALSE(canonical_gift_card_code(std::string(41, 'A')));
}

TEST(GiftCardCode, IsItsOwnCanonicalFormAndNeverTheSame) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string code = make_gift_card_code(random);
    EXPECT_EQ(canonical_gift_card_code(code), code);
    EXPECT_EQ(canonical_gift_card_code(grouped_gift_card_code(code)), code);
    EXPECT_TRUE(seen.insert(code).second);
  }
}

}  // namespace
}  // namespace emporion::payment
