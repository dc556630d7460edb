#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "kernel/async/runtime.hpp"

namespace emporion::testing {

/// Runs the loop until `condition` holds, and fails with what `seen` says after `limit`. Where time cannot be moved by hand (a real server, another process) a
/// test waits so, never by a fixed span: `EXPECT_TRUE(eventually(runtime(), [&] { return job.runs > 2; }, [&] { return text("runs: ", job.runs); }));`
template <typename Condition, typename Seen>
::testing::AssertionResult eventually(Runtime& runtime, Condition condition, Seen seen, milliseconds limit = seconds(20)) {
  constexpr milliseconds step(5);
  for (milliseconds waited(0); !condition(); waited += step) {
    if (waited >= limit) return ::testing::AssertionFailure() << "not within " << limit.count() << " ms; last seen: " << seen();
    (void)run_until_done(runtime, [](Runtime& loop, milliseconds span) -> Task<bool> {
      co_await loop.sleep_for(span);
      co_return true;
    }(runtime, step));
  }
  return ::testing::AssertionSuccess();
}
template <typename Condition>
::testing::AssertionResult eventually(Runtime& runtime, Condition condition) {
  return eventually(runtime, std::move(condition), [] { return std::string("the condition does not hold"); });
}

}  // namespace emporion::testing
