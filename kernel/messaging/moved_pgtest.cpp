#include "kernel/testing/feed_fixture.hpp"

// Over a move of the producer's database to another server consumers go on reading where they were (ADR 0034).
namespace emporion::messaging {
namespace {

constexpr postgres::Statement count_on{"test.count_on", "UPDATE outbox SET xid = (xid::text::bigint + $1)::text::xid8", postgres::Effect::writes};
constexpr postgres::Statement fill{"test.fill", "UPDATE module_place SET waits = true", postgres::Effect::writes};
constexpr postgres::Statement moved_here{
    "test.moved_here",
    "INSERT INTO module_move (epoch, state, from_place, from_process, from_addresses, to_place, to_process, to_addresses, horizon, sequences) SELECT 1, "
    "'done', "
    "gen_random_uuid(), 'all', 'a:1', id, 'stock', 'b:2', pg_current_xact_id()::text::bigint + $1, '{}' FROM module_place",
    postgres::Effect::writes};
constexpr postgres::Statement arrive{"test.arrive", "SELECT move_arrive(1)", postgres::Effect::writes};

struct MovedFeedTest : EachFeedTest {
  template <typename... Values>
  void at_producer(const postgres::Statement& statement, const Values&... values) {
    const auto done = run(producer.query(statement, values...));
    ASSERT_TRUE(done.has_value()) << done.error().to_string();
  }
  /// The producer's database after a move from a server whose transactions had numbers up to `ahead` above those of this one.
  void arrive_from(std::int64_t ahead) {
    at_producer(fill);
    at_producer(moved_here, ahead);
    at_producer(arrive);
  }
};
INSTANTIATE_TEST_SUITE_P(, MovedFeedTest, EachFeedTest::bindings(), [](const auto& of) { return name_of(of.param); });

TEST_P(MovedFeedTest, NoEventIsLostOrDoubledWhereverTheConsumerWas) {
  for (int i = 1; i <= 5; ++i) publish("a", i);
  // Given a consumer that has read some, on a server far ahead of the new one
  at_producer(count_on, std::int64_t{40'000});
  auto reader = consumer();
  sql("INSERT INTO feed_position (producer, xid, id) SELECT 'producer', 40000, 0");
  arrive_from(50'000);
  // When the producer goes on at the new one
  for (int i = 6; i <= 9; ++i) publish("a", i);
  // Then all of them take effect, once and in order, those of before first
  EXPECT_EQ(run(reader.drain()).value(), 9);
  EXPECT_EQ(effects(), "a1 a2 a3 a4 a5 a6 a7 a8 a9");
  publish("a", 10);
  EXPECT_EQ(run(reader.drain()).value(), 1);
  run(reader.stop());
}

TEST_P(MovedFeedTest, OneThatHadReadEverythingReadsWhatIsNew) {
  for (int i = 1; i <= 3; ++i) publish("a", i);
  auto reader = consumer();
  EXPECT_EQ(run(reader.drain()).value(), 3);
  run(reader.stop());
  arrive_from(90'000);
  publish("a", 4);
  auto after = consumer();
  EXPECT_EQ(run(after.drain()).value(), 1);
  EXPECT_EQ(effects(), "a1 a2 a3 a4");
  run(after.stop());
}

}  // namespace
}  // namespace emporion::messaging
