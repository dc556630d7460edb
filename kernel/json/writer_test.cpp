#include "kernel/json/writer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"

namespace emporion::json {
namespace {

std::string json_string(std::string_view value) {
  std::string out;
  append_string(out, value);
  return out;
}

TEST(JsonString, EscapesWhatJsonMustEscape) {
  EXPECT_EQ(json_string("plain"), R"("plain")");
  EXPECT_EQ(json_string("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(json_string("\n\r\t\b\f\x1f"), R"("\n\r\t\u0008\u000c\u001f")");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(json_string("caf\xC3\xA9 \xF0\x9F\x9B\x92 \x7F"), "\"caf\xC3\xA9 \xF0\x9F\x9B\x92 \x7F\"");
}

TEST(JsonString, ReplacesBytesThatAreNotUtf8) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(json_string("a\xFFz"), "\"a" + replacement + "z\"");
  EXPECT_EQ(json_string("\xC3"), "\"" + replacement + "\"");
  EXPECT_EQ(json_string("\xC3\xA9\x80\xC3\xA9"), "\"\xC3\xA9" + replacement + "\xC3\xA9\"");
  EXPECT_EQ(json_string("\xED\xA0\x80\""), "\"" + replacement + replacement + replacement + "\\\"\"");
}

RC_GTEST_PROP(JsonString, ComesBackFromAParserWhateverItsBytes, (std::string bytes)) {
  const auto document = Document::parse(json_string(bytes));
  RC_ASSERT(document.has_value());
  const auto back = document->root().string();
  RC_ASSERT(back.has_value());
  RC_ASSERT(is_valid_utf8(*back));
  if (is_valid_utf8(bytes)) RC_ASSERT(*back == bytes);
}

TEST(JsonWriter, PlacesCommas) {
  std::string out;
  Writer writer(out);
  writer.begin_object()
      .key("a")
      .integer(-1)
      .key("b")
      .begin_array()
      .string("x")
      .null()
      .boolean(true)
      .begin_object()
      .end_object()
      .begin_array()
      .end_array()
      .end_array();
  writer.key("c").begin_object().key("d").raw("[1,2]").key_escaped("e\"").boolean(false).end_object().end_object();
  EXPECT_EQ(out, R"({"a":-1,"b":["x",null,true,{},[]],"c":{"d":[1,2],"e\"":false}})");
  EXPECT_TRUE(Document::parse(out).has_value());
}

TEST(JsonWriter, WritesAllIntegers) {
  std::string out;
  Writer writer(out);
  writer.begin_array().integer(INT64_MIN).integer(0).integer(INT64_MAX).end_array();
  EXPECT_EQ(out, "[-9223372036854775808,0,9223372036854775807]");
}

}  // namespace
}  // namespace emporion::json
