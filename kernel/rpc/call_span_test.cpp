#include "kernel/rpc/call_span.hpp"

#include <gtest/gtest.h>

#include "kernel/trace/tracer.hpp"

namespace emporion::rpc {
namespace {

constexpr Operation create_order{.module = "order", .name = "create_order"};
constexpr Operation confirm_order{.module = "order", .name = "confirm_order"};
const Error refused(ErrorKind::conflict, "SOLD_OUT", "none left for mai@example.com");

struct CallSpanTest : ::testing::Test {
  CallSpanTest() { trace::enable({.sample_ratio = 0}); }
  ~CallSpanTest() override { trace::disable(); }

  static std::string attribute(const trace::SpanData& span, std::string_view key) {
    for (const auto& each : span.attributes) {
      if (each.key == key) return std::get<std::string>(each.value);
    }
    return "";
  }

  const trace::Parent caller{.trace = Uuid::from_name("a trace"), .span = 7, .sampled = true};
};

TEST_F(CallSpanTest, ACallInOneProcessIsASpanBelowItsCaller) {
  {
    const trace::Active request(trace::begin(caller, "request", trace::Kind::server));
    {
      const CallSpan call(create_order);
      EXPECT_EQ(trace::current()->name(), "order.create_order");
      record_call(create_order, &refused, microseconds(1));
    }
    EXPECT_EQ(trace::current()->name(), "request");
  }
  const auto spans = trace::take(10);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].parent, spans[1].id);
  EXPECT_EQ(spans[0].kind, trace::Kind::internal);
  EXPECT_EQ(spans[0].error, "SOLD_OUT") << "the reason, and nothing of what the detail says";
  EXPECT_EQ(attribute(spans[0], "rpc.system"), "in_process");
  EXPECT_EQ(attribute(spans[0], "rpc.service"), "order");
  EXPECT_EQ(attribute(spans[0], "rpc.method"), "create_order");
  EXPECT_FALSE(spans[1].failed);
}

TEST_F(CallSpanTest, ACallFromAnotherProcessIsOneSpanHere) {
  {
    const CallSpan arrived(create_order, "grpc", caller);
    const CallSpan same(create_order);
    const CallSpan another(confirm_order);
    arrived.ended(&refused);
  }
  const auto spans = trace::take(10);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].name, "order.confirm_order");
  EXPECT_EQ(spans[1].name, "order.create_order");
  EXPECT_EQ(spans[1].kind, trace::Kind::server);
  EXPECT_EQ(spans[1].parent, 7u);
  EXPECT_EQ(spans[1].error, "SOLD_OUT");
  EXPECT_EQ(attribute(spans[1], "rpc.system"), "grpc");
}

TEST_F(CallSpanTest, ACallerThatDoesNotRecordDecides) {
  trace::enable({.sample_ratio = 1});
  {
    const CallSpan arrived(create_order, "grpc", {.trace = caller.trace, .span = 7, .sampled = false});
    const CallSpan sent(create_order, "grpc");
    EXPECT_FALSE(trace::is_traced());
  }
  EXPECT_EQ(trace::queued(), 0u);
}

}  // namespace
}  // namespace emporion::rpc
