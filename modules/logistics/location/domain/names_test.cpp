#include "modules/logistics/location/domain/names.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::location {
namespace {

TEST(Names, an_address_line_is_composed_trimmed_and_freed_of_what_cannot_be_seen) {
  EXPECT_EQ(normal_line("  12  Nguyễn\tDu \n"), "12 Nguyễn Du");
  EXPECT_EQ(normal_line("Phu\xCC\x9Bo\xCC\x9B\xCC\x80ng"), "Phường");
  EXPECT_EQ(normal_line("a\xCC\xA3\xCC\x82"), "ậ");
  EXPECT_EQ(normal_line("a\xCC\x82\xCC\xA3"), "ậ");
  EXPECT_EQ(normal_line("\xC3\xA2\xCC\xA3"), "ậ");
  EXPECT_EQ(normal_line("x\x01\xE2\x80\x8By"), "xy");
  EXPECT_EQ(normal_line(" \t "), "");
}

TEST(Names, folding_makes_spellings_equal) {
  EXPECT_EQ(folded("Phường Bến Nghé"), folded("phuong ben nghe"));
  EXPECT_EQ(folded("Đà Nẵng"), "da nang");
  EXPECT_EQ(folded("Bà Rịa - Vũng Tàu"), "ba ria vung tau");
  EXPECT_EQ(folded("Thừa Thiên-Huế"), "thua thien hue");
  EXPECT_EQ(folded("Åland Islands"), "aland islands");
  EXPECT_EQ(folded("Groß-Gerau"), "gross gerau");
}

TEST(Names, likeness_counts_shared_trigrams) {
  EXPECT_EQ(similarity_bps("ha noi", "ha noi"), 10'000);
  EXPECT_EQ(similarity_bps("ha noi", "xyz"), 0);
  EXPECT_EQ(similarity_bps("", "ha noi"), 0);
  // pg_trgm: SELECT similarity('word', 'two words') = 0.363636
  EXPECT_EQ(similarity_bps("word", "two words"), 3'636);
}

RC_GTEST_PROP(Names, normal_form_is_normal, (std::vector<std::uint16_t> points)) {
  std::string line;
  constexpr const char* pieces[] = {"a", "o", "D", "đ", "ê", "ạ", "\xCC\x82", "\xCC\xA3", "\xCC\x81", "\xCC\x9B", " ", "\t", "9"};
  for (const auto point : points) line += pieces[point % std::size(pieces)];
  const std::string once = normal_line(line);
  RC_ASSERT(normal_line(once) == once);
  RC_ASSERT(folded(once) == folded(line));
}

}  // namespace
}  // namespace emporion::location
