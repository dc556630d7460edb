#include <chrono>

#include "kernel/fault/fault_points.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/testing/postgres_fixture.hpp"

// tidy-allow-file(test_sleeps): a transaction is held open for a span, against the server's own timeouts.
namespace emporion::postgres {
namespace {

constexpr Statement insert{"work.insert", "INSERT INTO item (id) VALUES ($1)", Effect::writes};
constexpr Statement insert_child{"work.insert_child", "INSERT INTO item (id, other) VALUES ($1, $2)", Effect::writes};
constexpr Statement count_items{"work.count", "SELECT count(*) FROM item"};
constexpr Statement nonsense{"work.nonsense", "SELECT nothing_like_it"};

const std::vector<Migration> item_table{{1, "item", "CREATE TABLE item (id int8 PRIMARY KEY, other int8 REFERENCES item DEFERRABLE INITIALLY DEFERRED);"}};

struct UnitOfWorkTest : testing::PostgresTest {
  UnitOfWorkTest() : PostgresTest("test", item_table) {}
  ~UnitOfWorkTest() override { fault::FaultPoints::disarm(); }
  std::int64_t count() { return std::stoll(value("SELECT count(*) FROM item")); }
  std::int64_t open_transactions() {
    return std::stoll(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"));
  }
};

Task<Result<>> write_and_commit(Database& database, CallContext context, std::int64_t id) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  EMP_ASSERT(context.open_transactions() == 1);
  EMP_CO_TRY(co_await work.query(insert, id));
  EMP_CO_TRY(co_await work.commit());
  EMP_ASSERT(context.open_transactions() == 0);
  co_return Result<>();
}

TEST_F(UnitOfWorkTest, what_is_committed_stays) {
  ASSERT_TRUE(run(write_and_commit(database(), context(), 1)));
  EXPECT_EQ(count(), 1);
}

Task<Result<>> write_and_leave(Database& database, CallContext context, std::int64_t id) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  EMP_CO_TRY(co_await work.query(insert, id));
  co_return Result<>();
}

TEST_F(UnitOfWorkTest, what_is_not_committed_is_rolled_back_and_the_connection_serves_again) {
  auto narrow = options();
  narrow.connections_exclusive = 1;
  const auto single = another(narrow);
  const CallContext caller = context();
  ASSERT_TRUE(run(write_and_leave(*single, caller, 1)));
  EXPECT_EQ(caller.open_transactions(), 0);
  ASSERT_TRUE(run(write_and_commit(*single, caller, 2)));
  EXPECT_EQ(value("SELECT string_agg(id::text, ',') FROM item"), "2");
  EXPECT_EQ(open_transactions(), 0);
  run(single->close());
}

Task<Result<>> begin_only(Database& database, CallContext context) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  co_return co_await work.commit();
}

TEST_F(UnitOfWorkTest, an_empty_one_commits) { EXPECT_TRUE(run(begin_only(database(), context()))); }

/// A failed statement spoils the rest: later statements and the commit answer the same refusal.
Task<std::vector<std::string>> fail_within(Database& database, CallContext context) {
  std::vector<std::string> reasons;
  auto work = co_await database.begin(context);
  EMP_ASSERT(work.has_value());
  (void)co_await work->query(insert, std::int64_t{1});
  const auto failed = co_await work->query(insert, std::int64_t{1});
  reasons.push_back(failed ? "" : failed.error().reason());
  const auto later = co_await work->query(count_items);
  reasons.push_back(later ? "" : later.error().reason());
  const auto committed = co_await work->commit();
  reasons.push_back(committed ? "" : committed.error().reason());
  co_return reasons;
}

TEST_F(UnitOfWorkTest, a_failed_statement_leaves_nothing_behind) {
  EXPECT_EQ(run(fail_within(database(), context())), std::vector<std::string>(3, "UNIQUE_VIOLATION"));
  EXPECT_EQ(count(), 0);
}

Task<Result<std::int64_t>> with_savepoint(Database& database, CallContext context) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  EMP_CO_TRY(co_await work.savepoint());
  EMP_CO_TRY(co_await work.rollback_to_savepoint());
  EMP_CO_TRY(co_await work.query(insert, std::int64_t{1}));
  EMP_CO_TRY(co_await work.savepoint());
  const auto refused = co_await work.query(insert, std::int64_t{1});
  EMP_ASSERT(!refused);
  EMP_CO_TRY(co_await work.rollback_to_savepoint());
  const auto unknown = co_await work.query(nonsense);  // its preparation fails inside the transaction
  EMP_ASSERT(!unknown);
  EMP_CO_TRY(co_await work.rollback_to_savepoint());
  EMP_CO_TRY(co_await work.query(insert, std::int64_t{2}));
  EMP_CO_TRY(co_await work.savepoint());
  EMP_CO_TRY(co_await work.query(insert, std::int64_t{3}));
  EMP_CO_TRY(co_await work.rollback_to_savepoint());
  EMP_CO_ASSIGN(const auto rows, co_await work.query(count_items));
  EMP_CO_TRY(co_await work.commit());
  co_return rows[0].get<std::int64_t>(0);
}

