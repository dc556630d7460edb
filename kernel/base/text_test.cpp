#include "kernel/base/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "kernel/base/uuid.hpp"

namespace emporion {
namespace {

TEST(Text, JoinsWhatItIsGiven) {
  EXPECT_EQ(text(), "");
  EXPECT_EQ(text("wanted ", 3, ", left ", std::size_t{1}, '!', true, std::string(" s"), std::string_view(" v")), "wanted 3, left 1!true s v");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min(), " ", std::numeric_limits<std::uint64_t>::max()), "-9223372036854775808 18446744073709551615");
  EXPECT_EQ(text(std::uint8_t{65}), "65");
  EXPECT_EQ(text("id ", Uuid()), "id 00000000-0000-0000-0000-000000000000");
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (const std::string_view good :
       {"", "plain", "caf\xC3\xA9", "\xE1\xBB\x87", "\xF0\x9F\x9B\x92", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"})
    EXPECT_TRUE(is_valid_utf8(good)) << good;
  for (const std::string_view bad : {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                                     "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE1\xBB", "\xF0\x9F\x9B"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
  EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
}

TEST(Ascii, ChangesCaseOfItsOwnLettersAlone) {
  EXPECT_EQ(ascii_lower("AZ[`az\xC3\x89"), "az[`az\xC3\x89");
  EXPECT_EQ(ascii_upper("az{@AZ\xC3\xA9"), "AZ{@AZ\xC3\xA9");
}

TEST(Trimmed, TakesWhiteSpaceOffBothEnds) {
  EXPECT_EQ(trimmed(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace emporion
