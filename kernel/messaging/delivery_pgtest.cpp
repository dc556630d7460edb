#include "kernel/testing/feed_fixture.hpp"

// From the commit to the effect, however long the way is: replay, slow and dead consumers, hints and their loss, what holds a feed up.
namespace emporion::messaging {
namespace {

struct DeliveryTest : EachFeedTest {};
INSTANTIATE_TEST_SUITE_P(, DeliveryTest, EachFeedTest::bindings(), [](const auto& of) { return name_of(of.param); });

constexpr ConsumerOptions without_polling{.poll = hours(1), .retry_first = milliseconds(1)};
constexpr ConsumerOptions often_polling{.poll = milliseconds(20), .retry_first = milliseconds(1)};

TEST_P(DeliveryTest, AConsumerThatComesLateReadsEverythingFromTheBeginning) {
  publish_many(1, 1'000);
  publish_many(1'001, 1'100, 60'000);  // Six megabytes: more than one page has between processes.
  auto first = consumer();
  EXPECT_EQ(run(first.drain()).value(), 1'100);
  EXPECT_EQ(summary(), "1100 of 1100, 0 out of order");
  run(first.stop());

  // Read again from its beginning, nothing has a second effect.
  sql("UPDATE feed_position SET xid = 0, id = 0");
  auto again = consumer();
  EXPECT_EQ(run(again.drain()).value(), 1'100);
  EXPECT_EQ(summary(), "1100 of 1100, 0 out of order");
  run(again.stop());

  // A module whose tables were emptied gets everything once more.
  sql("TRUNCATE feed_position, inbox, effect");
  auto anew = consumer();
  EXPECT_EQ(run(anew.drain()).value(), 1'100);
  EXPECT_EQ(summary(), "1100 of 1100, 0 out of order");
  run(anew.stop());
}

TEST_P(DeliveryTest, ASlowConsumerSetsThePaceAndLosesNothing) {
  const auto counted = std::make_shared<CountedFeed>(feed, CountedFeed::Hints::lost);
  listener.waits_for = 1;
  publish("a1", 1);
  auto slow = consumer_of(counted, often_polling);
  start(slow);
  ASSERT_TRUE(testing::eventually(runtime(), [&] { return listener.waits != nullptr; }));
  const int reads = counted->reads;  // More than one where transactions of other databases held the first event up.
  publish_many(2, 1'000);
  // However much there is, nothing is read ahead of what is being applied, and it shows how far behind this consumer is.
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() > 0.2; }, [] { return std::to_string(lag()); }));
  EXPECT_EQ(counted->reads, reads);
  listener.waits->set(true);
  EXPECT_TRUE(soon("1000 of 1000, 0 out of order"));
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() == 0; }, [] { return std::to_string(lag()); }));
  run(slow.stop());
}

TEST_P(DeliveryTest, ACommitWakesAConsumerThatRests) {
  const SystemClock clock;
  const auto counted = std::make_shared<CountedFeed>(feed, CountedFeed::Hints::passed_on);
  auto resting = consumer_of(counted, without_polling);
  start(resting);
  for (int i = 1; i <= 3; ++i) {
    int reads = -1;
    UtcTime since;
    const auto is_at_rest = [&] {
      if (std::exchange(reads, counted->reads) != counted->reads) since = clock.now();
      return clock.now() - since > milliseconds(200);
    };
    ASSERT_TRUE(testing::eventually(runtime(), is_at_rest));
    publish("a", i);
    EXPECT_TRUE(soon(text(i, " of ", i, ", 0 out of order"), seconds(3)));
  }
  run(resting.stop());
}

TEST_P(DeliveryTest, WithoutHintsPollingFindsEverything) {
  const auto counted = std::make_shared<CountedFeed>(feed, CountedFeed::Hints::lost);
  auto polling = consumer_of(counted, often_polling);
  start(polling);
  for (int i = 1; i <= 3; ++i) {
    const int reads = counted->reads;
    ASSERT_TRUE(testing::eventually(runtime(), [&] { return counted->reads > reads + 3; }));
    publish("a", i);
    EXPECT_TRUE(soon(text(i, " of ", i, ", 0 out of order"), seconds(3)));
  }
  run(polling.stop());
}

TEST_P(DeliveryTest, AReplicaGoesOnWhereAnotherOneStoppedOrDied) {
  auto first = std::make_unique<Consumer>(consumer(often_polling));
  auto second = consumer(often_polling);
  start(*first);
  start(second);
  publish_many(1, 250);
  EXPECT_TRUE(soon("250 of 250, 0 out of order"));
  run(first->stop());
  publish_many(251, 500);
  EXPECT_TRUE(soon("500 of 500, 0 out of order"));
  // One that died has not given its lease back.
  run(second.stop());
  sql("UPDATE feed_position SET lease_owner = 'a dead one', lease_until = now() + interval '0.3 s'");
  auto third = consumer(often_polling);
  start(third);
  publish_many(501, 750);
  EXPECT_TRUE(soon("750 of 750, 0 out of order"));
  run(third.stop());
}

TEST_P(DeliveryTest, AnEventThatIsTooLargeToTravelIsRefusedWhereItIsMade) {
  const auto refused =
      run(producer.run(outbox_row(ThingHappened::topic, "a", 1, text(R"({"number":1,"padding":")", std::string(2'100'000, 'x'), "\"}"), Uuid())));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "CHECK_VIOLATION");
  publish_many(2, 4, 2'000'000);
  auto reader = consumer();
  EXPECT_EQ(run(reader.drain()).value(), 3);
  EXPECT_EQ(summary(), "3 of 3, 0 out of order");
  run(reader.stop());
}

