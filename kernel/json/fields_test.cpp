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

std::string read_raw(const std::string& json) {
  const auto document = Document::parse(json);
  Reader reader;
  Raw out;
  read_json(document->root(), reader, out);
  return reader.ok() ? out.json : reader.to_error().reason();
}

TEST(Raw, OfAnyShapeHasNoNullCharacter) {
  EXPECT_EQ(read_raw(R"({"a": [1, "x\\u0000y"]})"), R"({"a":[1,"x\\u0000y"]})") << "a backslash and six letters";
  for (const auto* refused : {R"("\u0000")", R"({"a":["b\u0000"]})", R"({"a\u0000":1})", R"([[{"a":{"b":"\u0000"}}],1])"})
    EXPECT_EQ(read_raw(refused), "OUT_OF_RANGE") << refused;
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

struct Note {
  std::string text;
  std::int64_t number = 0;
  std::map<std::string, std::string> labels;
};
constexpr Member note_members[] = {
    {"text", false, [](const Value& value, Reader& reader, void* out) { read_json(value, reader, static_cast<Note*>(out)->text); }},
    {"barcode", false,
     [](const Value& value, Reader& reader, void* out) { read_json(value, reader, static_cast<Note*>(out)->text, StringRules{.cards = CardSearch::none}); }},
    {"number", false, [](const Value& value, Reader& reader, void* out) { read_json(value, reader, static_cast<Note*>(out)->number); }},
    {"labels", false, [](const Value& value, Reader& reader, void* out) { read_entries(value, reader, static_cast<Note*>(out)->labels, ItemRules{}); }},
};

/// The reason for which a note is refused, and the whole error, which must repeat nothing.
std::string refusal_of(const std::string& json, Reader reader) {
  const auto document = Document::parse(json);
  Note out;
  read_members(document->root(), reader, note_members, &out);
  if (reader.ok()) return "";
  const Error error = reader.to_error();
  if (error.to_string().find("4111") != std::string::npos || error.metadata_json("errors").find("4111") != std::string_view::npos)
    return "repeats what was sent";
  return std::string(error.reason());
}

TEST(CardNumbers, OfOutsidersAreRefusedWhereverTheyStand) {
  for (const auto* refused :
       {R"({"text":"4111 1111 1111 1111"})", R"({"text":4111111111111111})", R"({"number":4111111111111111})", R"({"labels":{"a":"4111111111111111"}})",
        R"({"labels":{"4111111111111111":"a"}})", R"({"unknown":"4111111111111111"})", R"({"unknown":{"deep":[4111111111111111]}})",
        R"({"4111111111111111":1})", R"({"unknown":1,"number":"x","text":"4111111111111111"})"}) {
    EXPECT_EQ(refusal_of(refused, Reader::of_outsiders()), "PAN_NOT_ACCEPTED") << refused;
  }
  EXPECT_EQ(refusal_of(R"({"barcode":"4111111111111111","number":4111111111111112})", Reader::of_outsiders()), "");
  // What is ours was looked through when it came.
  EXPECT_EQ(refusal_of(R"({"text":"4111 1111 1111 1111","number":4111111111111111})", Reader()), "");
}

}  // namespace
}  // namespace emporion::json
