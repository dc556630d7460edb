#include "modules/product/catalog/domain/html.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::catalog {
namespace {

TEST(Html, KeepsHarmlessElements) {
  EXPECT_EQ(sanitized_html("<p>Soft &amp; <b>warm</b></p><ul><li>one</li></ul>"), "<p>Soft &amp; <b>warm</b></p><ul><li>one</li></ul>");
}

TEST(Html, DropsScriptsAndHandlers) {  // CAT-A9
  EXPECT_EQ(sanitized_html("a<script>alert(1)</script>b"), "ab");
  EXPECT_EQ(sanitized_html("<ScRiPt src=x>alert(1)</sCrIpT >b"), "b");
  EXPECT_EQ(sanitized_html("<p onclick=\"x()\" style='y'>t</p>"), "<p>t</p>");
  EXPECT_EQ(sanitized_html("<img src=x onerror=alert(1)>"), "");
  EXPECT_EQ(sanitized_html("<svg><script>1</script></svg>t"), "t");
  EXPECT_EQ(sanitized_html("<scr<script>ipt>alert(1)"), "ipt&gt;alert(1)");
  EXPECT_EQ(sanitized_html("<!-- <b> --><b>x"), "<b>x</b>");
}

TEST(Html, LinksLeadToTheWebOrIntoTheShop) {
  EXPECT_EQ(sanitized_html("<a href='https://x.test/?a=1' target=_blank>x</a>"), "<a href=\"https://x.test/?a=1\" rel=\"nofollow noopener\">x</a>");
  EXPECT_EQ(sanitized_html("<a href=/p/1>x</a>"), "<a href=\"/p/1\" rel=\"nofollow noopener\">x</a>");
  EXPECT_EQ(sanitized_html("<a href=\" JaVaScript:alert(1)\">x</a>"), "<a>x</a>");
  EXPECT_EQ(sanitized_html("<a href=//evil.test>x</a>"), "<a>x</a>");
}

TEST(Html, BalancesWhatIsLeftOpen) {
  EXPECT_EQ(sanitized_html("<p><b>x</p>y</b>"), "<p><b>x</b></p>y");
  EXPECT_EQ(sanitized_html("1 < 2 > 0"), "1 &lt; 2 &gt; 0");
  EXPECT_EQ(sanitized_html("<b"), "&lt;b");
}

RC_GTEST_PROP(Html, IsStableAndHoldsOnlyAllowedTags, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("<", ">", "/", "script", "b", "<b>", "</b>", "<a href=", "\"",
                                                                                                 "'", "javascript:", "/x", " ", "onload=", "<!--", "-->",
                                                                                                 "<svg", "t", "&", "=", "<script>", "</script>"));
  std::string html;
  for (const auto& part : parts) html += part;
  const std::string once = sanitized_html(html);
  RC_ASSERT(sanitized_html(once) == once);
  RC_ASSERT(!once.contains("<script"));
  RC_ASSERT(!once.contains("<svg"));
  RC_ASSERT(!once.contains("<!--"));
}

}  // namespace
}  // namespace emporion::catalog
