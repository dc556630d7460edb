#include "kernel/json/value.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace emporion::json {
namespace {

/// Keeps the document that the value points into.
class Parsed {
 public:
  explicit Parsed(std::string_view text) : document_(Document::parse(text)) { EXPECT_TRUE(document_.has_value()) << text; }
  Value root() const { return document_->root(); }

 private:
  Result<Document> document_;
};

TEST(JsonValue, AnswersEachTypeToItsOwnGetterAlone) {
  const Parsed parsed(R"({"n":null,"b":true,"i":-7,"d":1.5,"s":"a\u00e9\n","a":[1,2,3],"o":{"x":1}})");
  const auto root = parsed.root();
  EXPECT_EQ(root.type(), Type::object);
  EXPECT_TRUE(root.member("n")->is_null());
  EXPECT_EQ(root.member("b")->boolean(), true);
  EXPECT_EQ(root.member("i")->integer(), -7);
  EXPECT_EQ(root.member("i")->number(), -7.0);
  EXPECT_EQ(root.member("d")->number(), 1.5);
  EXPECT_EQ(root.member("s")->string(), "a\xC3\xA9\n");
  EXPECT_EQ(root.member("a")->type(), Type::array);
  EXPECT_EQ(root.member("o")->member("x")->integer(), 1);
  EXPECT_FALSE(root.member("absent").has_value());
  EXPECT_FALSE(root.member("d")->integer().has_value());
  EXPECT_FALSE(root.member("s")->integer().has_value());
  EXPECT_FALSE(root.member("s")->boolean().has_value());
  EXPECT_FALSE(root.member("i")->boolean().has_value());
  EXPECT_FALSE(root.member("i")->string().has_value());
  EXPECT_FALSE(root.member("n")->string().has_value());
  EXPECT_FALSE(root.member("s")->member("x").has_value());
}

TEST(JsonValue, TakesOnlyIntegersThatAreWrittenAsSuchAndFit) {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> integer;
  };
  const Row rows[] = {{"0", 0},
                      {"-0", 0},
                      {"9223372036854775807", INT64_MAX},
                      {"-9223372036854775808", INT64_MIN},
                      {"9223372036854775808", std::nullopt},
                      {"1.0", std::nullopt},
                      {"1e3", std::nullopt},
                      {"1E0", std::nullopt}};
  for (const auto& row : rows) EXPECT_EQ(Parsed(row.text).root().integer(), row.integer) << row.text;
}

TEST(JsonValue, WalksMembersAndElementsInTheirOrderUntilToldToStop) {
  const Parsed parsed(R"({"z":1,"a":2,"m":[10,20,30]})");
  std::string names;
  parsed.root().for_each_member([&](std::string_view name, Value) {
    names += name;
    return true;
  });
  EXPECT_EQ(names, "zam");
  std::vector<std::int64_t> seen;
  parsed.root().member("m")->for_each_element([&](Value value) {
    seen.push_back(*value.integer());
    return seen.size() < 2;
  });
  EXPECT_EQ(seen, (std::vector<std::int64_t>{10, 20}));
  parsed.root().for_each_element([&](Value) -> bool {
    ADD_FAILURE() << "an object has no elements";
    return true;
  });
}

TEST(JsonValue, CountsAndWritesItselfAgain) {
  const Parsed parsed(R"( { "a" : [ 1 , "x\"\u0001" , null ] , "o" : { } } )");
  EXPECT_EQ(parsed.root().size(), 2u);
  EXPECT_EQ(parsed.root().member("a")->size(), 3u);
  EXPECT_EQ(parsed.root().member("o")->size(), 0u);
  EXPECT_EQ(parsed.root().to_json(), R"({"a":[1,"x\"\u0001",null],"o":{}})");
}

TEST(JsonDocument, RefusesWhatIsNotJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "{}}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "01",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "NaN",
                                      "Infinity",
                                      "nul",
                                      "\"\\x\"",
                                      "\"a\nb\"",
                                      "\"\xFF\"",
                                      "\"\xC0\xAF\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\\ud800\"",
                                      "\"unended",
                                      "1 2",
                                      "// x\n1",
                                      "{\"a\" 1}",
                                      "[1 2]",
                                      "99999999999999999999999"}) {
    const auto document = Document::parse(text);
    ASSERT_FALSE(document.has_value()) << text;
    EXPECT_EQ(document.error().reason(), "MALFORMED_JSON") << text;
    EXPECT_EQ(document.error().kind(), ErrorKind::invalid_argument) << text;
  }
}

TEST(JsonDocument, BoundsItsDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Document::parse(nested(60)).has_value());
  EXPECT_FALSE(Document::parse(nested(65)).has_value());
  EXPECT_FALSE(Document::parse(nested(100'000)).has_value());
}

TEST(JsonDocument, KeepsItsValuesWhenItMoves) {
  auto first = Document::parse(R"({"a":"text"})");
  ASSERT_TRUE(first.has_value());
  const auto value = *first->root().member("a");
  const Document second = std::move(*first);
  EXPECT_EQ(value.string(), "text");
  EXPECT_EQ(second.root().member("a")->string(), "text");
}

TEST(JsonDocument, OfNoTextAtAllIsMalformed) {
  EXPECT_EQ(Document::parse(std::string_view()).error().reason(), "MALFORMED_JSON");
  EXPECT_EQ(Document::parse("").error().reason(), "MALFORMED_JSON");
}

}  // namespace
}  // namespace emporion::json
