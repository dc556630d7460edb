#include <gtest/gtest.h>

#include <thread>

#include "kernel/observe/metrics.hpp"
#include "kernel/remote/test_peers.hpp"
#include "kernel/rpc/cancellation.hpp"

// tidy-allow-file(test_sleeps): the deadlines of gRPC pass in real time.
namespace emporion::remote {
namespace {

class Calls : public ::testing::Test {
 protected:
  Runtime runtime;
  Peer peer{runtime};
  Caller caller{runtime, {peer.address()}};

  Result<std::string> call_with(const rpc::Operation& operation, std::string_view path, std::string request) {
    return run(runtime, caller.client().call(operation, path, guest_context(), std::move(request)));
  }
};

TEST_F(Calls, AreAnswered) {
  const auto answer = caller.call(guest_context(), std::string("\0bytes\xFF", 7));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, std::string("\0bytes\xFF", 7));
  EXPECT_EQ(caller.call(guest_context(), ""), "");
}

TEST_F(Calls, CarryWhatTheirContextSays) {
  CallContext context = guest_context(seconds(3));
  context.principal.realm = Realm::staff;
  context.principal.id = Uuid::from_name("staff");
  context.principal.permissions = {"order.*"};
  context.idempotency_key = "key";
  context.client = std::make_shared<const ClientFacts>(ClientFacts{.address = "192.0.2.1", .user_agent = "Tê\nn"});
  ASSERT_TRUE(caller.call(context));
  ASSERT_TRUE(peer.last);
  EXPECT_EQ(peer.last->trace, context.trace);
  EXPECT_EQ(peer.last->idempotency_key, "key");
  EXPECT_EQ(peer.last->principal.realm, Realm::staff);
  EXPECT_EQ(peer.last->principal.id, context.principal.id);
  EXPECT_EQ(peer.last->principal.permissions, context.principal.permissions);
  ASSERT_TRUE(peer.last->client);
  EXPECT_EQ(peer.last->client->address, "192.0.2.1");
  EXPECT_EQ(peer.last->client->user_agent, "Tê\nn");
  EXPECT_LE(peer.last->deadline, context.deadline + milliseconds(20));
  EXPECT_GE(peer.last->deadline, context.deadline - milliseconds(500));
}

TEST_F(Calls, BringEveryRefusalBackAsItWas) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::deadline_exceeded); ++kind) {
    const Error refusal =
        Error(static_cast<ErrorKind>(kind), "STOCK_SHORT", "chỉ còn 2, \"wanted\" 3\n").with("sku", "A-1").with("left", 2).with_json("list", "[1,{}]");
    peer.refuses = refusal;
    const auto answer = caller.call();
    ASSERT_FALSE(answer) << kind;
    EXPECT_EQ(answer.error().kind(), refusal.kind());
    EXPECT_EQ(answer.error().reason(), refusal.reason());
    EXPECT_EQ(answer.error().detail(), refusal.detail());
    EXPECT_EQ(answer.error().metadata(), refusal.metadata());
  }
}

