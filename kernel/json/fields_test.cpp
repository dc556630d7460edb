#include "kernel/json/fields.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::json {
namespace {

std::optional<std::string> decoded(const std::string& json) {
  const auto document = Document::parse(json);
  Reader reader;
  std::string out;
  read_base64(document->root(), reader, out);
  return reader.ok() ? std::optional(out) : std::nullopt;
}

RC_GTEST_PROP(Base64, BringsAnyBytesBack, (const std::string& bytes)) {
  std::string text;
  append_base64(text, bytes);
  RC_ASSERT(decoded(text) == bytes);
}

TEST(Base64, HasOneTextPerValue) {
  EXPECT_EQ(decoded("\"\""), "");
  EXPECT_EQ(decoded("\"Zg==\""), "f");
  EXPECT_EQ(decoded("\"Zm9v\""), "foo");
  for (const auto* refused : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 9", "Zm9v\\n", "Zm-v", "=Zm9"}) {
    EXPECT_EQ(decoded("\"" + std::string(refused) + "\""), std::nullopt) << refused;
  }
}

template <typename T>
std::optional<T> from_text(std::string_view text) {
  Reader reader;
  T out{};
  read_text(text, reader, out);
  return reader.ok() ? std::optional(out) : std::nullopt;
}

RC_GTEST_PROP(TextFields, ReadEveryIntegerThatTheyWrite, (std::int64_t wide, std::int32_t narrow)) {
  RC_ASSERT(from_text<std::int64_t>(text(wide)) == wide);
  RC_ASSERT(from_text<std::int32_t>(text(narrow)) == narrow);
}

TEST(TextFields, RefuseWhatIsNotExactlyAValue) {
  for (const auto* refused : {"", " 1", "1 ", "+1", "0x1", "1.0", "1e3", "-", "99999999999999999999"})
    EXPECT_EQ(from_text<std::int64_t>(refused), std::nullopt) << refused;
  EXPECT_EQ(from_text<std::int32_t>("2147483648"), std::nullopt);
  for (const auto* refused : {"", "1", "TRUE", "yes"}) EXPECT_EQ(from_text<bool>(refused), std::nullopt) << refused;
  EXPECT_EQ(from_text<std::string>("\xff"), std::nullopt);
  EXPECT_EQ(from_text<std::string>("a\x01"), std::nullopt);
  EXPECT_EQ(from_text<std::string>("a\tb\n"), "a\tb\n");
}

}  // namespace
}  // namespace emporion::json
