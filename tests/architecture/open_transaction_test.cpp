#include <gtest/gtest.h>

#include "kernel/http/client.hpp"
#include "kernel/rpc/binding.hpp"

namespace emporion {
namespace {

constexpr rpc::Operation anyone_may{.module = "warehouse", .name = "reserve_stock", .guest = true};

class OpenTransaction : public ::testing::Test {
 protected:
  UtcTime now = UtcTime::parse("2026-01-02T03:04:05Z").value();
  CallContext context{now + seconds(2), Uuid(), Principal::guest()};
};

// Wall 3.
TEST_F(OpenTransaction, StopsTheProcessWhenAnotherModuleIsCalled) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  context.transaction_opened();
  EXPECT_DEATH((void)rpc::admit(anyone_may, context, now), "open_transactions");
}

TEST_F(OpenTransaction, IsSeenThroughEveryCopyOfTheContext) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const CallContext copy = context.as_service("order", "key").until(now + seconds(1));
  context.transaction_opened();
  EXPECT_DEATH((void)rpc::admit(anyone_may, copy, now), "open_transactions");
}

// Nobody listens on port 9; the call must not get that far.
TEST_F(OpenTransaction, StopsTheProcessWhenAProviderIsCalled) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Runtime runtime;
  http::Client client(runtime);
  const auto call = [&] {
    return run_until_done(runtime, client.send(context, http::ClientRequest{.url = "http://127.0.0.1:9/", .timeout = milliseconds(500)}));
  };
  const auto refused = call();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "PROVIDER_UNREACHABLE");
  context.transaction_opened();
  EXPECT_DEATH((void)call(), "open_transactions");
}

TEST_F(OpenTransaction, DoesNoHarmOnceItIsClosed) {
  context.transaction_opened();
  context.transaction_closed();
  EXPECT_TRUE(rpc::admit(anyone_may, context, now));
}

}  // namespace
}  // namespace emporion
