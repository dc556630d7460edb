#include "modules/product/catalog/domain/sku.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::catalog {
namespace {

TEST(Sku, IsUpperCasedOnInput) {
  EXPECT_EQ(Sku::parse("a-1")->text(), "A-1");
  EXPECT_EQ(*Sku::parse("a-1"), *Sku::parse("A-1"));
}

TEST(Sku, RefusesWhatIsNone) {
  for (const char* text : {"", "A", "-A", ".A", "A B", "A/B", "Ä1", "A\n"}) EXPECT_EQ(Sku::parse(text).error().reason(), "SKU_INVALID") << text;
  EXPECT_TRUE(Sku::parse(std::string(64, 'A')).has_value());
  EXPECT_FALSE(Sku::parse(std::string(65, 'A')).has_value());
}

TEST(Gtin, HasACheckDigit) {
  for (const char* good : {"96385074", "036000291452", "4006381333931", "10012345678902"}) EXPECT_TRUE(is_gtin(good)) << good;
  for (const char* bad : {"96385075", "036000291453", "4006381333932", "400638133393", "", "40063813339A1"}) EXPECT_FALSE(is_gtin(bad)) << bad;
}

TEST(Slug, IsMadeOfANameInAnyLatinScript) {
  EXPECT_EQ(Slug::of_name("WHITE HANGING HEART T-LIGHT HOLDER", "x").text(), "white-hanging-heart-t-light-holder");
  EXPECT_EQ(Slug::of_name("  Áo dài lụa Hà Nội — đỏ  ", "x").text(), "ao-dai-lua-ha-noi-do");
  EXPECT_EQ(Slug::of_name("Crème Brûlée / straße", "x").text(), "creme-brulee-strase");
  EXPECT_EQ(Slug::of_name("Žluťoučký kůň", "x").text(), "zlutoucky-kun");
  EXPECT_EQ(Slug::of_name("東京", "sku-1").text(), "sku-1");
}

TEST(Slug, RefusesWhatIsNone) {
  EXPECT_TRUE(Slug::parse("or-gift_0001_20").has_value());
  for (const char* text : {"", "-a", "a-", "a--b", "a_-b", "_a", "A", "a b", "ä"}) EXPECT_EQ(Slug::parse(text).error().reason(), "SLUG_INVALID") << text;
}

RC_GTEST_PROP(Slug, OfAnyNameIsASlug, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  RC_ASSERT(Slug::parse(Slug::of_name(bytes, "x").text()).has_value());
}

}  // namespace
}  // namespace emporion::catalog
