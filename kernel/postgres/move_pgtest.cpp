#include <gmock/gmock.h>

#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/rival.hpp"

// What the database itself holds of a module's move (ADR 0034).
namespace emporion::postgres {
namespace {

constexpr Statement append{"test.append", "SELECT outbox_append('test.thing.happened', $1, 1, '{}')", Effect::writes};
constexpr Statement count_events{"test.count", "SELECT count(*) FROM outbox"};
constexpr Statement decide{"test.decide", "SELECT move_decide(1)", Effect::writes};
constexpr Statement arrive{"test.arrive", "SELECT move_arrive(1)", Effect::writes};

struct MoveTest : testing::PostgresTest {
  /// Move 1, from this database to another one, or from it to itself: then only the process changes.
  void announce(const std::string& state, bool elsewhere = true) {
    sql("INSERT INTO module_move (epoch, state, from_place, from_process, from_addresses, to_place, to_process, to_addresses) SELECT 1, '" + state +
        "', id, 'all', 'a:1', " + (elsewhere ? "gen_random_uuid()" : "id") + ", 'stock', 'b:2' FROM module_place");
  }
  std::string reason(const Statement& statement) {
    const auto done = run(database().query(statement));
    return done ? "" : done.error().reason();
  }
  std::string append_event() {
    const auto done = run(database().query(append, std::string("a")));
    return done ? "" : done.error().reason();
  }
};

TEST_F(MoveTest, ADecidedMoveTakesTheRightToWriteAndToRead) {
  EXPECT_EQ(append_event(), "");
  announce("switching");
  EXPECT_EQ(reason(decide), "");
  // A process that has not heard of it is refused by the database.
  EXPECT_EQ(append_event(), "DATABASE_MOVED");
  EXPECT_EQ(reason(count_events), "DATABASE_MOVED");
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "1");
  EXPECT_EQ(value("SELECT state || ' ' || (sequences -> 'outbox_id_seq')::text FROM module_move"), "done [1, true]");
  EXPECT_EQ(reason(decide), "") << "said again, it is decided";
}

TEST_F(MoveTest, OneOfAProcessOnlyLeavesTheDatabaseAsItIs) {
  announce("switching", false);
  EXPECT_EQ(reason(decide), "");
  EXPECT_EQ(append_event(), "");
  EXPECT_EQ(reason(count_events), "");
}

TEST_F(MoveTest, WhoIsWritingHasCommittedBeforeItIsDecided) {
  announce("switching");
  testing::Rival writer(superuser_dsn());
  writer.run("SELECT outbox_append('test.thing.happened', 'slow', 1, '{}')");
  EXPECT_TRUE(writer.beside(runtime(), database().query(decide)).has_value());
  EXPECT_TRUE(writer.was_waited_for());
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "1");
}

TEST_F(MoveTest, WhatWasGivenUpIsNotDecidedAndWhatWasDecidedIsNotGivenUp) {
  announce("switching");
  sql("UPDATE module_move SET state = 'aborted' WHERE state IN ('announced', 'switching')");
  EXPECT_EQ(reason(decide), "MOVE_NOT_SWITCHING");
  EXPECT_EQ(append_event(), "");
  sql("DELETE FROM module_move");
  announce("announced");
  EXPECT_EQ(reason(decide), "MOVE_NOT_SWITCHING") << "nobody was told to end yet";
  EXPECT_EQ(append_event(), "");
}

TEST_F(MoveTest, ThereIsOneMoveAtATime) {
  announce("announced");
  const auto second = [&] {
    auto at = BlockingConnection::open(dsn());
    return at->run(
        "INSERT INTO module_move (epoch, state, from_place, from_process, from_addresses, to_place, to_process, to_addresses) SELECT 2, 'announced', id, "
        "'all', 'a:1', id, 'other', 'c:3' FROM module_place");
  }();
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().detail(), ::testing::HasSubstr("module_move_under_way"));
}

TEST_F(MoveTest, WhoArrivesGoesOnCountingAndNobodyHoldsALease) {
  announce("announced", false);
  EXPECT_EQ(reason(arrive), "MOVE_NOT_DECIDED");
  sql("UPDATE module_place SET waits = true");
  sql("UPDATE module_move SET state = 'done', horizon = pg_current_xact_id()::text::bigint + 5000000, sequences = '{\"outbox_id_seq\": [77, true]}'");
  sql("INSERT INTO job_lease (name, owner, until) VALUES ('test.job', 'a process that is gone', now() + interval '1 hour')");
  EXPECT_EQ(reason(arrive), "");
  EXPECT_EQ(reason(arrive), "");
  EXPECT_EQ(append_event(), "");
  EXPECT_EQ(value("SELECT (o.xid::text::bigint >= m.horizon) || ' ' || o.id FROM outbox o, module_move m"), "true 78");
  EXPECT_EQ(value("SELECT count(*) FROM job_lease WHERE until IS NOT NULL"), "0");
  EXPECT_EQ(value("SELECT waits FROM module_place"), "f");
}

TEST_F(MoveTest, AMoveThatIsGivenUpJustNowIsNotDecided) {
  announce("switching");
  testing::Rival other(superuser_dsn());
  other.run("UPDATE module_move SET state = 'aborted'");
  const auto decided = other.beside(runtime(), database().query(decide));
  ASSERT_FALSE(decided.has_value());
  EXPECT_EQ(decided.error().reason(), "MOVE_NOT_SWITCHING");
  EXPECT_EQ(append_event(), "");
}

TEST_F(MoveTest, WhoArrivesJustBeforeIsNotSetBack) {
  announce("announced", false);
  sql("UPDATE module_place SET waits = true");
  sql("UPDATE module_move SET state = 'done', horizon = 1, sequences = '{\"outbox_id_seq\": [77, true]}'");
  testing::Rival other(superuser_dsn());
  other.run("SELECT move_arrive(1)");
  other.run("SELECT setval('outbox_id_seq', 90)");  // As if it had served for a while.
  EXPECT_TRUE(other.beside(runtime(), database().query(arrive)).has_value());
  EXPECT_EQ(append_event(), "");
  EXPECT_EQ(value("SELECT id FROM outbox"), "91");
}

TEST_F(MoveTest, NobodyArrivesWhereItWasNotMovedTo) {
  announce("switching");
  sql("UPDATE module_place SET waits = true");
  sql("UPDATE module_move SET state = 'done'");
  EXPECT_EQ(reason(arrive), "MOVE_NOT_DECIDED");
  EXPECT_EQ(value("SELECT waits FROM module_place"), "t");
}

TEST_F(MoveTest, WhatServesIsNotEmptied) {
  EXPECT_EQ(append_event(), "");
  auto at = BlockingConnection::open(dsn());
  ASSERT_TRUE(at.has_value());
  const auto emptied = at->run("SELECT move_prepare(false)");
  ASSERT_FALSE(emptied.has_value());
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "1");
}

}  // namespace
}  // namespace emporion::postgres
