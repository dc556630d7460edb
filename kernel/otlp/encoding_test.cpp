#include "kernel/otlp/encoding.hpp"

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>
// tidy-allow(pb_header): OTLP is protobuf, and its messages are nobody's contract here.
#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

#include <map>
#include <memory>

#include "kernel/base/text.hpp"

// What is written is what OTLP says, as protobuf itself reads it without knowing our copy of its messages: numbers and wire types are those of
// opentelemetry-proto.
namespace emporion::otlp {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

using Fields = std::shared_ptr<const UnknownFieldSet>;

Fields fields_of(const std::string& bytes) {
  auto fields = std::make_shared<UnknownFieldSet>();
  EXPECT_TRUE(fields->ParseFromString(bytes));
  return fields;
}

/// The values of the field, as text: of bytes themselves, of numbers their digits with f for fixed64 and g for fixed32.
std::vector<std::string> all(const Fields& fields, int number) {
  std::vector<std::string> out;
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto& field = fields->field(i);
    if (field.number() != number) continue;
    switch (field.type()) {
      case UnknownField::TYPE_VARINT: out.push_back(text(field.varint())); break;
      case UnknownField::TYPE_FIXED64: out.push_back(text(field.fixed64(), 'f')); break;
      case UnknownField::TYPE_FIXED32: out.push_back(text(field.fixed32(), 'g')); break;
      case UnknownField::TYPE_LENGTH_DELIMITED: out.push_back(field.length_delimited()); break;
      case UnknownField::TYPE_GROUP: ADD_FAILURE() << "there are no groups in OTLP"; break;
    }
  }
  return out;
}

std::string one(const Fields& fields, int number) {
  const auto values = all(fields, number);
  EXPECT_EQ(values.size(), 1u) << number;
  return values.empty() ? "" : values.front();
}

/// KeyValue { key = 1, value = 2 }; AnyValue { string_value = 1, int_value = 3 }.
std::map<std::string, std::string> attributes_of(const Fields& fields, int number) {
  std::map<std::string, std::string> out;
  for (const auto& bytes : all(fields, number)) {
    const auto pair = fields_of(bytes);
    const auto value = fields_of(one(pair, 2));
    EXPECT_EQ(value->field_count(), 1);
    out[one(pair, 1)] = value->field(0).number() == 1 ? one(value, 1) : one(value, 3);
  }
  return out;
}

trace::SpanData a_span() {
  trace::SpanData span{.trace = *Uuid::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
                       .id = 0x0102030405060708,
                       .parent = 0xF1F2F3F4F5F6F7F8,
                       .name = "order.create_order",
                       .kind = trace::Kind::client,
                       .began_ns = 1'750'000'000'123'456'789,
                       .ended_ns = 1'750'000'000'123'999'999,
                       .failed = true,
                       .error = "QUEUE_FULL"};
  span.attributes = {{"rpc.system", "grpc"}, {"http.response.status_code", std::int64_t{-1}}};
  span.events.push_back({1'750'000'000'123'500'000, "taken", {{"emporion.lane.batch_size", std::int64_t{3}}}});
  span.links.push_back({*Uuid::parse("00000000-0000-4000-8000-000000000002"), 9});
  return span;
}

TEST(OtlpEncoding, IsWhatOpenTelemetrysOwnMessagesSay) {
  const auto request = fields_of(encoded({.name = "commerce", .instance = "2", .version = "1.2"}, {a_span()}));
  EXPECT_EQ(request->field_count(), 1);
  const auto of_service = fields_of(one(request, 1));
  EXPECT_EQ(attributes_of(fields_of(one(of_service, 1)), 1),
            (std::map<std::string, std::string>{{"service.name", "commerce"}, {"service.instance.id", "2"}, {"service.version", "1.2"}}));
  const auto of_scope = fields_of(one(of_service, 2));
  EXPECT_EQ(one(fields_of(one(of_scope, 1)), 1), "emporion");
  const auto span = fields_of(one(of_scope, 2));
  EXPECT_EQ(one(span, 1), "\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36");
  EXPECT_EQ(one(span, 2), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(one(span, 4), "\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8");
  EXPECT_EQ(one(span, 5), "order.create_order");
  EXPECT_EQ(one(span, 6), "3");
  EXPECT_EQ(one(span, 7), "1750000000123456789f");
  EXPECT_EQ(one(span, 8), "1750000000123999999f");
  EXPECT_EQ(attributes_of(span, 9), (std::map<std::string, std::string>{{"rpc.system", "grpc"}, {"http.response.status_code", "18446744073709551615"}}));
  const auto event = fields_of(one(span, 11));
  EXPECT_EQ(one(event, 1), "1750000000123500000f");
  EXPECT_EQ(one(event, 2), "taken");
  EXPECT_EQ(attributes_of(event, 3), (std::map<std::string, std::string>{{"emporion.lane.batch_size", "3"}}));
  const auto link = fields_of(one(span, 13));
  EXPECT_EQ(one(link, 1).size(), 16u);
  EXPECT_EQ(one(link, 2), std::string("\0\0\0\0\0\0\0\x09", 8));
  const auto status = fields_of(one(span, 15));
  EXPECT_EQ(one(status, 2), "QUEUE_FULL");
  EXPECT_EQ(one(status, 3), "2");
  EXPECT_EQ(one(span, 16), "1g");
  EXPECT_EQ(span->field_count(), 13);
}

TEST(OtlpEncoding, ARootHasNoParentAndWhatDidNotFailNoStatus) {
  auto root = a_span();
  root.parent = 0;
  root.failed = false;
  const auto span = fields_of(one(fields_of(one(fields_of(one(fields_of(encoded({}, {root})), 1)), 2)), 2));
  EXPECT_TRUE(all(span, 4).empty());
  EXPECT_TRUE(all(span, 15).empty());
}

TEST(OtlpEncoding, UnderstandsWhatACollectorDidNotTake) {
  opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse answer;
  EXPECT_EQ(rejected_spans(answer.SerializeAsString()), 0u);
  answer.mutable_partial_success()->set_rejected_spans(7);
  EXPECT_EQ(rejected_spans(answer.SerializeAsString()), 7u);
  EXPECT_EQ(rejected_spans("<html>"), 0u);
  EXPECT_EQ(rejected_spans(""), 0u);
}

}  // namespace
}  // namespace emporion::otlp
