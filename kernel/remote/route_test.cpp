#include "kernel/remote/route.hpp"

#include <gtest/gtest.h>

#include "kernel/base/random.hpp"

namespace emporion::remote {
namespace {

struct Greeter {
  virtual ~Greeter() = default;
  virtual Task<Result<std::string>> greet(CallContext context, std::string whom) = 0;
};
struct NamedGreeter : Greeter {
  explicit NamedGreeter(std::string name, OneShot<bool>* until = nullptr) : name(std::move(name)), until(until) {}
  Task<Result<std::string>> greet(CallContext, std::string whom) override {
    if (until != nullptr) (void)co_await *until;
    co_return name + " greets " + whom;
  }
  std::string name;
  OneShot<bool>* until;
};

struct RouteTest : ::testing::Test {
  std::shared_ptr<Calls> offering(std::string name, OneShot<bool>* until = nullptr) {
    auto calls = std::make_shared<Calls>();
    calls->bind<Greeter>(std::make_shared<NamedGreeter>(std::move(name), until));
    return calls;
  }
  CallContext within(microseconds span) {
    const UtcTime now = SystemClock().now();
    SystemRandom random;
    return CallContext(now + span, Uuid::v7(now, random), Principal::of_service("test"));
  }
  Task<Result<std::string>> greet(microseconds span = seconds(5)) {
    return through<Greeter, std::string, std::string>(route, away, &Greeter::greet, within(span), "Mai");
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  static Task<Result<std::string>> open_soon(RouteTest& test, std::shared_ptr<Calls> local) {
    co_await test.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): the call waits meanwhile.
    if (local) {
      test.route.open(std::move(local));
    } else {
      test.route.send_away();
    }
    co_return "turned";
  }
  std::string greeted_while_turning(std::shared_ptr<Calls> local) {
    std::vector<Task<Result<std::string>>> both;
    both.push_back(greet());
    both.push_back(open_soon(*this, std::move(local)));
    const auto answers = run(when_all(std::move(both)));
    return answers[0].value_or("nothing");
  }

  Runtime runtime;
  Route route{runtime};
  NamedGreeter away{"the other process"};
};

TEST_F(RouteTest, CallsGoWhereTheModuleIs) {
  route.open(offering("this process"));
  EXPECT_EQ(run(greet()).value(), "this process greets Mai");
  route.send_away();
  EXPECT_EQ(run(greet()).value(), "the other process greets Mai");
  route.open(offering("its second unit"));
  EXPECT_EQ(run(greet()).value(), "its second unit greets Mai");
}

TEST_F(RouteTest, CallsWaitWhileItIsHeldAndNoneFails) {
  EXPECT_EQ(greeted_while_turning(offering("this process")), "this process greets Mai");
  route.hold();
  EXPECT_EQ(greeted_while_turning(nullptr), "the other process greets Mai");
}

TEST_F(RouteTest, WhoCannotWaitLongerIsToldThatNothingWasDone) {
  const auto answer = run(greet(milliseconds(60)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().reason(), "MODULE_SWITCHING");
  EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable);
}

Task<Result<std::string>> hold_and_look(Runtime& runtime, Route& route, OneShot<bool>& until, bool& too_early, bool& drained) {
  co_await runtime.yield();
  route.hold();
  too_early = co_await route.drained(milliseconds(50));
  until.set(true);
  drained = co_await route.drained(seconds(5));
  co_return "held";
}

TEST_F(RouteTest, ItIsDrainedWhenTheCallsUnderWayHaveEnded) {
  OneShot<bool> until;
  route.open(offering("this process", &until));
  bool too_early = true, drained = false;
  std::vector<Task<Result<std::string>>> both;
  both.push_back(greet());
  both.push_back(hold_and_look(runtime, route, until, too_early, drained));
  const auto answers = run(when_all(std::move(both)));
  EXPECT_EQ(answers[0].value(), "this process greets Mai");
  EXPECT_FALSE(too_early);
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace emporion::remote
