#include "kernel/trace/span.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/trace/tracer.hpp"

// tidy-allow-file(test_sleeps): work that takes time, interleaved with other work.
namespace emporion::trace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

std::uint64_t counted(const std::string& outcome) { return observe::counter("emporion_trace_spans_total", "", {{"outcome", outcome}}).value(); }

struct SpanTest : ::testing::Test {
  ~SpanTest() override {
    disable();
    EXPECT_FALSE(is_traced());
  }
  Uuid new_trace() { return Uuid::v7(SystemClock().now(), random); }
  std::map<std::string, SpanData> ended() {
    std::map<std::string, SpanData> out;
    for (auto& span : take(1'000)) out.emplace(span.name, span);
    return out;
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  Runtime runtime;
  SystemRandom random;
};

TEST_F(SpanTest, UntilItIsEnabledNothingIsTraced) {
  EXPECT_FALSE(begin({.trace = new_trace(), .span = 1, .sampled = true}, "request", Kind::server));
  EXPECT_FALSE(child("call", Kind::internal));
  EXPECT_FALSE(is_sampled(new_trace()));
  const SharedWork none;
  EXPECT_FALSE(none);
}

TEST_F(SpanTest, OfTheTracesAShareIsRecordedTheSameInEveryProcess) {
  const auto share_of = [&](double ratio) {
    int recorded = 0;
    for (int i = 0; i < 4'000; ++i) {
      enable({.sample_ratio = ratio});
      const Uuid trace = new_trace();
      const bool first = is_sampled(trace);
      enable({.sample_ratio = ratio});  // Another process of the same ratio.
      EXPECT_EQ(is_sampled(trace), first);
      EXPECT_EQ(static_cast<bool>(begin({.trace = trace}, "request", Kind::server)), first);
      recorded += first ? 1 : 0;
    }
    return recorded;
  };
  EXPECT_EQ(share_of(0), 0);
  EXPECT_EQ(share_of(1), 4'000);
  EXPECT_NEAR(share_of(0.25), 1'000, 140) << "five standard deviations";
}

TEST_F(SpanTest, ACallersFlagIsHonouredWhateverTheRatioAndAnUnsampledParentIsNone) {
  enable({.sample_ratio = 0});
  const Uuid trace = new_trace();
  EXPECT_FALSE(begin({.trace = trace, .span = 7, .sampled = false}, "request", Kind::server));
  EXPECT_FALSE(is_sampled(trace));
  EXPECT_TRUE(begin({.trace = trace, .span = 7, .sampled = true}, "request", Kind::server));
  EXPECT_TRUE(is_sampled(trace)) << "what comes of it later is recorded, too";
  EXPECT_FALSE(is_sampled(new_trace()));
  EXPECT_EQ(ended().at("request").parent, 7u);
  enable({.sample_ratio = 1});
  (void)begin({.trace = trace, .span = 7, .sampled = false}, "own", Kind::server);
  EXPECT_EQ(ended().at("own").parent, 0u) << "a span that nobody recorded would be missing in the trace";
}

TEST_F(SpanTest, WhoAsksForMoreTracesThanAreRememberedLosesTheOldest) {
  enable({.sample_ratio = 0});
  const Uuid oldest = new_trace();
  (void)begin({.trace = oldest, .span = 1, .sampled = true}, "request", Kind::server);
  for (int i = 0; i < 1'024; ++i) (void)begin({.trace = new_trace(), .span = 1, .sampled = true}, "request", Kind::server);
  EXPECT_FALSE(is_sampled(oldest));
}

TEST_F(SpanTest, AFullQueueDropsAndCountsAndHoldsNobodyUp) {
  enable({.sample_ratio = 1, .queue_max = 3});
  const auto before = counted("queue_full");
  for (int i = 0; i < 5; ++i) (void)begin({.trace = new_trace()}, "request", Kind::server);
  EXPECT_EQ(queued(), 3u);
  EXPECT_EQ(counted("queue_full") - before, 2u);
  EXPECT_EQ(take(2).size(), 2u);
  EXPECT_EQ(queued(), 1u);
  (void)begin({.trace = new_trace()}, "request", Kind::server);
  EXPECT_EQ(queued(), 2u) << "there is room again";
}

Task<bool> call(Runtime& runtime, std::string name) {
  const Active span(child(std::move(name), Kind::internal));
  co_await runtime.sleep_for(milliseconds(1));
  co_await runtime.yield();
  {
    const Active inner(child(span->name() + " inner", Kind::client));
  }
  co_return true;
}

Task<bool> request(Runtime& runtime, Uuid trace) {
  const Active span(begin({.trace = trace}, "request", Kind::server));
  std::vector<Task<bool>> both;
  both.push_back(call(runtime, "a"));
  both.push_back(call(runtime, "b"));
  (void)co_await when_all(std::move(both));
  (void)co_await call(runtime, "c");
  co_return true;
}

TEST_F(SpanTest, SpansHaveTheirParentsAlthoughTheirWorkIsInterleaved) {
  enable({});
  const Uuid trace = new_trace();
  EXPECT_TRUE(run(request(runtime, trace)));
  const auto spans = ended();
  ASSERT_EQ(spans.size(), 7u);
  const auto& root = spans.at("request");
  EXPECT_EQ(root.parent, 0u);
  for (const char* name : {"a", "b", "c"}) {
    const auto& outer = spans.at(name);
    const auto& inner = spans.at(std::string(name) + " inner");
    EXPECT_EQ(outer.parent, root.id) << name;
    EXPECT_EQ(inner.parent, outer.id) << name;
    EXPECT_EQ(inner.trace, trace);
    EXPECT_LE(outer.began_ns, inner.began_ns);
    EXPECT_LE(inner.ended_ns, outer.ended_ns);
    EXPECT_GE(outer.ended_ns - outer.began_ns, 1'000'000);
  }
}

TEST_F(SpanTest, SaysWhatItWasToldUntilItsEnd) {
  enable({});
  const auto span = begin({.trace = new_trace()}, "POST", Kind::server);
  const auto other = begin({.trace = new_trace()}, "other", Kind::server);
  span->rename("POST /carts");
  span->set("http.route", std::string("/carts"));
  span->set("http.response.status_code", std::int64_t{503});
  span->event("taken", {{"size", std::int64_t{2}}});
  span->link(*other.get());
  span->fail("QUEUE_FULL");
  span->fail("SECOND");
  span->end();
  span->rename("late");
  span->set("late", std::string("late"));
  span->end();
  const auto spans = ended();
  ASSERT_EQ(spans.size(), 1u);
  const auto& data = spans.at("POST /carts");
  EXPECT_TRUE(data.failed);
  EXPECT_EQ(data.error, "QUEUE_FULL");
  EXPECT_EQ(data.kind, Kind::server);
  EXPECT_THAT(data.attributes,
              ElementsAre(Field(&Attribute::key, "http.route"), Field(&Attribute::key, "http.response.status_code"), Field(&Attribute::key, "error.type")));
  ASSERT_EQ(data.events.size(), 1u);
  EXPECT_EQ(data.events[0].name, "taken");
  ASSERT_EQ(data.links.size(), 1u);
  EXPECT_EQ(data.links[0].span, other->id());
}

TEST_F(SpanTest, WorkForSeveralIsASpanBelowEach) {
  enable({});
  std::vector<FlowRef<Span>> commands{begin({.trace = new_trace()}, "first", Kind::internal), begin({.trace = new_trace()}, "second", Kind::internal)};
  {
    FlowScope scope;
    enter_all(scope, commands);
    EXPECT_EQ(current(), commands.front().get());
    SharedWork work;
    work.end({.name = "commit", .kind = Kind::client, .error = "DATABASE_RETRY"},
             [](const Uuid& trace, const void*) { return commit_span_id(trace, "order", 7); });
  }
  EXPECT_FALSE(is_traced());
  const auto spans = take(10);
  ASSERT_EQ(spans.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(spans[i].trace, commands[i]->trace());
    EXPECT_EQ(spans[i].parent, commands[i]->id());
    EXPECT_EQ(spans[i].id, commit_span_id(commands[i]->trace(), "order", 7));
    EXPECT_TRUE(spans[i].failed);
  }
  EXPECT_NE(spans[0].id, spans[1].id);
}

TEST_F(SpanTest, ACommitIsFoundByWhatItsEventsTellOfIt) {
  const Uuid trace = new_trace();
  const auto id = commit_span_id(trace, "order", 7);
  EXPECT_EQ(id, commit_span_id(trace, "order", 7));
  EXPECT_NE(id, commit_span_id(trace, "order", 8));
  EXPECT_NE(id, commit_span_id(trace, "payment", 7));
  EXPECT_NE(id, commit_span_id(new_trace(), "order", 7));
  EXPECT_NE(arrival_span_id(trace, "loyalty"), arrival_span_id(trace, "review"));
}

TEST_F(SpanTest, ABatchOfUntracedCommandsIsUntracedAlthoughATracedOneBeganIt) {
  enable({});
  const Active request(begin({.trace = new_trace()}, "request", Kind::server));
  {
    FlowScope scope;
    enter_all(scope, {});
    EXPECT_FALSE(is_traced());
  }
  EXPECT_TRUE(is_traced());
}

}  // namespace
}  // namespace emporion::trace