TEST_F(UnitOfWorkTest, a_savepoint_undoes_what_followed_it_alone) {
  const auto counted = run(with_savepoint(database(), context()));
  ASSERT_TRUE(counted) << counted.error().to_string();
  EXPECT_EQ(*counted, 2);
  EXPECT_EQ(value("SELECT string_agg(id::text, ',' ORDER BY id) FROM item"), "1,2");
}

Task<Result<>> break_deferred_rule(Database& database, CallContext context) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  EMP_CO_TRY(co_await work.query(insert_child, std::int64_t{1}, std::int64_t{99}));
  co_return co_await work.commit();
}

TEST_F(UnitOfWorkTest, a_deferred_check_refuses_the_commit) {
  const auto refused = run(break_deferred_rule(database(), context()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "FOREIGN_KEY_VIOLATION");
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(run(write_and_commit(database(), context(), 2)));
}

Task<Result<>> hold(Runtime& runtime, Database& database, CallContext context, milliseconds span) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  EMP_CO_TRY(co_await work.query(count_items));
  co_await runtime.sleep_for(span);
  co_return co_await work.commit();
}

TEST_F(UnitOfWorkTest, who_finds_no_connection_waits_in_line_until_the_deadline) {
  auto narrow = options();
  narrow.connections_exclusive = 2;
  const auto pool = another(narrow);
  std::vector<Task<Result<>>> tasks;
  const UtcTime now = SystemClock().now();
  for (int i = 0; i < 2; ++i) tasks.push_back(hold(runtime(), *pool, context(), milliseconds(300)));
  tasks.push_back(write_and_commit(*pool, context().until(now + milliseconds(100)), 1));
  for (std::int64_t id = 2; id < 40; ++id) tasks.push_back(write_and_commit(*pool, context(), id));
  const auto answers = run(when_all(std::move(tasks)));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i == 2) {
      ASSERT_FALSE(answers[i]);
      EXPECT_EQ(answers[i].error().reason(), "DATABASE_BUSY");
      EXPECT_EQ(answers[i].error().kind(), ErrorKind::resource_exhausted);
    } else {
      EXPECT_TRUE(answers[i]) << answers[i].error().to_string();
    }
  }
  EXPECT_EQ(count(), 38);
  run(pool->close());
}

enum class Moment { before_statement, before_commit };

Task<std::vector<std::string>> lose_backend(UnitOfWorkTest& test, Database& database, CallContext context, Moment moment, std::function<void()> terminate) {
  (void)test;
  std::vector<std::string> reasons;
  auto work = co_await database.begin(context);
  EMP_ASSERT(work.has_value());
  (void)co_await work->query(insert, std::int64_t{1});
  terminate();
  if (moment == Moment::before_statement) {
    const auto lost = co_await work->query(insert, std::int64_t{2});
    reasons.push_back(lost ? "" : lost.error().reason());
  }
  const auto committed = co_await work->commit();
  reasons.push_back(committed ? "" : committed.error().reason());
  co_return reasons;
}

TEST_F(UnitOfWorkTest, a_backend_lost_before_the_commit_is_unavailable_and_at_the_commit_unknown) {
  const auto terminate = [this] {
    sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
  };
  EXPECT_EQ(run(lose_backend(*this, database(), context(), Moment::before_statement, terminate)), std::vector<std::string>(2, "DATABASE_UNAVAILABLE"));
  EXPECT_EQ(run(lose_backend(*this, database(), context(), Moment::before_commit, terminate)), std::vector<std::string>(1, "COMMIT_OUTCOME_UNKNOWN"));
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(run(write_and_commit(database(), context(), 1)));
}

Task<Result<>> linger(Runtime& runtime, Database& database, CallContext context) {
  EMP_CO_ASSIGN(auto work, co_await database.begin(context));
  EMP_CO_TRY(co_await work.query(insert, std::int64_t{1}));
  co_await runtime.sleep_for(milliseconds(400));
  co_return co_await work.commit();
}

TEST_F(UnitOfWorkTest, one_left_idle_too_long_is_ended_by_the_server_and_cannot_commit) {
  auto hasty = options();
  hasty.idle_in_transaction_timeout = milliseconds(100);
  const auto impatient = another(hasty);
  const auto refused = run(linger(runtime(), *impatient, context()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(count(), 0);
  run(impatient->close());
}

#if EMP_FAULT_POINTS
TEST_F(UnitOfWorkTest, fault_points_lie_before_and_after_the_commit) {
  ASSERT_TRUE(fault::FaultPoints::arm("lose:test.commit.before:1"));
  const auto before = run(write_and_commit(database(), context(), 1));
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_EQ(count(), 0);

  ASSERT_TRUE(fault::FaultPoints::arm("lose:test.commit.after:1"));
  const auto after = run(write_and_commit(database(), context(), 1));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_EQ(count(), 1);
}
#endif

}  // namespace
}  // namespace emporion::postgres
