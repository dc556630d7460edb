#include "kernel/rpc/cancellation.hpp"

#include <gtest/gtest.h>

#include "kernel/rpc/call_context.hpp"

namespace emporion {
namespace {

TEST(Cancellation, IsHeardOnceByWhoeverListensThen) {
  const auto cancellation = std::make_shared<Cancellation>();
  int early = 0;
  int heard = 0;
  {
    const Cancellation::Listener gone(cancellation, [&] { ++early; });
  }
  const Cancellation::Listener one(cancellation, [&] { ++heard; });
  const Cancellation::Listener other(cancellation, [&] { ++heard; });
  EXPECT_FALSE(cancellation->is_set());
  cancellation->set();
  cancellation->set();
  EXPECT_TRUE(cancellation->is_set());
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(early, 0);
  const Cancellation::Listener late(cancellation, [&] { ++heard; });
  EXPECT_EQ(heard, 3) << "it was cancelled before";
}

TEST(Cancellation, IsListenedToWhereThereIsNone) {
  int heard = 0;
  {
    const Cancellation::Listener listener(nullptr, [&] { ++heard; });
  }
  EXPECT_EQ(heard, 0);
}

TEST(Cancellation, GoesAlongWithACallsContext) {
  CallContext context(UtcTime::from_micros(1), Uuid(), Principal::guest());
  EXPECT_EQ(context.cancellation, nullptr);
  context.cancellation = std::make_shared<Cancellation>();
  EXPECT_EQ(context.as_service("checkout").cancellation, context.cancellation);
  EXPECT_EQ(context.until(UtcTime()).cancellation, context.cancellation);
}

}  // namespace
}  // namespace emporion