Task<Result<postgres::UnitOfWork>> begin_and_publish(postgres::Database& producer, CallContext context, postgres::Bound event) {
  EMP_CO_ASSIGN(auto work, co_await producer.begin(std::move(context)));
  EMP_CO_TRY(co_await work.run(std::move(event)));
  co_return work;
}

TEST_P(DeliveryTest, ALongTransactionHoldsTheFeedUpAndShows) {
  auto waiting = consumer(often_polling);
  start(waiting);
  auto work = run(begin_and_publish(producer, context(), happened("slow", 1)));
  ASSERT_TRUE(work);
  publish("fast", 2);
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() > 0.2; }, [] { return std::to_string(lag()); }));
  EXPECT_EQ(summary(), "0 of 0, 0 out of order");
  ASSERT_TRUE(run(work->commit()));
  EXPECT_TRUE(soon("2 of 2, 0 out of order"));
  EXPECT_EQ(effects(), "slow1 fast2");
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() == 0; }, [] { return std::to_string(lag()); }));
  run(waiting.stop());
}

TEST_P(DeliveryTest, WhoWasAwayForSoLongThatEventsAreGoneIsToldInsteadOfMissingThem) {
  static constexpr postgres::Statement roll{"test.roll", "SELECT outbox_roll(interval '-1 s', $1::integer)", postgres::Effect::writes};
  publish("a", 1);
  auto reader = consumer();
  EXPECT_EQ(run(reader.drain()).value(), 1);
  for (int i = 2; i <= 4; ++i) publish("a", i);
  ASSERT_TRUE(run(producer.query(roll, 3)));
  // 2 and 3 are gone, and it had not read them.
  const auto lost = run(reader.drain());
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().reason(), "EVENTS_GONE");
  EXPECT_EQ(effects(), "a1");
  // As operating.md says: it begins anew with what is there, and applies nothing twice.
  sql("UPDATE feed_position SET xid = 0, id = 0");
  EXPECT_EQ(run(reader.drain()).value(), 1);
  EXPECT_EQ(effects(), "a1 a4");
  // What it had read may go.
  publish("a", 5);
  EXPECT_EQ(run(reader.drain()).value(), 1);
  ASSERT_TRUE(run(producer.query(roll, 10)));
  publish("a", 6);
  EXPECT_EQ(run(reader.drain()).value(), 1);
  EXPECT_EQ(effects(), "a1 a4 a5 a6");
  run(reader.stop());
}

TEST_P(DeliveryTest, HowFarItHasReadIsWrittenDownAlsoWhereThereWasNothingToHear) {
  if (GetParam() != Binding::in_process) GTEST_SKIP() << "the consumer's business, whichever way events come";
  auto reader = consumer(often_polling);
  start(reader);
  ASSERT_TRUE(run(producer.run(outbox_row("producer.other.happened", "a", 1, "{}", Uuid()))));
  const std::string wanted = value("SELECT pg_snapshot_xmin(pg_current_snapshot())");
  const auto position = [&] { return value("SELECT coalesce(max(xid), 0) FROM feed_position"); };
  EXPECT_TRUE(testing::eventually(runtime(), [&] { return std::stoll(position()) >= std::stoll(wanted); }, position, seconds(15)));
  run(reader.stop());
}

}  // namespace
}  // namespace emporion::messaging
