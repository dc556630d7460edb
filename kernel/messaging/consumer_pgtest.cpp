#include "kernel/testing/feed_fixture.hpp"

// Effects, order and dead letters.
namespace emporion::messaging {
namespace {

struct ConsumerTest : EachFeedTest {};
INSTANTIATE_TEST_SUITE_P(, ConsumerTest, EachFeedTest::bindings(), [](const auto& of) { return name_of(of.param); });

TEST_P(ConsumerTest, EachEventTakesEffectOnceAndInOrder) {
  for (int i = 1; i <= 5; ++i) publish("a", i);
  auto first = consumer();
  EXPECT_EQ(run(first.drain()).value(), 5);
  EXPECT_EQ(effects(), "a1 a2 a3 a4 a5");
  // Another replica comes later with its own memory: the position in the database tells it that nothing is left. The lease of the first must be free first.
  run(first.stop());
  auto second = consumer();
  publish("a", 6);
  EXPECT_EQ(run(second.drain()).value(), 1);
  EXPECT_EQ(effects(), "a1 a2 a3 a4 a5 a6");
  run(second.stop());
}

Task<Result<>> commit_out_of_order(postgres::Database& producer, CallContext slow_context, CallContext fast_context, EventFeed& feed, Consumer& consumer,
                                   int& seen_early) {
  EMP_CO_ASSIGN(auto slow, co_await producer.begin(slow_context));
  EMP_CO_TRY(co_await slow.run(outbox_row(ThingHappened::topic, "slow", 1, to_json(ThingHappened{1}), Uuid())));
  // A younger transaction writes and commits while the older one is still open.
  EMP_CO_ASSIGN(auto fast, co_await producer.begin(fast_context));
  EMP_CO_TRY(co_await fast.run(outbox_row(ThingHappened::topic, "fast", 2, to_json(ThingHappened{2}), Uuid())));
  EMP_CO_TRY(co_await fast.commit());
  EMP_CO_ASSIGN(const auto page, co_await feed.read({}, {std::string(ThingHappened::topic)}, 10));
  seen_early = static_cast<int>(page.items.size());
  EMP_CO_TRY(co_await slow.commit());
  EMP_CO_TRY(co_await consumer.drain());
  co_return Result<>();
}

TEST_P(ConsumerTest, ATransactionThatCommitsLateLosesNoEvent) {
  auto reader = consumer();
  int seen_early = -1;
  ASSERT_TRUE(run(commit_out_of_order(producer, context(), context(), *feed, reader, seen_early)).has_value());
  EXPECT_EQ(seen_early, 0);  // Reading `id > last` would have shown 2 here and never 1.
  EXPECT_EQ(effects(), "slow1 fast2");
  run(reader.stop());
}

TEST_P(ConsumerTest, APoisonEventParksItsAggregateOnly) {
  listener.refuses = 2;
  publish("a", 1);
  publish("a", 2);
  publish("a", 3);
  publish("b", 4);
  auto reader = consumer();
  ASSERT_TRUE(run(reader.drain()).has_value());
  // The refused event left nothing behind, its successor waits, the other aggregate went on.
  EXPECT_EQ(effects(), "a1 b4");
  auto letters = run(dead_letters(database(), 10)).value();
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].aggregate_id, "a");
  EXPECT_NE(letters[0].error.find("UNWANTED"), std::string::npos);

  // Once the cause is mended, staff put it back in line: both take effect, in order.
  listener.refuses = -1;
  ASSERT_TRUE(run(redeliver(database(), letters[0].event_id)).has_value());
  ASSERT_TRUE(run(reader.drain()).has_value());
  EXPECT_EQ(effects(), "a1 b4 a2 a3");
  EXPECT_TRUE(run(dead_letters(database(), 10)).value().empty());
  // A second redelivery changes nothing.
  ASSERT_TRUE(run(redeliver(database(), letters[0].event_id)).has_value());
  ASSERT_TRUE(run(reader.drain()).has_value());
  EXPECT_EQ(effects(), "a1 b4 a2 a3");
  run(reader.stop());
}

TEST_P(ConsumerTest, ASkippedEventLetsItsSuccessorsGoOn) {
  listener.refuses = 1;
  publish("a", 1);
  publish("a", 2);
  auto reader = consumer();
  ASSERT_TRUE(run(reader.drain()).has_value());
  const auto letters = run(dead_letters(database(), 10)).value();
  ASSERT_TRUE(run(skip(database(), letters[0].event_id, "not ours")).has_value());
  ASSERT_TRUE(run(reader.drain()).has_value());
  EXPECT_EQ(effects(), "a2");
  EXPECT_EQ(value("SELECT reason FROM dead_letter WHERE state = 'skipped'"), "not ours");
  EXPECT_EQ(run(skip(database(), Uuid(), "nothing there")).error().reason(), "DEAD_LETTER_NOT_FOUND");
  run(reader.stop());
}

TEST_P(ConsumerTest, AnUnreadablePayloadIsADeadLetter) {
  ASSERT_TRUE(run(producer.run(outbox_row(ThingHappened::topic, "a", 1, R"({"numbr":1})", Uuid()))).has_value());
  publish("b", 2);
  auto reader = consumer();
  ASSERT_TRUE(run(reader.drain()).has_value());
  EXPECT_EQ(effects(), "b2");
  EXPECT_NE(run(dead_letters(database(), 10)).value().at(0).error.find("MISSING_FIELD"), std::string::npos);
  run(reader.stop());
}

struct ThingEnded : ThingHappened {
  static constexpr std::string_view topic = "producer.thing.ended";
};

struct EndListener {
  Listener& listener;
  Task<Result<>> on_end(postgres::UnitOfWork& work, Envelope envelope, ThingEnded event) { return listener.on_thing(work, std::move(envelope), event); }
};

TEST_P(ConsumerTest, EventsOfATopicThatFollowEachOtherAreHandledAtOnce) {
  publish("a", 1);
  publish("b", 2);
  ASSERT_TRUE(run(producer.run(outbox_row(ThingEnded::topic, "a", 3, to_json(ThingHappened{3}), Uuid()))).has_value());
  publish("a", 4);
  Subscriptions subscriptions;
  EndListener end{listener};
  subscriptions.on_many<ThingHappened>(&listener, &Listener::on_things);
  subscriptions.on<ThingEnded>(&end, &EndListener::on_end);
  Consumer reader(runtime(), database(), std::move(subscriptions), {feed}, {.retry_first = milliseconds(1)});
  EXPECT_EQ(run(reader.drain()).value(), 4);
  EXPECT_EQ(effects(), "a1 b2 a3 a4");
  EXPECT_EQ(listener.at_once, (std::vector<std::size_t>{2, 1}));

  // One that is refused takes nothing along but its aggregate's later ones.
  listener.refuses = 6;
  for (int i = 5; i <= 7; ++i) publish(i == 6 ? "b" : "a", i);
  ASSERT_TRUE(run(reader.drain()).has_value());
  EXPECT_EQ(effects(), "a1 b2 a3 a4 a5 a7");
  const auto letters = run(dead_letters(database(), 10)).value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].aggregate_id, "b");
  // Put back in line it goes the same way.
  listener.refuses = -1;
  ASSERT_TRUE(run(redeliver(database(), letters[0].event_id)).has_value());
  ASSERT_TRUE(run(reader.drain()).has_value());
  EXPECT_EQ(effects(), "a1 b2 a3 a4 a5 a7 b6");
  run(reader.stop());
}

}  // namespace
}  // namespace emporion::messaging
