#include "kernel/http/target.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Target, DecodesThePathOnceAndTheQueryIntoPairs) {
  const auto target = parse_target("/api/v1/products/caf%C3%A9%20cup?q=a+b&empty=&flag&q=%26");
  ASSERT_TRUE(target.has_value()) << target.error().to_string();
  EXPECT_EQ(target->path, "/api/v1/products/café cup");
  EXPECT_EQ(target->query, (Pairs{{"q", "a b"}, {"empty", ""}, {"flag", ""}, {"q", "&"}}));
}

TEST(Target, DecodesOnlyOnce) { EXPECT_EQ(parse_target("/a/%252e%252e/b")->path, "/a/%2e%2e/b"); }

TEST(Target, TakesAbsoluteFormAndAsterisk) {
  EXPECT_EQ(parse_target("http://shop.example:80/a?x=1")->path, "/a");
  EXPECT_EQ(parse_target("HTTPS://shop.example")->path, "/");
  EXPECT_EQ(parse_target("http://shop.example?x=1")->query, (Pairs{{"x", "1"}}));
  EXPECT_EQ(parse_target("*")->path, "*");
}

TEST(Target, RefusesPathsThatCouldMeanTwoThings) {
  const std::string nul("/a\0b", 4);
  for (const std::string_view path :
       {"/..",   "/a/../b", "/a/..",    "/a/./b",      "/a/.", "/%2e%2e/b", "/a/%2E./b", "/a%2fb", "/a%2Fb", "/a\\b", "/a%5cb", "/a%5Cb",    "/a%00b", "/a%0ab",
        "/a%7f", "/a%ff",   "/a%c0%af", "/a%ed%a0%80", "/a%",  "/a%2",      "/a%zz",     "",       "a",      "a/b",   "/a#b",   "ftp://x/y", "?a=b"}) {
    const auto target = parse_target(path);
    ASSERT_FALSE(target.has_value()) << path;
    EXPECT_EQ(target.error().reason(), "INVALID_PATH") << path;
    EXPECT_EQ(target.error().kind(), ErrorKind::invalid_argument) << path;
  }
  EXPECT_EQ(parse_target(nul).error().reason(), "INVALID_PATH");
}

TEST(Target, LeavesDotsInsideSegmentsAlone) {
  for (const std::string_view path : {"/a..b", "/...", "/.well-known/jwks.json", "/a/b.c"}) EXPECT_EQ(parse_target(path)->path, path);
}

TEST(Target, RefusesQueriesThatAreNotText) {
  for (const std::string_view target : {"/a?x=%", "/a?x=%f", "/a?%00=1", "/a?x=%ff", "/a?%zz"}) {
    const auto parsed = parse_target(target);
    ASSERT_FALSE(parsed.has_value()) << target;
    EXPECT_EQ(parsed.error().reason(), "INVALID_QUERY") << target;
  }
}

RC_GTEST_PROP(Target, NeverLetsAWayOutOfTheTreeThrough, (std::vector<std::uint8_t> picks)) {
  // Given paths made of the pieces that attacks are made of
  constexpr std::string_view pieces[] = {"/", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "a", "%25", "%00", "%c3%a9", "%c0%ae", ":", "%", "?", "="};
  std::string target = "/";
  for (const auto pick : picks) target += pieces[pick % std::size(pieces)];
  const auto parsed = parse_target(target);
  if (!parsed) return;
  // Then what is let through has no dot segment, backslash or control character, and is UTF-8
  const std::string padded = parsed->path + "/";
  RC_ASSERT(padded.find("/../") == std::string::npos);
  RC_ASSERT(padded.find("/./") == std::string::npos);
  RC_ASSERT(parsed->path.find('\\') == std::string::npos);
  RC_ASSERT(parsed->path.find('\0') == std::string::npos);
  RC_ASSERT(is_valid_utf8(parsed->path));
}

}  // namespace
}  // namespace emporion::http
