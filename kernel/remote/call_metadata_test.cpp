#include "kernel/remote/call_metadata.hpp"

#include <gtest/gtest.h>

#include <map>

#include "kernel/security/principal_codec.hpp"

namespace emporion::remote {
namespace {

class CallMetadata : public ::testing::Test {
 protected:
  SystemRandom random;
  CallContext context{UtcTime(), Uuid::from_name("trace"), Principal::of_service("order")};

  ArrivedMetadata arrived(const std::map<std::string, std::string, std::less<>>& sent) {
    return read_metadata([&](std::string_view name) -> std::optional<std::string> {
      const auto found = sent.find(name);
      return found == sent.end() ? std::nullopt : std::optional(found->second);
    });
  }
  std::map<std::string, std::string, std::less<>> sent() {
    const Metadata metadata = metadata_of(context, random);
    return {metadata.begin(), metadata.end()};
  }
};

TEST_F(CallMetadata, BringsTheContextBack) {
  context.idempotency_key = "key 1";
  context.client = std::make_shared<const ClientFacts>(ClientFacts{.address = "2001:db8::1", .user_agent = "Mozilla/5.0"});
  const auto read = arrived(sent());
  ASSERT_TRUE(read.parent);
  EXPECT_EQ(read.parent->trace, context.trace);
  EXPECT_FALSE(read.parent->sampled) << "nothing is recorded here";
  EXPECT_EQ(read.idempotency_key, "key 1");
  ASSERT_TRUE(read.client);
  EXPECT_EQ(read.client->address, "2001:db8::1");
  EXPECT_EQ(read.client->user_agent, "Mozilla/5.0");
  EXPECT_EQ(read.principal, security::principal_to_json(context.principal));
}

TEST_F(CallMetadata, OfWhatIsNotKnownNothingTravels) {
  context.trace = Uuid();
  EXPECT_EQ(sent().size(), 1u);
  const auto read = arrived({});
  EXPECT_FALSE(read.parent);
  EXPECT_EQ(read.idempotency_key, "");
  EXPECT_FALSE(read.client);
  EXPECT_FALSE(read.principal);
}

TEST_F(CallMetadata, CarriesAnyBytesThatACallerSent) {
  for (const std::string& value : {std::string("Điện thoại"), std::string("line\nline"), std::string("\0\x01", 2), std::string(" padded ")}) {
    context.idempotency_key = value;
    context.client = std::make_shared<const ClientFacts>(ClientFacts{.address = value, .user_agent = value});
    const auto metadata = sent();
    EXPECT_FALSE(metadata.contains("idempotency-key")) << "HTTP/2 would refuse it or change it";
    const auto read = arrived(metadata);
    EXPECT_EQ(read.idempotency_key, value);
    EXPECT_EQ(read.client->address, value);
    EXPECT_EQ(read.client->user_agent, value);
  }
}

TEST_F(CallMetadata, TakesTheTraceOfForeignCallers) {
  const auto parent_of = [&](std::string value) { return arrived({{"traceparent", std::move(value)}}).parent; };
  const auto parent = parent_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace, *Uuid::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736"));
  EXPECT_EQ(parent->span, 0x00f067aa0ba902b7u);
  EXPECT_TRUE(parent->sampled);
  EXPECT_FALSE(parent_of("4bf92f3577b34da6a3ce929d0e0e4736"));
}

}  // namespace
}  // namespace emporion::remote
