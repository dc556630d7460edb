#include <algorithm>

#include "kernel/messaging/event_spans.hpp"
#include "kernel/testing/feed_fixture.hpp"

// A trace goes on where its events are heard, over each binding, although no row knows a span.
namespace emporion::messaging {
namespace {

struct EventSpansTest : EachFeedTest {
  ~EventSpansTest() override { trace::disable(); }

  Uuid new_trace() { return Uuid::v7(SystemClock().now(), random); }
  /// Two events of two recorded traces and one of none, in one transaction each.
  void publish_traced(const Uuid& trace, std::int64_t number) {
    run([](EventSpansTest& test, Uuid of, std::int64_t event) -> Task<void> {
      const trace::Active root(trace::begin({.trace = of, .span = 1, .sampled = true}, "request", trace::Kind::server));
      const auto row = outbox_row(ThingHappened::topic, text("a", event), event, to_json(ThingHappened{event}), of);
      EXPECT_TRUE(co_await test.producer.run(row));
    }(*this, trace, number));
  }
  /// The spans of a trace whose name begins so.
  std::vector<trace::SpanData> find(const Uuid& trace, std::string_view name) const {
    std::vector<trace::SpanData> out;
    std::ranges::copy_if(spans, std::back_inserter(out), [&](const auto& span) { return span.trace == trace && span.name.starts_with(name); });
    return out;
  }
  void expect_a_chain(const Uuid& trace) {
    const auto commit = find(trace, "commit producer");
    const auto feed = find(trace, "feed producer.thing.happened");
    const auto process = find(trace, "process producer.thing.happened");
    const auto effect = find(trace, "commit consumer");
    ASSERT_EQ(commit.size(), 1u);
    ASSERT_EQ(feed.size(), 1u);
    ASSERT_EQ(process.size(), 1u);
    ASSERT_EQ(effect.size(), 1u);
    EXPECT_EQ(feed[0].parent, commit[0].id);
    EXPECT_EQ(process[0].parent, feed[0].id);
    EXPECT_EQ(effect[0].parent, process[0].id);
    EXPECT_EQ(process[0].kind, trace::Kind::consumer);
    EXPECT_LE(feed[0].began_ns, feed[0].ended_ns);
  }
  static std::int64_t transaction_of(const trace::SpanData& span) {
    const auto found = std::ranges::find(span.attributes, "emporion.transaction", &trace::Attribute::key);
    return found == span.attributes.end() ? -1 : std::get<std::int64_t>(found->value);
  }

  SystemRandom random;
  std::vector<trace::SpanData> spans;
};
INSTANTIATE_TEST_SUITE_P(, EventSpansTest, EachFeedTest::bindings(), [](const auto& of) { return name_of(of.param); });

TEST_P(EventSpansTest, EachRecordedEventIsAChainFromItsCommitToItsEffect) {
  trace::enable({.sample_ratio = 0});  // What is recorded is what callers asked for.
  const Uuid first = new_trace();
  const Uuid second = new_trace();
  publish_traced(first, 1);
  publish_traced(second, 2);
  publish("a", 3);
  auto reader = consumer();
  EXPECT_EQ(run(reader.drain()).value(), 3);
  run(reader.stop());
  spans = trace::take(1'000);
  expect_a_chain(first);
  expect_a_chain(second);
  EXPECT_EQ(transaction_of(find(first, "commit consumer")[0]), transaction_of(find(second, "commit consumer")[0])) << "they were applied together";
  EXPECT_NE(transaction_of(find(first, "commit producer")[0]), transaction_of(find(second, "commit producer")[0]));
  EXPECT_TRUE(std::ranges::all_of(spans, [&](const auto& span) { return span.trace == first || span.trace == second; }));
}

TEST_P(EventSpansTest, ThatACallerAskedForItTravelsWithTheEvent) {
  trace::enable({.sample_ratio = 0});
  publish_traced(new_trace(), 1);
  publish("a", 2);
  // A transaction of another test's database may hold them up for a moment.
  Result<FeedPage> page;
  ASSERT_TRUE(testing::eventually(runtime(), [&] {
    page = run(feed->read({}, {std::string(ThingHappened::topic)}, 10));
    return !page || page->items.size() >= 2;
  }));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 2u);
  EXPECT_TRUE(page->items[0].event.traced);
  EXPECT_FALSE(page->items[1].event.traced);
  trace::enable({.sample_ratio = 0});  // A consumer's process, which has never met that trace.
  note_arrival("consumer", page->items);
  const auto noted = trace::take(10);
  ASSERT_EQ(noted.size(), 1u);
  EXPECT_EQ(noted[0].trace, page->items[0].event.trace);
}

TEST_P(EventSpansTest, ARefusedEventShowsEachTry) {
  trace::enable({.sample_ratio = 1});
  listener.refuses = 1;
  const Uuid trace = new_trace();
  publish_traced(trace, 1);
  auto reader = consumer();
  EXPECT_TRUE(run(reader.drain()).has_value());
  run(reader.stop());
  spans = trace::take(1'000);
  const auto tries = find(trace, "process producer.thing.happened");
  EXPECT_EQ(tries.size(), 3u) << "once with its page, twice alone";
  EXPECT_TRUE(std::ranges::all_of(tries, [](const auto& span) { return span.error == "UNWANTED"; }));
  EXPECT_EQ(find(trace, "rollback consumer").size(), 3u);
}

}  // namespace
}  // namespace emporion::messaging
