#include "modules/commerce/payment/domain/fraud_key.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

TEST(FraudKey, OfAnEmailKnowsOneAddressInItsForms) {
  const auto key = email_key("Jane.Doe@Example.com");
  ASSERT_TRUE(key);
  EXPECT_EQ(email_key(" jane.doe@example.COM "), key);
  EXPECT_EQ(email_key("jane.doe+shop7@example.com"), key);
  EXPECT_NE(email_key("jane.doe@example.org"), key);
  EXPECT_NE(email_key("+tag@example.com"), email_key("@example.com"));
  for (const char* broken : {"", "jane", "@example.com", "jane@"}) EXPECT_FALSE(email_key(broken)) << broken;
  EXPECT_EQ(email_domain("jane@Mail.Example.com"), "mail.example.com");
}

TEST(FraudKey, OfAPhoneNumberKnowsItHoweverItIsWritten) {
  const auto key = phone_key("+84 912-345-678");
  EXPECT_EQ(phone_key("0084912345678"), key);
  EXPECT_EQ(phone_key("84912345678"), key);
  EXPECT_NE(phone_key("+84912345679"), key);
  EXPECT_FALSE(phone_key("none"));
}

TEST(FraudKey, OfAPlaceIgnoresCaseAndPunctuation) {
  const PostalPlace place{.country = "US", .city = "Springfield", .line1 = "12 Main St.", .line2 = "", .postal_code = "12345"};
  EXPECT_EQ(address_key({.country = "us", .city = "SPRINGFIELD", .line1 = "12, main st", .line2 = "", .postal_code = "123 45"}), address_key(place));
  EXPECT_NE(address_key({.country = "US", .city = "Springfield", .line1 = "13 Main St.", .line2 = "", .postal_code = "12345"}), address_key(place));
}

TEST(FraudKey, IsOfOneKind) {
  EXPECT_NE(device_key("abcdefgh"), card_key("abcdefgh"));
  EXPECT_FALSE(device_key(" "));
  EXPECT_FALSE(card_key(""));
}

TEST(FraudKey, ShowsTooLittleToUse) {
  EXPECT_EQ(shown_email("jane@example.com"), "j***@example.com");
  EXPECT_EQ(shown_end("+84912345678"), "…5678");
  EXPECT_EQ(shown_end("ab"), "…b");
}

}  // namespace
}  // namespace emporion::payment
