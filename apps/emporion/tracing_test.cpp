#include "apps/emporion/tracing.hpp"

#include <gtest/gtest.h>

#include "kernel/trace/tracer.hpp"

namespace emporion::app {
namespace {

struct TracingTest : ::testing::Test {
  ~TracingTest() override { trace::disable(); }

  /// Starts what that placement says, and closes it again. Answers whether work was traced in between.
  Result<bool> traced(const std::string& yaml) {
    placement.settings = config::Settings::parse(yaml).value();
    return run_until_done(runtime, [](Runtime& runtime, const Placement& placement) -> Task<Result<bool>> {
      Tracing tracing(runtime, placement);
      EMP_CO_TRY(placement.settings.check());
      EMP_CO_TRY(tracing.start());
      const bool enabled = trace::is_enabled();
      co_await tracing.close();
      EXPECT_FALSE(trace::is_enabled());
      co_return enabled;
    }(runtime, placement));
  }
  std::string refused(const std::string& yaml) {
    const auto result = traced(yaml);
    EXPECT_FALSE(result) << yaml;
    return result ? "" : result.error().reason() + ": " + result.error().detail();
  }

  Runtime runtime;
  Placement placement;
};

TEST_F(TracingTest, WithoutAnEndpointNothingIsTraced) {
  EXPECT_FALSE(traced("").value());
  EXPECT_FALSE(traced("trace:\n  sample_ratio: 1\n").value());
  EXPECT_TRUE(traced("trace:\n  endpoint: http://127.0.0.1:1\n").value());
}

TEST_F(TracingTest, WhatCannotBeMeantStopsTheStart) {
  EXPECT_EQ(refused("trace:\n  endpoint: 127.0.0.1:4318\n"),
            "CONFIG_INVALID: trace.endpoint: '127.0.0.1:4318' is no address of a collector; write http://HOST:4318, without /v1/traces");
  EXPECT_EQ(refused("trace:\n  sample_ratio: 5\n"), "CONFIG_INVALID: trace.sample_ratio (line 2): a number from 0 to 1 expected, '5' found");
}

}  // namespace
}  // namespace emporion::app
