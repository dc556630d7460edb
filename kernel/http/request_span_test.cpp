#include "kernel/http/request_span.hpp"

#include <gtest/gtest.h>

#include "kernel/trace/tracer.hpp"

namespace emporion::http {
namespace {

struct RequestSpanTest : ::testing::Test {
  ~RequestSpanTest() override { trace::disable(); }

  trace::Parent origin(std::vector<Header> headers) {
    request.headers = std::move(headers);
    return origin_of(request, UtcTime::from_micros(1'750'000'000'000'000), random);
  }

  SystemRandom random;
  Request request{.method = Method::post, .target = "/api/v1/customers/42?email=mai@example.com", .path = "/api/v1/customers/42"};
};

TEST_F(RequestSpanTest, TheTraceIsTheCallersElseTheRequestIdElseNew) {
  const std::string_view id = "018f4e9a-7c1b-7000-8000-00000000002a";
  const auto from_caller = origin({{"x-request-id", std::string(id)}, {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
  EXPECT_EQ(from_caller.trace, *Uuid::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736"));
  EXPECT_EQ(from_caller.span, 0x00f067aa0ba902b7u);
  EXPECT_TRUE(from_caller.sampled);
  const auto by_id = origin({{"x-request-id", std::string(id)}, {"traceparent", "broken"}});
  EXPECT_EQ(by_id.trace, *Uuid::parse(id));
  EXPECT_FALSE(by_id.sampled);
  EXPECT_FALSE(origin({{"x-request-id", "mine"}}).trace.is_nil());
  EXPECT_NE(origin({}).trace, origin({}).trace);
}

TEST_F(RequestSpanTest, IsNamedAfterItsRouteAndHoldsNothingThatWasSent) {
  trace::enable({});
  Route route{.method = Method::post, .path_template = "/api/v1/customers/{id}"};
  {
    const RequestSpan span(request, origin({}));
    name_span(Method::post, route);
    span.answered(503);
  }
  const auto spans = trace::take(10);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "POST /api/v1/customers/{id}");
  EXPECT_EQ(spans[0].error, "503");
  for (const auto& [key, value] : spans[0].attributes) {
    const auto* words = std::get_if<std::string>(&value);
    EXPECT_TRUE(words == nullptr || (words->find("42") == std::string::npos && words->find('@') == std::string::npos)) << key;
  }
}

TEST_F(RequestSpanTest, ARequestThatMatchesNoRouteHasItsMethodsName) {
  trace::enable({});
  {
    RequestSpan(request, origin({})).answered(404);
  }
  const auto spans = trace::take(10);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "POST");
  EXPECT_FALSE(spans[0].failed) << "the client's fault is no failure of the server";
}

}  // namespace
}  // namespace emporion::http
