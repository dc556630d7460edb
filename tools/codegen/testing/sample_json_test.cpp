#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/json/codec.hpp"
#include "tools/codegen/testing/sample_api.hpp"
#include "tools/codegen/testing/sample_events.hpp"

namespace emporion::sample::v1 {
namespace {

using testing::HasSubstr;

Uuid uuid(int last) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = static_cast<std::uint8_t>(last);
  return Uuid(bytes);
}

Sample least_sample() {
  return {.id = uuid(1), .name = "Bolt", .price = Money(5, Currency::of("USD")), .packing = Packing::box, .part = {.sku = "A-1", .quantity = 2}};
}

Sample full_sample() {
  Sample sample = least_sample();
  sample.name = "Schraube \"M8\"\n\tgrün";
  sample.default_ = true;
  sample.small = -5;
  sample.large = std::numeric_limits<std::int64_t>::min();
  sample.picture = std::string("\0\xff\x10", 3);
  sample.made_at = UtcTime::from_micros(1'700'000'000'123'456);
  sample.extra.json = R"({"a":[1,2.5,null]})";
  sample.packing = Packing::delete_;
  sample.grade = SampleGrade::b;
  sample.note = "";
  sample.rank = 10;
  sample.spare = Part{"S", 50};
  sample.discount = Money(-7, Currency::of("VND"));
  sample.parent_id = uuid(2);
  sample.thumbnail = "x";
  sample.fragile = false;
  sample.sold_at = UtcTime::from_micros(0);
  sample.next_packing = Packing::box;
  sample.hints = json::Raw{"[]"};
  sample.weight_grams = std::numeric_limits<std::int64_t>::max();
  sample.tags = {"a", "b"};
  sample.parts = {{"P", 1}, {"Q", 2}};
  sample.numbers = {0, 1};
  sample.links = {uuid(3), uuid(4)};
  sample.packings = {Packing::box, Packing::delete_};
  sample.flags = {true, false};
  sample.prices = {Money(1, Currency::of("USD")), Money(2, Currency::of("JPY"))};
  sample.labels = {{"key \"1\"", "v"}, {"k2", ""}};
  sample.counts = {{"one", 1}};
  sample.parts_by_name = {{"first", {"F", 3}}};
  return sample;
}

// The sample's JSON with one member's text replaced or added.
std::string sample_with(std::string_view name, std::string_view value) {
  const std::string text = to_json(least_sample());
  const std::string key = "\"" + std::string(name) + "\":";
  const auto at = text.find(key);
  if (at == std::string::npos) return text.substr(0, text.size() - 1) + "," + key + std::string(value) + "}";
  std::size_t end = at + key.size();
  for (int depth = 0; depth > 0 || (text[end] != ',' && text[end] != '}'); ++end) depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
  return text.substr(0, at) + key + std::string(value) + text.substr(end);
}

TEST(GeneratedJson, BringsEveryFieldTypeBackAsItWas) {
  for (const auto& sample : {least_sample(), full_sample()}) {
    const std::string text = to_json(sample);
    const auto read = parse_json<Sample>(text);
    ASSERT_TRUE(read.has_value()) << text << "\n" << read.error().to_string();
    EXPECT_EQ(*read, sample) << text;
  }
}

TEST(GeneratedJson, WritesProtoNamesAndLeavesOutWhatIsAbsent) {
  EXPECT_EQ(to_json(Part{"A\"1", 3}), R"({"sku":"A\"1","quantity":3})");
  EXPECT_EQ(to_json(Nothing{}), "{}");
  const std::string text = to_json(least_sample());
  EXPECT_THAT(text, HasSubstr(R"("default":false)"));
  EXPECT_THAT(text, HasSubstr(R"("packing":"box")"));
  EXPECT_THAT(text, HasSubstr(R"("price":{"amount":5,"currency":"USD"})"));
  EXPECT_EQ(text.find("note"), std::string::npos);
}

TEST(GeneratedJson, ReadsNullAsAnAbsentOptionalAndMissingListsAsEmpty) {
  const auto read = parse_json<Sample>(sample_with("note", "null"));
  ASSERT_TRUE(read.has_value()) << read.error().to_string();
  EXPECT_EQ(read->note, std::nullopt);
  EXPECT_TRUE(parse_json<ListSamplesResponse>("{}").has_value());
}

TEST(GeneratedJson, CarriesTheTopicOfAnEvent) {
  EXPECT_EQ(SamplePartMoved::topic, "sample.part.moved");
  const SamplePartMoved event{.shelf = "A", .part = {"S", 1}};
  EXPECT_EQ(parse_json<SamplePartMoved>(to_json(event)), event);
}

TEST(GeneratedJson, NamesEnumValuesBothWays) {
  EXPECT_EQ(to_string(Packing::delete_), "delete");
  Packing packing = Packing::box;
  EXPECT_TRUE(from_string("delete", packing));
  EXPECT_EQ(packing, Packing::delete_);
  EXPECT_FALSE(from_string("unspecified", packing));
  EXPECT_FALSE(from_string("PACKING_BOX", packing));
}

struct Refusal {
  std::string_view name;
  std::string_view json;
  std::string_view pointer;
  std::string_view reason;
};

TEST(GeneratedJson, RefusesWhatTheContractDoesNotSayAndNamesThePlace) {
  const std::string long_text = "\"" + std::string(4097, 'x') + "\"";
  std::string many = "[1";
  for (int i = 0; i < 2000; ++i) many += ",1";
  many += "]";
  const Refusal refusals[] = {
      {"colour", "1", "/colour", "UNKNOWN_FIELD"},
      {"id", "\"1\"", "/id", "INVALID_ID"},
      {"id", "1", "/id", "WRONG_TYPE"},
      {"id", "null", "/id", "WRONG_TYPE"},
      {"name", "1", "/name", "WRONG_TYPE"},
      {"name", R"("a\u0000b")", "/name", "OUT_OF_RANGE"},
      {"name", R"("a\r")", "/name", "OUT_OF_RANGE"},
      {"name", R"("\u007f")", "/name", "OUT_OF_RANGE"},
      {"name", long_text, "/name", "OUT_OF_RANGE"},
      {"default", "0", "/default", "WRONG_TYPE"},
      {"small", "-6", "/small", "OUT_OF_RANGE"},
      {"small", "2147483648", "/small", "OUT_OF_RANGE"},
      {"small", "1.0", "/small", "WRONG_TYPE"},
      {"small", "\"1\"", "/small", "WRONG_TYPE"},
      {"large", "9223372036854775808", "/large", "WRONG_TYPE"},
      {"picture", "\"AB\"", "/picture", "WRONG_TYPE"},
      {"picture", "\"AB==\"", "/picture", "WRONG_TYPE"},
      {"made_at", "\"today\"", "/made_at", "INVALID_TIME"},
      {"price", "5", "/price", "WRONG_TYPE"},
      {"price", R"({"amount":5})", "/price/currency", "MISSING_FIELD"},
      {"price", R"({"amount":5,"currency":"XXX"})", "/price", "UNKNOWN_CURRENCY"},
      {"price", R"({"amount":1000000000000001,"currency":"USD"})", "/price", "AMOUNT_OUT_OF_RANGE"},
      {"price", R"({"amount":5,"currency":"USD","tax":1})", "/price/tax", "UNKNOWN_FIELD"},
      {"packing", "\"unspecified\"", "/packing", "OUT_OF_RANGE"},
      {"packing", "\"crate\"", "/packing", "OUT_OF_RANGE"},
      {"packing", "1", "/packing", "WRONG_TYPE"},
      {"part", "[]", "/part", "WRONG_TYPE"},
      {"part", R"({"sku":"","quantity":1})", "/part/sku", "OUT_OF_RANGE"},
      {"part", R"({"sku":"a","quantity":51})", "/part/quantity", "OUT_OF_RANGE"},
      {"part", R"({"sku":"a"})", "/part/quantity", "MISSING_FIELD"},
      {"part", R"({"sku":"a","quantity":1,"quantity":2})", "/part/quantity", "OUT_OF_RANGE"},
      {"rank", "11", "/rank", "OUT_OF_RANGE"},
      {"thumbnail", "\"%\"", "/thumbnail", "WRONG_TYPE"},
      {"tags", R"(["a","b","c","d"])", "/tags", "OUT_OF_RANGE"},
      {"tags", R"(["a",""])", "/tags/1", "OUT_OF_RANGE"},
      {"tags", "\"a\"", "/tags", "WRONG_TYPE"},
      {"tags", "null", "/tags", "WRONG_TYPE"},
      {"numbers", "[1,-1]", "/numbers/1", "OUT_OF_RANGE"},
      {"numbers", many, "/numbers", "OUT_OF_RANGE"},
      {"parts", R"([{"sku":"a","quantity":1},{"sku":"b"}])", "/parts/1/quantity", "MISSING_FIELD"},
      {"labels", R"({"a/b":1})", "/labels/a~1b", "WRONG_TYPE"},
      {"labels", R"({"a":"1","a":"2"})", "/labels/a", "OUT_OF_RANGE"},
      {"parts_by_name", R"({"x":{"sku":"a","quantity":0}})", "/parts_by_name/x/quantity", "OUT_OF_RANGE"},
  };
  for (const auto& [name, json, pointer, reason] : refusals) {
    const auto read = parse_json<Sample>(sample_with(name, json));
    ASSERT_FALSE(read.has_value()) << name << " " << json.substr(0, 80);
    EXPECT_EQ(read.error().kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(read.error().reason(), reason) << name << " " << json.substr(0, 80) << " " << read.error().to_string();
    EXPECT_THAT(std::string(read.error().metadata_json("errors")), HasSubstr("{\"pointer\":\"" + std::string(pointer) + "\""))
        << name << " " << json.substr(0, 80);
  }
}

TEST(GeneratedJson, ReportsEveryMissingMember) {
  const auto read = parse_json<Part>("{}");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().reason(), "MISSING_FIELD");
  EXPECT_THAT(std::string(read.error().metadata_json("errors")), testing::AllOf(HasSubstr("\"/sku\""), HasSubstr("\"/quantity\"")));
  EXPECT_EQ(parse_json<Part>("[]").error().reason(), "WRONG_TYPE");
  EXPECT_EQ(parse_json<Part>("{").error().reason(), "MALFORMED_JSON");
}

TEST(GeneratedRules, HoldForStructsThatNeverWereJson) {
  const auto broken = [](auto change) {
    Sample sample = full_sample();
    change(sample);
    json::Reader reader;
    check_rules(sample, reader);
    return reader.ok() ? std::string() : std::string(reader.to_error().metadata_json("errors"));
  };
  EXPECT_EQ(broken([](Sample&) {}), "");
  EXPECT_THAT(broken([](Sample& s) { s.name = std::string(4097, 'x'); }), HasSubstr("\"/name\""));
  EXPECT_THAT(broken([](Sample& s) { s.small = -6; }), HasSubstr("\"/small\""));
  EXPECT_THAT(broken([](Sample& s) { s.part.quantity = 0; }), HasSubstr("\"/part/quantity\""));
  EXPECT_THAT(broken([](Sample& s) { s.spare->sku = ""; }), HasSubstr("\"/spare/sku\""));
  EXPECT_THAT(broken([](Sample& s) { s.packing = Packing::unspecified; }), HasSubstr("\"/packing\""));
  EXPECT_THAT(broken([](Sample& s) { s.packings[1] = Packing::unspecified; }), HasSubstr("\"/packings/1\""));
  EXPECT_THAT(broken([](Sample& s) { s.tags[0] = ""; }), HasSubstr("\"/tags/0\""));
  EXPECT_THAT(broken([](Sample& s) { s.tags.resize(4, "x"); }), HasSubstr("\"/tags\""));
  EXPECT_THAT(broken([](Sample& s) { s.numbers.assign(2001, 1); }), HasSubstr("\"/numbers\""));
  EXPECT_THAT(broken([](Sample& s) { s.parts_by_name["first"].sku = ""; }), HasSubstr("\"/parts_by_name/first/sku\""));
  EXPECT_THAT(broken([](Sample& s) { s.labels["x"] = "\r"; }), HasSubstr("\"/labels/x\""));
}

}  // namespace
}  // namespace emporion::sample::v1
