#include "kernel/remote_feed/messages.hpp"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/remote_feed/operations.hpp"

// What is written by hand says on the wire what contracts/emporion/feed.proto says, as protobuf itself reads it.
namespace emporion::remote {
namespace {

namespace pb = google::protobuf;

struct FeedProto : ::testing::Test {
  FeedProto() {
    for (const char* folder : {EMPORION_CONTRACTS_DIR, "/usr/include"}) tree.MapPath("", folder);
    file = importer.Import("emporion/feed.proto");
  }

  std::unique_ptr<pb::Message> make(const std::string& name) {
    const auto* type = importer.pool()->FindMessageTypeByName("emporion." + name);
    return std::unique_ptr<pb::Message>(factory.GetPrototype(type)->New());
  }

  /// What protobuf reads in the bytes, as JSON; "unread" if it knows a field of them not, or not as this type.
  std::string read_by_protobuf(const std::string& name, const std::string& bytes) {
    const auto message = make(name);
    if (!message->ParseFromString(bytes)) return "unread";
    std::string written_again = message->SerializeAsString();
    message->DiscardUnknownFields();
    if (message->SerializeAsString() != written_again) return "unread";
    std::string json;
    pb::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    if (!pb::util::MessageToJsonString(*message, &json, options).ok()) return "unread";
    return json;
  }

  template <typename T>
  void expect(const std::string& name, const T& value, const std::string& json) {
    EXPECT_EQ(read_by_protobuf(name, wire::to_bytes(value)), json);
    const auto message = make(name);
    ASSERT_TRUE(pb::util::JsonStringToMessage(json, message.get()).ok()) << json;
    const auto read = wire::from_bytes<T>(message->SerializeAsString());
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(wire::to_bytes(*read), wire::to_bytes(value));
  }

  pb::compiler::DiskSourceTree tree;
  pb::compiler::Importer importer{&tree, nullptr};
  pb::DynamicMessageFactory factory;
  const pb::FileDescriptor* file = nullptr;
};

messaging::FeedPage a_page() {
  messaging::Envelope event;
  event.event_id = *Uuid::parse("00000000-0000-4000-8000-000000000001");
  event.topic = "order.order.confirmed";
  event.occurred_at = UtcTime::from_micros(1'750'000'000'123'456);
  event.source = "order";
  event.aggregate_id = "Đơn 1";
  event.aggregate_version = 9'007'199'254'740'993;
  event.trace = *Uuid::parse("00000000-0000-4000-8000-000000000002");
  event.data = R"({"a":1})";
  event.traced = true;
  messaging::FeedPage page;
  page.items.push_back({{7, 8}, event});
  page.items.push_back({{9, 10}, {}});
  page.next = {11, 12};
  page.begun = 13;
  return page;
}

TEST_F(FeedProto, DescribesWhatIsSent) {
  ASSERT_NE(file, nullptr);
  expect("FeedReadRequest", FeedReadRequest{"order", {-1, 2}, {"order.order.confirmed", ""}, 100},
         R"({"producer":"order","after":{"xid":"-1","id":"2"},"topics":["order.order.confirmed",""],"count":100})");
  expect("FeedReadRequest", FeedReadRequest{}, R"({"after":{}})");
  expect("FeedWatchRequest", FeedWatchRequest{"order", {5, 6}}, R"({"producer":"order","seen":{"process":"5","writes":"6"}})");
  expect("FeedHint", FeedHint{5, 6}, R"({"process":"5","writes":"6"})");
  expect("FeedPage", messaging::FeedPage{}, R"({"next":{}})");
  expect("FeedPage", a_page(),
         R"({"items":[{"position":{"xid":"7","id":"8"},"event":{"event_id":"00000000-0000-4000-8000-000000000001","topic":"order.order.confirmed",)"
         R"("occurred_at":"2025-06-15T15:06:40.123456Z","source":"order","aggregate_id":"Đơn 1","aggregate_version":"9007199254740993",)"
         R"("trace":"00000000-0000-4000-8000-000000000002","data":"{\"a\":1}","traced":true}},{"position":{"xid":"9","id":"10"},"event":)"
         R"({"event_id":"00000000-0000-0000-0000-000000000000","occurred_at":"1970-01-01T00:00:00Z","trace":"00000000-0000-0000-0000-000000000000"}}],)"
         R"("next":{"xid":"11","id":"12"},"begun":"13"})");
}

TEST_F(FeedProto, HasNoFieldThatIsNotSent) {
  ASSERT_NE(file, nullptr);
  // Each field of each message, counted in what a full page and both requests hold.
  const std::string sent = read_by_protobuf("FeedPage", wire::to_bytes(a_page())) +
                           read_by_protobuf("FeedReadRequest", wire::to_bytes(FeedReadRequest{"order", {1, 2}, {"t"}, 3})) +
                           read_by_protobuf("FeedWatchRequest", wire::to_bytes(FeedWatchRequest{"order", {5, 6}}));
  for (int i = 0; i < file->message_type_count(); ++i) {
    for (int k = 0; k < file->message_type(i)->field_count(); ++k) {
      const auto& field = *file->message_type(i)->field(k);
      EXPECT_NE(sent.find("\"" + field.name() + "\":"), std::string::npos) << field.full_name();
    }
  }
}

TEST_F(FeedProto, DeclaresTheOperationsAsTheyAreOffered) {
  ASSERT_NE(file, nullptr);
  const auto& service = *file->service(0);
  ASSERT_EQ(service.method_count(), 2);
  const std::pair<std::string_view, const rpc::Operation*> offered[] = {{feed_operations::read_path, &feed_operations::read},
                                                                        {feed_operations::watch_path, &feed_operations::watch}};
  for (int i = 0; i < 2; ++i) {
    const auto& method = *service.method(i);
    EXPECT_EQ("/" + service.full_name() + "/" + method.name(), offered[i].first);
    const std::unique_ptr<pb::Message> options(factory.GetPrototype(importer.pool()->FindMessageTypeByName("google.protobuf.MethodOptions"))->New());
    ASSERT_TRUE(options->ParseFromString(method.options().SerializeAsString()));
    EXPECT_EQ(options->ShortDebugString(), text("[emporion.access] { service: \"*\" } [emporion.deadline_ms]: ", offered[i].second->deadline_ms));
    EXPECT_EQ(offered[i].second->service_count, 1u);
    EXPECT_EQ(offered[i].second->services[0], "*");
    EXPECT_FALSE(offered[i].second->guest || offered[i].second->customer || offered[i].second->staff_count > 0);
  }
}

}  // namespace
}  // namespace emporion::remote
