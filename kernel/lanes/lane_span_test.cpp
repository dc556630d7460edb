#include "kernel/lanes/lane_span.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/lanes/lane.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion {
namespace {

using IntLane = Lane<int, int>;

/// What a command's batch does is one transaction.
Task<Result<IntLane::Answers>> commit(Runtime& runtime, IntLane::Batch batch) {
  trace::SharedWork work;
  co_await runtime.sleep_for(milliseconds(2));  // tidy-allow(test_sleeps): a batch that takes time, so that others gather.
  IntLane::Answers answers;
  for (const int command : batch) {
    if (command < 0) {
      answers.push_back(fail(ErrorKind::rule_violated, "NEGATIVE"));
    } else {
      answers.push_back(command);
    }
  }
  work.end({.name = text("commit of ", batch.size())});
  co_return answers;
}

struct LaneSpanTest : ::testing::Test {
  ~LaneSpanTest() override { trace::disable(); }

  Task<Result<int>> ask(int command, bool traced) {
    const trace::Active request(traced ? trace::begin({.trace = Uuid::v7(SystemClock().now(), random)}, text("request ", command), trace::Kind::server)
                                       : FlowRef<trace::Span>());
    co_return co_await lane.submit(command);
  }
  Task<bool> ask_all(std::vector<std::pair<int, bool>> commands) {
    std::vector<Task<Result<int>>> tasks;
    for (const auto& [command, traced] : commands) tasks.push_back(ask(command, traced));
    (void)co_await when_all(std::move(tasks));
    co_return true;
  }
  /// The first one, and as soon as its batch is under way all others.
  Task<bool> ask_behind(std::pair<int, bool> first, std::vector<std::pair<int, bool>> others) {
    std::vector<Task<bool>> both;
    both.push_back(ask_all({first}));
    both.push_back([](LaneSpanTest& test, std::vector<std::pair<int, bool>> commands) -> Task<bool> {
      while (test.batches == 0) co_await test.runtime.yield();
      co_return co_await test.ask_all(std::move(commands));
    }(*this, std::move(others)));
    (void)co_await when_all(std::move(both));
    co_return true;
  }
  /// The spans by name, in the trace of that request.
  std::map<std::string, trace::SpanData> trace_of(int command) const {
    std::map<std::string, trace::SpanData> out;
    for (const auto& root : spans) {
      if (root.name != text("request ", command)) continue;
      for (const auto& span : spans) {
        if (span.trace == root.trace) out.emplace(span.name.substr(0, span.name.find(' ')), span);
      }
    }
    return out;
  }
  static std::int64_t number(const trace::SpanData& span, std::string_view key) {
    for (const auto& attribute : span.events.at(0).attributes) {
      if (attribute.key == key) return std::get<std::int64_t>(attribute.value);
    }
    return -1;
  }

  Runtime runtime;
  SystemRandom random;
  int batches = 0;
  IntLane lane{runtime, {.name = "test.lane"}, [this](IntLane::Batch batch) {
                 ++batches;
                 return commit(runtime, std::move(batch));
               }};
  std::vector<trace::SpanData> spans;
};

TEST_F(LaneSpanTest, EachTracedCommandShowsItsWaitItsBatchAndTheSharedTransaction) {
  trace::enable({});
  // The first goes alone; the others share a batch, one of them untraced.
  run_until_done(runtime, ask_behind({1, true}, {{2, true}, {3, false}, {-4, true}}));
  spans = trace::take(100);
  EXPECT_EQ(spans.size(), 9u);
  for (const int command : {1, 2, -4}) {
    const auto trace = trace_of(command);
    ASSERT_EQ(trace.size(), 3u) << command;
    EXPECT_EQ(trace.at("lane").name, "lane test.lane");
    EXPECT_EQ(trace.at("lane").parent, trace.at("request").id);
    EXPECT_EQ(trace.at("commit").parent, trace.at("lane").id);
    EXPECT_EQ(trace.at("commit").name, command == 1 ? "commit of 1" : "commit of 3");
    EXPECT_EQ(number(trace.at("lane"), "emporion.lane.batch_size"), command == 1 ? 1 : 3);
  }
  EXPECT_LT(number(trace_of(1).at("lane"), "emporion.lane.wait_us"), number(trace_of(2).at("lane"), "emporion.lane.wait_us"));
  EXPECT_GE(number(trace_of(2).at("lane"), "emporion.lane.wait_us"), 1'000) << "it waited for the first batch";
  EXPECT_EQ(trace_of(2).at("commit").began_ns, trace_of(-4).at("commit").began_ns) << "it was one transaction";
  EXPECT_TRUE(trace_of(2).at("lane").links.empty());
  ASSERT_EQ(trace_of(-4).at("lane").links.size(), 1u);
  EXPECT_EQ(trace_of(-4).at("lane").links[0].span, trace_of(2).at("lane").id);
  EXPECT_EQ(trace_of(-4).at("lane").error, "NEGATIVE");
  EXPECT_FALSE(trace_of(2).at("lane").failed);
}

TEST_F(LaneSpanTest, ABatchOfUntracedCommandsIsNoPartOfTheTraceThatBeganIt) {
  trace::enable({});
  run_until_done(runtime, ask_behind({1, true}, {{2, false}}));
  EXPECT_EQ(batches, 2);
  spans = trace::take(100);
  EXPECT_EQ(spans.size(), 3u) << "the second batch was drained by the first command's flow";
}

TEST_F(LaneSpanTest, WithoutTracingThereIsNothing) {
  run_until_done(runtime, ask_all({{1, true}, {2, true}}));
  EXPECT_EQ(trace::queued(), 0u);
}

}  // namespace
}  // namespace emporion
