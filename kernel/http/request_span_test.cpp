#include "kernel/http/request_span.hpp"

#include <gtest/gtest.h>

#include "kernel/http/client.hpp"
#include "kernel/http/server.hpp"
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

/// Takes its time, and looks in whose flow it is asked what belongs to no request yet.
class SlowApplication final : public Application {
 public:
  explicit SlowApplication(Runtime& runtime) : runtime_(runtime) {}
  std::size_t body_limit(const Request&) const override {
    traced_heads += trace::is_traced() ? 1 : 0;
    return 1'000;
  }
  Task<Response> handle(Request request) override {
    traces.push_back(request.trace);
    const bool traced = trace::is_traced();
    co_await runtime_.sleep_for(milliseconds(20));  // tidy-allow(test_sleeps): so that other requests come meanwhile.
    EXPECT_EQ(trace::is_traced(), traced);
    co_return Response{.body = traced ? "traced" : "untraced"};
  }
  Response refuse(const Error& error) override { return problem(error, Uuid(), ""); }

  mutable int traced_heads = 0;
  std::vector<Uuid> traces;

 private:
  Runtime& runtime_;
};

Task<Result<Response>> get(Client& client, std::string url, std::string traceparent) {
  ClientRequest request{.url = std::move(url)};
  if (!traceparent.empty()) request.headers.push_back({"traceparent", std::move(traceparent)});
  co_return co_await client.send(std::move(request));
}

Task<std::vector<Result<Response>>> get_both(Client& client, Server& server) {
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  std::vector<Task<Result<Response>>> both;
  both.push_back(get(client, url, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  both.push_back(get(client, url, ""));
  auto answers = co_await when_all(std::move(both));
  answers.push_back(co_await get(client, url, ""));
  co_await server.close(seconds(2));
  co_return answers;
}

TEST_F(RequestSpanTest, ARequestUnderWayLendsItsTraceToNoOther) {
  trace::enable({.sample_ratio = 0});
  Runtime runtime;
  SlowApplication application(runtime);
  Server server(runtime, application);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Client client(runtime);
  const auto answers = run_until_done(runtime, get_both(client, server));
  EXPECT_EQ(answers[0]->body, "traced");
  EXPECT_EQ(answers[1]->body, "untraced");
  EXPECT_EQ(answers[2]->body, "untraced");
  EXPECT_EQ(application.traced_heads, 0);
  EXPECT_FALSE(trace::is_traced());
  const auto spans = trace::take(10);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].trace, *Uuid::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736"));
  EXPECT_EQ(spans[0].parent, 0x00f067aa0ba902b7u);
  EXPECT_EQ(application.traces.size(), 3u);
}

}  // namespace
}  // namespace emporion::http
