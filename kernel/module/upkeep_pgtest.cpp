#include "kernel/base/text.hpp"
#include "kernel/module/upkeep.hpp"
#include "kernel/testing/postgres_fixture.hpp"

namespace emporion {
namespace {

struct UpkeepTest : testing::PostgresTest {
  config::Settings settings;

  Result<> keep_up() {
    Upkeep upkeep(database(), settings);
    return run(upkeep.run(context()));
  }
  /// Events of some days ago, as many as named, in the partition that their day has by now.
  void happened(int days_ago, int count) {
    sql(text("INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, occurred_at) SELECT 'test.thing.happened', 'a', i, '{}', now() - interval '",
             days_ago, " days' FROM generate_series(1, ", count, ") AS i"));
  }
  /// The week that began so many weeks ago (less than 0: is to come) as the upkeep of then would have made it.
  void make_week(int weeks_ago) {
    static constexpr postgres::Statement week{"test.week",
                                              "DO $$ DECLARE d date := date_trunc('week', now() AT TIME ZONE 'UTC')::date - 7 * "
                                              "current_setting('test.weeks')::integer; n text := 'outbox_' || to_char(d, "
                                              "'YYYYMMDD'); BEGIN EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING ALL EXCLUDING IDENTITY)', n); EXECUTE "
                                              "format('ALTER TABLE outbox ATTACH PARTITION "
                                              "%I FOR VALUES FROM (%L) TO (%L)', n, d::text || ' 00:00:00+00', (d + 7)::text || ' 00:00:00+00'); END $$",
                                              postgres::Effect::writes};
    static constexpr postgres::Statement choose{"test.choose", "SELECT set_config('test.weeks', $1, false)", postgres::Effect::writes};
    ASSERT_TRUE(run([](postgres::Database& store, CallContext context, std::string weeks) -> Task<Result<>> {
      EMP_CO_ASSIGN(auto work, co_await store.begin(std::move(context)));
      EMP_CO_TRY(co_await work.query(choose, weeks));
      EMP_CO_TRY(co_await work.query(week));
      co_return co_await work.commit();
    }(database(), context(), std::to_string(weeks_ago))));
  }
  std::string events() { return value("SELECT count(*) FROM outbox"); }
  std::string partitions() { return value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'outbox'::regclass"); }
};

TEST_F(UpkeepTest, TheWeeksToComeHavePartitionsBeforeTheyBegin) {
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(partitions(), "3");
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(partitions(), "3") << "safe to repeat";
  happened(-7, 2);
  happened(0, 1);
  EXPECT_EQ(value("SELECT count(*) FROM outbox_rest"), "1");
  EXPECT_EQ(value("SELECT string_agg(aggregate_version::text, ' ' ORDER BY xid, id) FROM outbox"), "1 2 1");
}

TEST_F(UpkeepTest, AWeekThatNobodyCanMakeIsLeftToTheRest) {
  happened(-7, 1);
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(partitions(), "2") << "the rest has an event of next week, so only the week after it has a partition";
  EXPECT_EQ(events(), "1");
}

TEST_F(UpkeepTest, EventsLeaveByWholeWeeksWhenTheyAreTwoWeeksOld) {
  for (const int weeks_ago : {4, 3, 1}) make_week(weeks_ago);
  happened(28, 3);
  happened(21, 2);
  const std::string last = value("SELECT xid || ' ' || id FROM outbox ORDER BY xid DESC, id DESC LIMIT 1");
  happened(7, 1);
  happened(0, 1);
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(events(), "2");
  EXPECT_EQ(partitions(), "4") << "of the week before this one, two to come, and the rest";
  EXPECT_EQ(value("SELECT xid || ' ' || id FROM outbox_gone"), last) << "the last place that was dropped";
}

TEST_F(UpkeepTest, EventsOfBeforeThereWereWeeksLeaveRowByRow) {
  happened(15, 12'000);
  happened(13, 3);
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(events(), "3");
  settings.set("upkeep.events_kept_d", "1");
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(events(), "0");
}

TEST_F(UpkeepTest, ALongReaderIsNotWaitedForAndTheRestIsDoneAllTheSame) {
  make_week(4);
  happened(28, 1);
  sql("INSERT INTO idempotency (caller, operation, key, request_sha256, created_at) VALUES ('c', 'o', 'old', '', now() - interval '8 days')");
  auto reader = run(database().begin(context()));
  ASSERT_TRUE(reader);
  static constexpr postgres::Statement read{"test.read", "SELECT count(*) FROM outbox"};
  ASSERT_TRUE(run(reader->query(read)));
  const auto refused = keep_up();
  ASSERT_FALSE(refused);
  EXPECT_EQ(events(), "1");
  EXPECT_EQ(value("SELECT count(*) FROM idempotency"), "0");
  ASSERT_TRUE(run(reader->commit()));
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(events(), "0");
}

/// Commits once upkeep waits for a lock the second time.
Task<Result<>> commit_at_the_second_try(Runtime& loop, postgres::UnitOfWork& work, std::function<std::string()> waits_since) {
  std::string first;
  for (int i = 0; i < 10'000; ++i) {
    const std::string since = waits_since();
    if (first.empty()) first = since;
    if (!since.empty() && since != first) co_return co_await work.commit();
    co_await loop.yield();
  }
  co_return fail(ErrorKind::internal, "NOT_TRIED_AGAIN");
}

TEST_F(UpkeepTest, AReaderThatIsDoneSoonIsWaitedOut) {
  make_week(4);
  happened(28, 1);
  auto reader = run(database().begin(context()));
  ASSERT_TRUE(reader);
  static constexpr postgres::Statement read{"test.read_soon", "SELECT count(*) FROM outbox"};
  ASSERT_TRUE(run(reader->query(read)));
  const auto waits_since = [&] {
    return value("SELECT coalesce(max(query_start)::text, '') FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
  };
  Upkeep upkeep(database(), settings);
  std::vector<Task<Result<>>> both;
  both.push_back(upkeep.run(context()));
  both.push_back(commit_at_the_second_try(runtime(), *reader, waits_since));
  for (const auto& each : run(when_all(std::move(both)))) EXPECT_TRUE(each) << each.error().to_string();
  EXPECT_EQ(events(), "0");
}

TEST_F(UpkeepTest, WhatWasHeardIsRememberedLongerThanEventsAreKept) {
  for (const int days_ago : {22, 20}) {
    sql(text("INSERT INTO inbox (event_id, topic, applied_at) SELECT gen_random_uuid(), 'test.thing.happened', now() - interval '", days_ago,
             " days' FROM generate_series(1, 6000)"));
  }
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(value("SELECT count(*) FROM inbox"), "6000");
}

TEST_F(UpkeepTest, AnswersAreKeptForADayAtLeast) {
  const auto answer = [&](const char* key, int hours_ago) {
    sql(text("INSERT INTO idempotency (caller, operation, key, request_sha256, created_at) VALUES ('c', 'o', '", key, "', '', now() - interval '", hours_ago,
             " hours')"));
  };
  answer("a week", 169);
  answer("two days", 48);
  answer("this morning", 5);
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(value("SELECT string_agg(key, ', ' ORDER BY created_at) FROM idempotency"), "two days, this morning");
  settings.set("upkeep.answers_kept_h", "1");
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(value("SELECT string_agg(key, ', ') FROM idempotency"), "this morning");
}

TEST_F(UpkeepTest, LogsLeaveOfSagasThatEndedLongAgo) {
  const auto saga = [&](const char* state, int began_days_ago, int ended_days_ago) {
    sql(text(
        "WITH s AS (INSERT INTO saga (id, definition, subject, state, step, context, deadline_at, updated_at) SELECT (lpad(to_hex((extract(epoch FROM now()) - "
        "86400 * ",
        began_days_ago, ")::bigint * 1000), 12, '0') || substr(md5(random()::text), 1, 20))::uuid, 'test', gen_random_uuid(), '", state,
        "', 's', '{}', now(), now() - interval '", ended_days_ago,
        " days' RETURNING id) INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state) SELECT id, i, 's', 'fwd', 1, '', 'succeeded' FROM s, "
        "generate_series(1, 3) AS i"));
  };
  saga("completed", 100, 99);
  saga("failed", 100, 99);
  saga("completed", 100, 10);
  saga("completed", 20, 20);
  saga("stuck", 100, 99);
  saga("running", 100, 99);
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(value("SELECT count(*) FROM saga"), "6") << "what was bought, and how it ended, stays";
  EXPECT_EQ(value("SELECT count(DISTINCT saga_id) FROM saga_step"), "4");
}

TEST_F(UpkeepTest, TwoReplicasAtOnceDoItOnce) {
  make_week(4);
  happened(28, 2);
  happened(15, 9'000);
  const auto other = another(options());
  Upkeep first(database(), settings);
  Upkeep second(*other, settings);
  std::vector<Task<Result<>>> both;
  both.push_back(first.run(context()));
  both.push_back(second.run(context()));
  (void)run(when_all(std::move(both)));  // One of them may be refused: it tries again in an hour.
  ASSERT_TRUE(keep_up());
  EXPECT_EQ(events(), "0");
  EXPECT_EQ(partitions(), "3");
  run(other->close());
}

}  // namespace
}  // namespace emporion
