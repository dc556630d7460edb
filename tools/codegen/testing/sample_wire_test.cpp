#include <gmock/gmock.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "tools/codegen/testing/sample_api_wire.hpp"

namespace emporion::sample::v1 {
namespace {

namespace pb = google::protobuf;

/// What protobuf itself knows of the sample contract, read from its source.
class Protobuf {
 public:
  Protobuf() {
    for (const char* folder : {EMPORION_SOURCE_DIR, EMPORION_SOURCE_DIR "/contracts", EMPORION_GOOGLEAPIS_DIR, "/usr/include"}) tree_.MapPath("", folder);
  }
  std::unique_ptr<pb::Message> make(const std::string& name) {
    if (importer_.Import("tools/codegen/testing/sample_api.proto") == nullptr) return nullptr;
    const auto* type = importer_.pool()->FindMessageTypeByName("emporion.sample.v1." + name);
    return type == nullptr ? nullptr : std::unique_ptr<pb::Message>(factory_.GetPrototype(type)->New());
  }

 private:
  pb::compiler::DiskSourceTree tree_;
  pb::compiler::Importer importer_{&tree_, nullptr};
  pb::DynamicMessageFactory factory_;
};

Sample a_full_sample() {
  Sample out;
  out.id = Uuid::from_name("id");
  out.name = "Grüße";
  out.default_ = true;
  out.small = -5;
  out.large = 9'007'199'254'740'993;
  out.picture = std::string("\0\xFF\x80", 3);
  out.made_at = UtcTime::from_micros(-1);
  out.price = Money(-1999, Currency::of("EUR"));
  out.extra.json = R"({"a":[1,2]})";
  out.packing = Packing::delete_;
  out.part = {"A", 3};
  out.grade = SampleGrade::b;
  out.note = "";
  out.rank = -2'147'483'648;
  out.spare = Part{"B", 1};
  out.discount = Money(0, Currency::of("JPY"));
  out.parent_id = Uuid::from_name("parent");
  out.thumbnail = "";
  out.fragile = false;
  out.sold_at = UtcTime::from_micros(1'750'000'000'123'456);
  out.next_packing = Packing::box;
  out.hints = json::Raw{"null"};
  out.weight_grams = -9'223'372'036'854'775'807 - 1;
  out.tags = {"x", "", "z"};
  out.parts = {{"C", 1}, {"", 0}};
  out.numbers = {0, -1, 300};
  out.links = {Uuid::from_name("one"), Uuid()};
  out.packings = {Packing::box, Packing::unspecified};
  out.flags = {true, false};
  out.prices = {Money(1, Currency::of("KWD")), Money()};
  out.labels = {{"", "empty"}, {"b", ""}};
  out.counts = {{"n", -7}};
  out.parts_by_name = {{"p", {"D", 2}}};
  return out;
}

TEST(SampleWire, EveryFieldComesBack) {
  const Sample sent = a_full_sample();
  const auto got = wire::from_bytes<Sample>(wire::to_bytes(sent));
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(*got, sent);
  const auto nothing = wire::from_bytes<Sample>(wire::to_bytes(Sample()));
  ASSERT_TRUE(nothing) << nothing.error().to_string();
  EXPECT_EQ(*nothing, Sample());
}

TEST(SampleWire, IsWhatProtobufReads) {
  Protobuf protobuf;
  const auto message = protobuf.make("Sample");
  ASSERT_NE(message, nullptr);
  ASSERT_TRUE(message->ParseFromString(wire::to_bytes(a_full_sample())));
  EXPECT_TRUE(message->GetReflection()->GetUnknownFields(*message).empty());
  std::string json;
  ASSERT_TRUE(pb::util::MessageToJsonString(*message, &json).ok());
  for (const char* part : {R"("name":"Grüße")",
                           R"("default":true)",
                           R"("small":-5)",
                           R"("large":"9007199254740993")",
                           R"("picture":"AP+A")",
                           R"("madeAt":"1969-12-31T23:59:59.999999Z")",
                           R"("price":{"amount":"-1999","currency":"EUR"})",
                           R"("packing":"PACKING_DELETE")",
                           R"("part":{"sku":"A","quantity":"3"})",
                           R"("grade":"GRADE_B")",
                           R"("note":"")",
                           R"("rank":-2147483648)",
                           R"("fragile":false)",
                           R"("weightGrams":"-9223372036854775808")",
                           R"("tags":["x","","z"])",
                           R"("numbers":["0","-1","300"])",
                           R"("packings":["PACKING_BOX","PACKING_UNSPECIFIED"])",
                           R"("flags":[true,false])",
                           R"("labels":{"":"empty","b":""})",
                           R"("counts":{"n":-7})",
                           R"("partsByName":{"p":{"sku":"D","quantity":"2"}})"}) {
    EXPECT_THAT(json, testing::HasSubstr(part));
  }
}

TEST(SampleWire, ReadsWhatProtobufWrites) {
  Protobuf protobuf;
  const auto message = protobuf.make("Sample");
  ASSERT_NE(message, nullptr);
  const Sample sample = a_full_sample();
  ASSERT_TRUE(message->ParseFromString(wire::to_bytes(sample)));
  const auto again = wire::from_bytes<Sample>(message->SerializeAsString());
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, sample);
}

TEST(SampleWire, SkipsFieldsOfANewerSender) {
  std::string bytes = wire::to_bytes(Part{"A", 2});
  bytes +=
      std::string("\xA2\x06\x03new\xA8\x06\x01\xB1\x06\x31\x32\x33\x34\x35\x36\x37\x38\xBD\x06\x31\x32\x33\x34", 25);  // Fields 100 to 103, one of each type.
  const auto part = wire::from_bytes<Part>(bytes);
  ASSERT_TRUE(part) << part.error().to_string();
  EXPECT_EQ(*part, (Part{"A", 2}));
}

std::string problem_of(const std::string& bytes) {
  const auto read = wire::from_bytes<Sample>(bytes);
  return read ? "none" : read.error().detail();
}

TEST(SampleWire, SaysWhatDoesNotRead) {
  EXPECT_EQ(problem_of(std::string("\x0A\x01x", 3)), "an id is no UUID");
  EXPECT_EQ(problem_of("\x50\x09"), "a value is not one of its enumeration");
  EXPECT_EQ(problem_of("\x12\x05"
                       "abc"),
            "the message ends within a field");
  EXPECT_EQ(problem_of("\x10\x01"), "a field that is a text or a message is sent as something else");
  EXPECT_EQ(problem_of("\x20\x80\x80\x80\x80\x20"), "a number is too large");
  EXPECT_EQ(problem_of("\x28\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), "a number does not end");
  EXPECT_EQ(problem_of("\x28\x80"), "a number does not end");
  EXPECT_EQ(problem_of("\x2B\x01"), "a field has an unknown type");
  EXPECT_EQ(problem_of(std::string("\x00", 1)), "a field has no number");
  EXPECT_EQ(problem_of("\x42\x05\x12\x03"
                       "ZZZ"),
            "an amount is out of range, or its currency is unknown");
  EXPECT_EQ(problem_of("\x4A\x04\x0A\x02{]"), "a member that is JSON does not read as JSON");
  EXPECT_EQ(problem_of("\x3A\x06\x10\xFF\xFF\xFF\xFF\x07"), "a time is out of range");
  EXPECT_EQ(problem_of("\x5A\x02\x0A\x05"), "the message ends within a field");
}

// Whatever arrives, reading ends without touching what is not there; the sanitizers watch.
TEST(SampleWire, EveryCutAndEveryFlippedBitIsRead) {
  const std::string whole = wire::to_bytes(a_full_sample());
  for (std::size_t size = 0; size < whole.size(); ++size) (void)wire::from_bytes<Sample>(std::string(whole.data(), size));
  for (std::size_t i = 0; i < whole.size() * 8; ++i) {
    std::string bent = whole;
    bent[i / 8] = static_cast<char>(bent[i / 8] ^ (1 << (i % 8)));
    (void)wire::from_bytes<Sample>(bent);
  }
}

}  // namespace
}  // namespace emporion::sample::v1
