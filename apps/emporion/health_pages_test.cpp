#include "apps/emporion/health_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/observe/metrics.hpp"

namespace emporion::app {
namespace {

using ::testing::HasSubstr;

struct Health : ::testing::Test {
  http::Response ask(const std::string& path, http::Method method = http::Method::get) {
    http::Request request;
    request.method = method;
    request.path = path;
    return run_until_done(runtime, pages.handle(std::move(request)));
  }
  Runtime runtime;
  HealthPages pages;
};

TEST_F(Health, IsLiveFromTheStartAndReadyOnceItIs) {
  EXPECT_EQ(ask("/health/live").status, 200);
  EXPECT_EQ(ask("/health/ready").status, 503);
  pages.set_ready(true);
  EXPECT_EQ(ask("/health/ready").status, 200);
  EXPECT_EQ(ask("/health/ready", http::Method::head).status, 200);
  pages.set_ready(false);
  EXPECT_EQ(ask("/health/ready").status, 503);
}

TEST_F(Health, TellsTheMetrics) {
  observe::counter("emporion_health_pages_test_total", "Counted by a test.").increment();
  const auto metrics = ask("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.content_type, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(metrics.body, HasSubstr("emporion_health_pages_test_total 1\n"));
}

TEST_F(Health, HasNothingElseAndTakesNothing) {
  EXPECT_EQ(ask("/api/v1/orders").status, 404);
  EXPECT_EQ(ask("/metrics", http::Method::post).status, 405);
  EXPECT_EQ(pages.body_limit({}), 0U);
}

}  // namespace
}  // namespace emporion::app