TEST_F(Calls, BringALongRefusalBackWithoutItsFieldsOnlyIfItWouldNotTravel) {
  peer.refuses = Error(ErrorKind::rule_violated, "MANY").with("list", std::string(30'000, 'x'));
  EXPECT_EQ(caller.call().error().metadata(), peer.refuses->metadata());
  peer.refuses = Error(ErrorKind::rule_violated, "TOO_MANY", std::string(3'000, 'd')).with("list", std::string(100'000, 'x'));
  const auto answer = caller.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(answer.error().reason(), "TOO_MANY");
  EXPECT_EQ(answer.error().detail().size(), 3'000u);
}

TEST_F(Calls, ThatNobodyWaitsForEndAndTheCalleeIsTold) {
  peer.takes = seconds(2);
  auto context = guest_context();
  context.cancellation = std::make_shared<Cancellation>();
  const auto answer = run(runtime, [](Runtime& loop, Caller& calling, Peer& called, CallContext given) -> Task<std::optional<Result<std::string>>> {
    std::optional<Result<std::string>> out;
    Scope scope;
    scope.spawn(detail::store_result(calling.begin(given), out));
    while (called.calls == 0) co_await loop.sleep_for(milliseconds(1));
    EXPECT_TRUE(called.last->cancellation && !called.last->cancellation->is_set());
    given.cancellation->set();
    co_await scope.join();
    EXPECT_EQ(called.finished, 0) << "it was not waited for";
    co_return out;
  }(runtime, caller, peer, context));
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().reason(), "CALL_CANCELLED");
  EXPECT_TRUE(testing::eventually(runtime, [&] { return peer.last->cancellation->is_set(); }));
  // And what comes after is not sent.
  EXPECT_EQ(caller.reason(context), "CALL_CANCELLED");
  EXPECT_EQ(peer.calls, 1);
  EXPECT_TRUE(testing::eventually(runtime, [&] { return peer.finished == 1; })) << "what began runs to its end";
}

TEST_F(Calls, ThatMayChangeSomethingAreNotToldThatNobodyWaits) {
  auto context = guest_context();
  context.idempotency_key = "k";
  ASSERT_TRUE(run(runtime, caller.client().call(change_operation, change_path, context, "hello")));
  EXPECT_EQ(peer.last->cancellation, nullptr);
}

TEST_F(Calls, EndAtTheDeadlineOfTheirCaller) {
  peer.takes = milliseconds(600);
  const auto began = std::chrono::steady_clock::now();
  const auto answer = caller.call(guest_context(milliseconds(150)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::deadline_exceeded);
  EXPECT_EQ(answer.error().reason(), "DEADLINE_EXCEEDED");
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(500));
  EXPECT_TRUE(testing::eventually(runtime, [&] { return peer.finished == 1; })) << "what began runs to its end";
}

TEST_F(Calls, DoNotBeginOnceTheirCallerHasLeft) {
  // Given a process so busy that a call waits longer than its caller does
  const auto answer = run(runtime, [](Caller& calling) -> Task<std::optional<Result<std::string>>> {
    std::optional<Result<std::string>> out;
    Scope scope;
    scope.spawn(detail::store_result(calling.begin(guest_context(milliseconds(50))), out));
    std::this_thread::sleep_for(milliseconds(300));
    co_await scope.join();
    co_return out;
  }(caller));
  EXPECT_EQ(answer->error().reason(), "DEADLINE_EXCEEDED");
  // When it has time again, then the call is not begun
  EXPECT_EQ(caller.reason(), "ok");
  EXPECT_EQ(peer.calls, 1);
}

TEST_F(Calls, HaveAtMostTheTimeOfTheirOperation) {
  ASSERT_TRUE(caller.call(guest_context(hours(48))));
  EXPECT_LE(peer.last->deadline, SystemClock().now() + milliseconds(echo_operation.deadline_ms));
}

TEST_F(Calls, AreNotSentWhenTheirTimeIsOver) {
  EXPECT_EQ(caller.reason(guest_context(milliseconds(-1))), "DEADLINE_EXCEEDED");
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Calls, TakeLargeMessagesBothWays) {
  const std::string large(8u << 20, 'x');
  const auto answer = caller.call(guest_context(seconds(20)), large);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->size(), large.size());
}

TEST_F(Calls, AreRefusedWhenTheyAreTooLarge) {
  const std::string too_large((8u << 20) + (64u << 10) + 1, 'x');
  const auto unsent = call_with(echo_operation, echo_path, too_large + too_large);
  ASSERT_FALSE(unsent);
  EXPECT_EQ(unsent.error().reason(), "PAYLOAD_TOO_LARGE");
  // A caller of another version, who believes that more is allowed.
  constexpr rpc::Operation generous{.module = "sample", .name = "echo", .body_max_bytes = 16u << 20};
  const auto refused = call_with(generous, echo_path, too_large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(refused.error().kind(), ErrorKind::payload_too_large);
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Calls, WhoseAnswerIsTooLargeFail) {
  peer.answers = std::string((64u << 20) + 1, 'x');
  const auto answer = caller.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "ANSWER_TOO_LARGE");
}

TEST_F(Calls, OfWhatNobodyOffersAreUnimplemented) {
  for (const std::string_view path : {"/emporion.sample.v1.SampleApi/Nothing", "/emporion.other.v1.OtherApi/Get"}) {
    const auto answer = call_with(echo_operation, path, "");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason(), "CALLEE_UNIMPLEMENTED");
    EXPECT_EQ(answer.error().kind(), ErrorKind::unimplemented);
  }
}

TEST_F(Calls, RunSideBySide) {
  peer.takes = milliseconds(100);
  std::vector<Task<Result<std::string>>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(caller.begin(guest_context(), std::to_string(i)));
  const auto began = std::chrono::steady_clock::now();
  const auto answers = run(runtime, when_all(std::move(calls)));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(2));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(Calls, AreCounted) {
  const auto count_of = [](std::string_view outcome) {
    return observe::counter("emporion_remote_calls_total", "", {{"module", "sample"}, {"outcome", std::string(outcome)}}).value();
  };
  const auto answered = count_of("ok");
  const auto refused = count_of("not_found");
  ASSERT_TRUE(caller.call());
  peer.refuses = Error(ErrorKind::not_found, "NOT_FOUND");
  ASSERT_FALSE(caller.call());
  EXPECT_EQ(count_of("ok"), answered + 1);
  EXPECT_EQ(count_of("not_found"), refused + 1);
}

TEST_F(Calls, EndWhenTheirClientIsClosed) {
  peer.takes = milliseconds(500);
  auto answered = run(runtime, [](Runtime& loop, Caller& calling, Peer& called) -> Task<std::optional<Result<std::string>>> {
    std::optional<Result<std::string>> answer;
    Scope scope;
    scope.spawn(detail::store_result(calling.begin(), answer));
    while (called.calls == 0) co_await loop.sleep_for(milliseconds(1));
    co_await calling.close();
    EXPECT_TRUE(answer.has_value()) << "closed is when nothing runs any more";
    co_await scope.join();
    co_return answer;
  }(runtime, caller, peer));
  ASSERT_TRUE(answered);
  ASSERT_FALSE(*answered);
  EXPECT_EQ(answered->error().kind(), ErrorKind::deadline_exceeded) << "its outcome is unknown";
  EXPECT_EQ(peer.finished, 0);
}

}  // namespace
}  // namespace emporion::remote
