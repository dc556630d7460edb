#include <gtest/gtest.h>

#include "kernel/observe/metrics.hpp"
#include "kernel/remote/silent_relay.hpp"
#include "kernel/remote/test_peers.hpp"

namespace emporion::remote {
namespace {

/// A port at which nobody listens: one that was free a moment ago.
int free_port(Runtime& runtime) {
  Peer peer(runtime);
  return peer.port();
}

std::uint64_t retries_of(const std::string& module) { return observe::counter("emporion_remote_retries_total", "", {{"module", module}}).value(); }
double breaker_of(const std::string& module) { return observe::gauge("emporion_remote_breaker_state", "", {{"module", module}}).value(); }

class Replicas : public ::testing::Test {
 protected:
  Runtime runtime;
};

TEST_F(Replicas, AreCalledInTurn) {
  Peer first(runtime);
  Peer second(runtime);
  Caller caller(runtime, {first.address(), second.address()});
  EXPECT_TRUE(testing::eventually(
      runtime,
      [&] {
        EXPECT_EQ(caller.reason(), "ok");
        return first.calls > 0 && second.calls > 0;
      },
      [&] { return text(first.calls, " and ", second.calls); }));
  const int before = first.calls;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(caller.reason(), "ok");
  EXPECT_EQ(first.calls, before + 5);
}

TEST_F(Replicas, StandInForOneThatDies) {
  Peer first(runtime);
  Peer second(runtime);
  Caller caller(runtime, {first.address(), second.address()});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(caller.reason(), "ok");
  run(runtime, first.close(seconds(0)));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(caller.reason(), "ok");
  EXPECT_GE(second.calls, 50);
}

TEST_F(Replicas, AreCalledAgainOnceTheyAreBack) {
  const int port = free_port(runtime);
  Peer second(runtime);
  Caller caller(runtime, {text("127.0.0.1:", port), second.address()});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(caller.reason(), "ok");
  Peer first(runtime, {}, port);
  EXPECT_TRUE(testing::eventually(runtime, [&] { return caller.reason() == "ok" && first.calls > 0; }, [] { return std::string("no call"); }));
}

TEST_F(Replicas, ThatAreAllGoneAreUnreachableAfterThreeTries) {
  Caller caller(runtime, {text("127.0.0.1:", free_port(runtime))}, {}, "gone");
  const auto retries = retries_of("gone");
  const auto answer = caller.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "CALLEE_UNREACHABLE");
  EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable);
  EXPECT_TRUE(answer.error().is_transient());
  EXPECT_EQ(retries_of("gone"), retries + 2);
}

TEST_F(Replicas, AreTriedAgainWithinABudgetOnly) {
  Caller caller(runtime, {text("127.0.0.1:", free_port(runtime))}, {}, "thrifty");
  std::vector<Task<Result<std::string>>> calls;
  const auto retries = retries_of("thrifty");
  for (int i = 0; i < 30; ++i) calls.push_back(caller.begin());
  for (const auto& answer : run(runtime, when_all(std::move(calls)))) EXPECT_FALSE(answer);
  EXPECT_EQ(retries_of("thrifty"), retries + 13) << "10, and a tenth of 30; without a budget it were 60";
}

TEST_F(Replicas, AreNotTriedAgainOnceTheClientIsClosed) {
  Caller caller(runtime, {text("127.0.0.1:", free_port(runtime))}, {}, "closed");
  const std::size_t answered = run(runtime, [](Runtime& loop, Caller& calling) -> Task<std::size_t> {
    Scope scope;
    std::size_t answers = 0;
    constexpr int calls = 20;
    for (int i = 0; i < calls; ++i) {
      scope.spawn([](Caller& one, std::size_t& out) -> Task<void> {
        EXPECT_FALSE(co_await one.begin());
        ++out;
      }(calling, answers));
    }
    const auto retries = retries_of("closed");
    while (retries_of("closed") == retries) co_await loop.yield();
    co_await calling.close();  // While some pause before their next try.
    const std::size_t at_the_end = answers;
    co_await scope.join();
    co_return at_the_end;
  }(runtime, caller));
  EXPECT_EQ(answered, 20u) << "closed is when nothing runs any more";
}

TEST_F(Replicas, AreNotTriedAgainAfterTheDeadline) {
  Caller caller(runtime, {text("127.0.0.1:", free_port(runtime))}, {}, "hurried");
  // Two pauses would take 75 ms on average.
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(caller.call(guest_context(milliseconds(20))));
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(150));
}

TEST_F(Replicas, AreLeftAloneWhenTheyCannotBeReachedAndFoundAgain) {
  const int port = free_port(runtime);
  Caller caller(runtime, {text("127.0.0.1:", port)}, {}, "restarted");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(caller.reason(), "CALLEE_UNREACHABLE");
  const auto answer = caller.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "CALLEE_BUSY");
  EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(breaker_of("restarted"), 2);
  // Given the process is started again, then it is not half a minute until calls reach it.
  Peer peer(runtime, {}, port);
  EXPECT_TRUE(testing::eventually(runtime, [&] { return caller.reason() == "ok"; }, [&] { return text("calls: ", peer.calls); }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(caller.reason(), "ok");
  EXPECT_EQ(breaker_of("restarted"), 0);
}

TEST_F(Replicas, ThatRefuseAreReachedNevertheless) {
  Peer peer(runtime);
  Caller caller(runtime, {peer.address()}, {}, "refusing");
  for (const auto kind : {ErrorKind::unavailable, ErrorKind::internal, ErrorKind::resource_exhausted, ErrorKind::deadline_exceeded}) {
    peer.refuses = Error(kind, "DATABASE_DOWN");
    for (int i = 0; i < 30; ++i) EXPECT_EQ(caller.reason(), "DATABASE_DOWN");
  }
  EXPECT_EQ(peer.calls, 120);
  EXPECT_EQ(retries_of("refusing"), 0u);
  EXPECT_EQ(breaker_of("refusing"), 0);
}

TEST_F(Replicas, ThatFallSilentAreGivenUpWithinTenSeconds) {
  Peer peer(runtime);
  SilentRelay relay(peer.port());
  Caller caller(runtime, {text("127.0.0.1:", relay.port())}, {}, "silent");
  ASSERT_EQ(caller.reason(), "ok");
  relay.fall_silent();
  const auto began = std::chrono::steady_clock::now();
  const auto answer = caller.call(guest_context(seconds(60)));
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "CALLEE_UNREACHABLE");
  EXPECT_LT(took, seconds(20)) << "10 s until it is noticed, then 3 s for each attempt to connect anew";
}

}  // namespace
}  // namespace emporion::remote
