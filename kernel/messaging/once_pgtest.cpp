#include <gtest/gtest.h>

#include "kernel/json/codec.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/testing/postgres_fixture.hpp"

// What makes an event take effect once although feeds are read again, by several replicas, and letters are put back in line.
namespace emporion::messaging::once {

struct Counted {
  static constexpr std::string_view topic = "counter.number.counted";
  std::int64_t number = 0;
};
void append_json(std::string& out, const Counted& event) { json::Writer(out).begin_object().key("number").integer(event.number).end_object(); }
void read_json(const json::Value& value, json::Reader& reader, Counted& out) {
  const auto member = value.member("number");
  const auto number = member ? member->integer() : std::nullopt;
  if (!number) return reader.missing("number");
  out.number = *number;
}

namespace {

constexpr postgres::Statement insert_count{"test.count", "INSERT INTO counted (number) VALUES ($1)", postgres::Effect::writes};

struct Counter {
  bool refuses = false;
  Task<Result<>> on_counted(postgres::UnitOfWork& work, Envelope, Counted event) {
    EMP_CO_TRY(co_await work.query(insert_count, event.number));
    if (refuses) co_return fail(ErrorKind::rule_violated, "UNWANTED", "refused");
    co_return Result<>();
  }
};

struct OnceTest : testing::PostgresTest {
  OnceTest() : PostgresTest("consumer"), producer(add_database("counter", {})) {
    sql("CREATE TABLE counted (seq bigserial, number bigint)");
    sql("GRANT ALL ON counted, counted_seq_seq TO PUBLIC");
  }
  Consumer replica() {
    Subscriptions subscriptions;
    subscriptions.on<Counted>(&counter, &Counter::on_counted);
    return Consumer(runtime(), database(), std::move(subscriptions), {local_feed(producer)}, {.retry_first = milliseconds(1)});
  }
  void publish(std::int64_t number) { ASSERT_TRUE(run(producer.run(outbox_row(Counted::topic, "a", number, to_json(Counted{number}), Uuid()))).has_value()); }
  std::string counted() { return value("SELECT string_agg(number::text, ' ' ORDER BY seq) FROM counted"); }

  postgres::Database& producer;
  Counter counter;
};

TEST_F(OnceTest, AFeedThatIsReadAgainFromItsBeginningHasNoSecondEffect) {
  for (int i = 1; i <= 3; ++i) publish(i);
  auto first = replica();
  EXPECT_EQ(run(first.drain()).value(), 3);
  run(first.stop());
  sql("UPDATE feed_position SET xid = 0, id = 0");
  auto second = replica();
  ASSERT_TRUE(run(second.drain()).has_value());
  run(second.stop());
  EXPECT_EQ(counted(), "1 2 3");
}

TEST_F(OnceTest, AReplicaDoesNotReadWhatAnotherOneHolds) {
  publish(1);
  auto holder = replica();
  EXPECT_EQ(run(holder.drain()).value(), 1);
  publish(2);
  auto other = replica();
  EXPECT_EQ(run(other.drain()).value(), 0);
  EXPECT_EQ(counted(), "1");
  EXPECT_EQ(run(holder.drain()).value(), 1);
  run(other.stop());
  run(holder.stop());
}

TEST_F(OnceTest, AReplicaThatLostItsLeaseUnawareChangesNothing) {
  publish(1);
  auto slow = replica();
  EXPECT_EQ(run(slow.drain()).value(), 1);
  sql("UPDATE feed_position SET lease_owner = 'another', lease_until = now() + interval '1 hour'");
  publish(2);
  (void)run(slow.drain());
  EXPECT_EQ(counted(), "1");
  EXPECT_EQ(value("SELECT lease_owner FROM feed_position"), "another");
  run(slow.stop());
}

TEST_F(OnceTest, AReplicaThatWaitsForALeaseDoesNotAskAtEachCommit) {
  publish(1);
  auto first = replica();
  EXPECT_EQ(run(first.drain()).value(), 1);
  run(first.stop());
  sql("UPDATE feed_position SET lease_owner = 'a dead one', lease_until = now() + interval '1 hour'");
  auto& refused = observe::counter("emporion_feed_leases_refused_total", "", {{"consumer", "consumer"}, {"producer", "counter"}});
  const std::uint64_t before = refused.value();
  auto waiting = replica();
  waiting.start();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 400; ++i) publish(i + 2);
  run(waiting.stop());
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  const auto asked = static_cast<std::int64_t>(refused.value() - before);
  EXPECT_GE(asked, 1);
  EXPECT_LE(asked, took / milliseconds(250) + 1);
}

TEST_F(OnceTest, ALetterThatTwoReplicasTakeAtOnceTakesEffectOnce) {
  counter.refuses = true;
  publish(1);
  auto first = replica();
  ASSERT_TRUE(run(first.drain()).has_value());
  const auto letters = run(dead_letters(database(), 10)).value();
  ASSERT_EQ(letters.size(), 1u);
  counter.refuses = false;
  ASSERT_TRUE(run(redeliver(database(), letters[0].event_id)).has_value());
  auto second = replica();
  std::vector<Task<Result<int>>> both;
  both.push_back(first.drain());
  both.push_back(second.drain());
  for (const auto& done : run(when_all(std::move(both)))) EXPECT_TRUE(done.has_value());
  EXPECT_EQ(counted(), "1");
  run(first.stop());
  run(second.stop());
}

}  // namespace
}  // namespace emporion::messaging::once
