#include "kernel/otlp/exporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

#include "kernel/base/random.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/trace/tracer.hpp"
#include "tests/simulators/otlp/collector_simulator.hpp"

// tidy-allow-file(test_sleeps): looks again and again whether something has been sent.
namespace emporion::otlp {
namespace {

using simulators::CollectorSimulator;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;
using Steady = std::chrono::steady_clock;

std::uint64_t counted(const std::string& outcome) { return observe::counter("emporion_trace_spans_total", "", {{"outcome", outcome}}).value(); }

struct ExporterTest : ::testing::Test {
  ExporterTest() {
    trace::enable({.sample_ratio = 0, .queue_max = 2'000});  // The collector of this process is not to be traced.
    EXPECT_TRUE(collector.listen());
    options = {.endpoint = collector.url(),
               .service = {.name = "commerce", .instance = "2", .version = "1.2"},
               .batch_max = 10,
               .wait_max = milliseconds(60),
               .look_every = milliseconds(5),
               .request_timeout = milliseconds(500),
               .retry_first = milliseconds(20)};
  }
  ~ExporterTest() override { trace::disable(); }

  void end_spans(int count) {
    for (int i = 0; i < count; ++i) {
      const auto span = trace::begin({.trace = Uuid::v7(SystemClock().now(), random), .span = 1, .sampled = true}, "request", trace::Kind::server);
      span->set("http.route", std::string("/carts"));
    }
  }
  /// Exports until `is_done`, at most `limit`, then closes with `patience`. Answers how long the closing took.
  template <typename Done>
  Steady::duration export_until(Done is_done, milliseconds patience = seconds(2), milliseconds limit = seconds(20)) {
    return run_until_done(runtime, drive(is_done, patience, limit));
  }
  template <typename Done>
  Task<Steady::duration> drive(Done is_done, milliseconds patience, milliseconds limit) {
    Exporter exporter(runtime, options);
    exporter.start();
    for (const auto end = Steady::now() + limit; !is_done() && Steady::now() < end;) co_await runtime.sleep_for(milliseconds(2));
    EXPECT_TRUE(is_done());
    const auto closing_at = Steady::now();
    co_await exporter.close(patience);
    const auto took = Steady::now() - closing_at;
    co_await collector.close();
    EXPECT_EQ(collector.unreadable(), 0);
    co_return took;
  }
  std::size_t received() const { return collector.spans().size(); }

  Runtime runtime;
  SystemClock clock;
  SystemRandom random;
  CollectorSimulator collector{runtime, clock, {}};
  ExporterOptions options;
  const std::uint64_t sent_before = counted("sent");
  const std::uint64_t lost_before = counted("lost");
  const std::uint64_t refused_before = counted("refused");
};

TEST_F(ExporterTest, ManySpansGoInFullBatchesAndFewWaitForTheTime) {
  end_spans(25);
  export_until([&] { return received() == 25; });
  EXPECT_THAT(collector.requests(), ElementsAre(10, 10, 5));
  EXPECT_EQ(counted("sent") - sent_before, 25u);
  const auto& span = collector.spans().front();
  EXPECT_EQ(span.name, "request");
  EXPECT_EQ(span.attributes.at("http.route"), "/carts");
  EXPECT_EQ(span.resource.at("service.name"), "commerce");
  EXPECT_EQ(span.resource.at("service.instance.id"), "2");
  EXPECT_EQ(span.resource.at("service.version"), "1.2");
}

TEST_F(ExporterTest, WhatCannotBeTakenNowIsSentAgainAfterThePauseThatWasAskedFor) {
  for (const int status : {429, 502, 503, 504}) collector.order({.status = status});
  collector.order({.status = 200});
  end_spans(3);
  export_until([&] { return received() == 3; });
  EXPECT_EQ(collector.requests().size(), 5u);
  EXPECT_EQ(counted("sent") - sent_before, 3u);
  EXPECT_EQ(counted("lost") + counted("refused"), lost_before + refused_before);
}

TEST_F(ExporterTest, RetryAfterIsHonoured) {
  collector.order({.status = 503, .headers = {{"Retry-After", "1"}}});
  end_spans(1);
  const auto began = Steady::now();
  export_until([&] { return received() == 1; });
  EXPECT_GE(Steady::now() - began, seconds(1)) << "its own pause would be 20 ms";
}

TEST_F(ExporterTest, ARefusalLosesTheBatchAndTheNextOneGoesOut) {
  collector.order({.status = 400});
  end_spans(12);
  export_until([&] { return received() == 2; });
  EXPECT_THAT(collector.requests(), ElementsAre(10, 2)) << "it is not sent again";
  EXPECT_EQ(counted("refused") - refused_before, 10u);
  EXPECT_EQ(counted("sent") - sent_before, 2u);
}

TEST_F(ExporterTest, WhatACollectorSaysItDidNotTakeIsCounted) {
  collector.order({.status = 200, .rejected = 2});
  end_spans(5);
  export_until([&] { return received() == 5; });
  EXPECT_EQ(counted("refused") - refused_before, 2u);
  EXPECT_EQ(counted("sent") - sent_before, 3u);
}

TEST_F(ExporterTest, WithoutACollectorSpansAreLostAndCountedAfterSomeTries) {
  run_until_done(runtime, [](CollectorSimulator& gone) -> Task<bool> {
    co_await gone.close();
    co_return true;
  }(collector));
  options.tries_max = 3;
  end_spans(4);
  run_until_done(runtime, [](ExporterTest& test) -> Task<bool> {
    Exporter exporter(test.runtime, test.options);
    exporter.start();
    while (counted("lost") == test.lost_before) co_await test.runtime.sleep_for(milliseconds(2));
    co_await exporter.close(milliseconds(100));
    co_return true;
  }(*this));
  EXPECT_EQ(counted("lost") - lost_before, 4u);
}

TEST_F(ExporterTest, ClosingSendsWhatWaits) {
  options.wait_max = seconds(3'600);
  end_spans(7);
  export_until([] { return true; });
  EXPECT_EQ(received(), 7u);
  EXPECT_EQ(trace::queued(), 0u);
}

TEST_F(ExporterTest, ClosingIsBoundedAlthoughTheCollectorIsSilent) {
  collector.order({.status = 503});
  for (int i = 0; i < 20; ++i) collector.order({.status = 0});
  options.wait_max = seconds(3'600);
  options.request_timeout = seconds(20);
  options.retry_first = seconds(30);
  options.retry_most = seconds(30);
  end_spans(25);
  const auto took = export_until([] { return true; }, milliseconds(300));
  EXPECT_GE(took, milliseconds(250)) << "it tried";
  EXPECT_LT(took, seconds(2)) << "its own timeouts and tries would be longer";
  EXPECT_EQ(received(), 0u);
  EXPECT_EQ(counted("lost") - lost_before, 25u) << "each is accounted for";
}

TEST(ExporterEndpoint, IsAnAddressOfACollector) {
  for (const char* good : {"http://127.0.0.1:4318", "https://collector.example.com", "http://collector:4318/"}) EXPECT_TRUE(Exporter::check(good)) << good;
  for (const char* bad : {"", "127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://", "http://a b", "http://user:word@host:4318"}) {
    const auto checked = Exporter::check(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().reason(), "CONFIG_INVALID");
  }
}

}  // namespace
}  // namespace emporion::otlp
