#include <set>
#include <thread>

#include "kernel/base/text.hpp"
#include "kernel/fault/fault_points.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/testing/postgres_fixture.hpp"

// tidy-allow-file(test_sleeps): the server's own timeouts pass in real time.
namespace emporion::postgres {
namespace {

constexpr Statement one{"test.one", "SELECT $1::int8"};
constexpr Statement divide{"test.divide", "SELECT 100 / $1::int4"};
constexpr Statement pause{"test.pause", "SELECT pg_sleep($1::int4 / 1000.0)"};
constexpr Statement insert{"test.insert", "INSERT INTO item (id, name) VALUES ($1, $2)", Effect::writes};
constexpr Statement insert_slowly{"test.insert_slowly", "INSERT INTO item (id, name) SELECT $1, pg_sleep(1)::text", Effect::writes};
constexpr Statement rename{"test.rename", "UPDATE item SET name = $2 WHERE id = $1", Effect::writes};
constexpr Statement names{"test.names", "SELECT id, name FROM item ORDER BY id"};

constexpr Statement by_ids{"test.by_ids", "SELECT id FROM item WHERE id = ANY ($1)"};
constexpr Statement by_name{"test.by_name", "SELECT id FROM item WHERE ($1::text IS NULL OR name = $1)"};
constexpr Statement plans{"test.plans", "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name LIKE $1 || '#%'"};
constexpr Statement plan_mode{"test.plan_mode", "SELECT current_setting('plan_cache_mode')"};

const std::vector<Migration> item_table{
    {1, "item", "CREATE TABLE item (id int8 PRIMARY KEY, name text NOT NULL CHECK (name <> ''), other int8 REFERENCES item DEFERRABLE INITIALLY DEFERRED);"}};

struct DatabaseTest : testing::PostgresTest {
  DatabaseTest() : PostgresTest("test", item_table) {}
  ~DatabaseTest() override { fault::FaultPoints::disarm(); }

  std::int64_t count() { return std::stoll(value("SELECT count(*) FROM item")); }
  void terminate_backends() {
    sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }
  template <typename T>
  std::vector<T> side_by_side(std::vector<Task<T>> tasks) {
    return run(when_all(std::move(tasks)));
  }
};

TEST_F(DatabaseTest, a_query_answers_its_rows) {
  const auto rows = run(database().query(one, std::int64_t{42}));
  ASSERT_TRUE(rows) << rows.error().to_string();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0].get<std::int64_t>(0), 42);
}

TEST_F(DatabaseTest, a_failing_unit_does_not_touch_its_neighbours) {
  std::vector<Task<Result<Rows>>> tasks;
  for (int i = 0; i < 300; ++i) {
    tasks.push_back(i % 3 == 0   ? database().query(divide, i % 2)
                    : i % 3 == 1 ? database().query(insert, std::int64_t{i / 9}, "x")
                                 : database().query(one, std::int64_t{i}));
  }
  const auto answers = side_by_side(std::move(tasks));

  std::int64_t inserted = 0;
  for (int i = 0; i < 300; ++i) {
    const auto& answer = answers[static_cast<std::size_t>(i)];
    if (i % 3 == 0 && i % 2 == 0) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().reason(), "DATABASE_ERROR");
    } else if (i % 3 == 1) {
      if (answer) {
        ++inserted;
        EXPECT_EQ(answer->affected(), 1u);
      } else {
        EXPECT_EQ(answer.error().reason(), "UNIQUE_VIOLATION");
        EXPECT_EQ(answer.error().metadata_json("constraint"), "\"item_pkey\"");
      }
    } else {
      ASSERT_TRUE(answer) << answer.error().to_string();
      if (i % 3 == 2) EXPECT_EQ((*answer)[0].get<std::int64_t>(0), i);
    }
  }
  EXPECT_EQ(inserted, count());
}

TEST_F(DatabaseTest, a_statement_that_cannot_be_prepared_does_not_poison_the_others) {
  static constexpr Statement late{"test.late", "SELECT n FROM made_later"};
  std::vector<Task<Result<Rows>>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(i % 2 == 0 ? database().query(late) : database().query(one, std::int64_t{i}));
  const auto answers = side_by_side(std::move(tasks));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].has_value(), i % 2 == 1);
    if (i % 2 == 0) EXPECT_EQ(answers[i].error().reason(), "DATABASE_ERROR");
  }

  sql("CREATE TABLE made_later AS SELECT 5 AS n; GRANT SELECT ON made_later TO PUBLIC");
  const auto rows = run(database().query(late));
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_EQ((*rows)[0].get<std::int32_t>(0), 5);
}

TEST_F(DatabaseTest, a_statement_behind_a_failing_one_in_its_unit_is_prepared_again_later) {
  std::vector<Bound> bounds;
  bounds.push_back(bind(divide, 0));
  bounds.push_back(bind(one, std::int64_t{1}));
  EXPECT_FALSE(run(database().run_together(std::move(bounds))));
  EXPECT_TRUE(run(database().query(one, std::int64_t{1})));
}

TEST_F(DatabaseTest, a_unit_that_fails_before_its_new_statement_does_not_take_it_from_the_units_behind) {
  static constexpr Statement fresh{"test.fresh", "SELECT $1::int8 + 1"};
  auto narrow = options();
  narrow.connections_shared = 1;
  const auto single = another(narrow);
  ASSERT_TRUE(run(single->query(divide, 1)));
  std::vector<Bound> bounds;
  bounds.push_back(bind(divide, 0));
  bounds.push_back(bind(fresh, std::int64_t{1}));
  std::vector<Task<Result<std::vector<Rows>>>> tasks;
  tasks.push_back(single->run_together(std::move(bounds)));
  for (int i = 0; i < 3; ++i) tasks.push_back(single->run_together({bind(fresh, std::int64_t{1})}));
  const auto answers = side_by_side(std::move(tasks));
  EXPECT_FALSE(answers[0]);
  for (std::size_t i = 1; i < answers.size(); ++i) EXPECT_TRUE(answers[i]) << answers[i].error().to_string();
  run(single->close());
}

TEST_F(DatabaseTest, a_server_that_hung_up_while_we_were_idle_costs_nobody_an_unknown_outcome) {
  ASSERT_TRUE(run(database().query(one, std::int64_t{1})));
  terminate_backends();  // The loop does not run meanwhile, so nobody has noticed.
  const auto written = run(database().query(insert, std::int64_t{1}, "a"));
  EXPECT_TRUE(written) << written.error().to_string();
}

TEST_F(DatabaseTest, a_prepared_statement_survives_a_change_of_the_schema) {
  static constexpr Statement all{"test.all", "SELECT * FROM item"};
  ASSERT_TRUE(run(database().query(all)));
  sql("ALTER TABLE item ADD COLUMN extra int4");
  const auto first = run(database().query(all));
  if (!first) EXPECT_EQ(first.error().reason(), "DATABASE_RETRY");
  const auto second = run(database().query(all));
  EXPECT_TRUE(second) << second.error().to_string();
}

TEST_F(DatabaseTest, statements_run_together_take_effect_all_or_none) {
  std::vector<Bound> bad;
  bad.push_back(bind(insert, std::int64_t{1}, "a"));
  bad.push_back(bind(insert, std::int64_t{1}, "b"));
  bad.push_back(bind(insert, std::int64_t{2}, "c"));
  const auto refused = run(database().run_together(std::move(bad)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "UNIQUE_VIOLATION");
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(count(), 0);

  std::vector<Bound> good;
  good.push_back(bind(insert, std::int64_t{1}, "a"));
  good.push_back(bind(insert, std::int64_t{2}, "b"));
  good.push_back(bind(names));
  const auto done = run(database().run_together(std::move(good)));
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->at(2).size(), 2u);
  EXPECT_EQ(count(), 2);
}

TEST_F(DatabaseTest, a_deferred_check_fails_the_unit_at_its_end) {
  static constexpr Statement insert_child{"test.insert_child", "INSERT INTO item (id, name, other) VALUES ($1, 'child', $2)", Effect::writes};
  std::vector<Task<Result<Rows>>> tasks;
  tasks.push_back(database().query(one, std::int64_t{1}));
  tasks.push_back(database().query(insert_child, std::int64_t{1}, std::int64_t{99}));
  tasks.push_back(database().query(one, std::int64_t{2}));
  const auto answers = side_by_side(std::move(tasks));
  EXPECT_TRUE(answers[0]);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().reason(), "FOREIGN_KEY_VIOLATION");
  EXPECT_TRUE(answers[2]);
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, a_thousand_queries_at_once_are_each_answered_with_their_own) {
  std::vector<Task<Result<Rows>>> tasks;
  for (std::int64_t i = 0; i < 1'000; ++i) tasks.push_back(database().query(one, i));
  const auto answers = side_by_side(std::move(tasks));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i]) << answers[i].error().to_string();
    ASSERT_EQ((*answers[i])[0].get<std::int64_t>(0), static_cast<std::int64_t>(i));
  }
  // Of this test's database only: sessions of earlier tests may still be on their way out.
  EXPECT_LE(std::stoi(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'emporion test'")), 2);
}

TEST_F(DatabaseTest, large_parameters_and_rows_pass_in_both_directions_at_once) {
  static constexpr Statement echo{"test.echo", "SELECT $1::text || $1::text"};
  const std::string large(1'500'000, 'x');
  std::vector<Task<Result<Rows>>> tasks;
  for (int i = 0; i < 16; ++i) tasks.push_back(database().query(echo, large));
  for (const auto& answer : side_by_side(std::move(tasks))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ((*answer)[0].get<std::string>(0).size(), 3'000'000u);
  }
}

TEST_F(DatabaseTest, settings_of_a_function_hold_while_it_runs_and_a_name_that_no_function_has_is_refused) {
  sql("CREATE FUNCTION seen() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN current_setting('enable_seqscan'); END $$");
  EXPECT_EQ(value("SELECT seen()"), "on");
  sql("SELECT plan_functions(ARRAY['seen'], 'SET enable_seqscan = off')");
  EXPECT_EQ(value("SELECT seen()"), "off");
  static constexpr Statement plan_nothing{"test.plan_nothing", "SELECT plan_functions(ARRAY['renamed'], 'SET enable_seqscan = off')"};
  EXPECT_FALSE(run(database().query(plan_nothing)));
}

TEST_F(DatabaseTest, the_database_s_refusals_have_their_reasons) {
  ASSERT_TRUE(run(database().query(insert, std::int64_t{1}, "a")));
  const auto check = run(database().query(insert, std::int64_t{2}, ""));
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().reason(), "CHECK_VIOLATION");
  EXPECT_EQ(check.error().kind(), ErrorKind::conflict);

  static constexpr Statement refuse{"test.refuse", R"(SELECT refuse('EM422', 'QTY_LIMIT', '{"max":50,"sku":"A"}', 'at most 50'))"};
  const auto own = run(database().query(refuse));
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(own.error().reason(), "QTY_LIMIT");
  EXPECT_EQ(own.error().detail(), "at most 50");
  EXPECT_EQ(own.error().metadata_json("max"), "50");
  EXPECT_EQ(own.error().metadata_json("sku"), "\"A\"");

  static constexpr Statement refuse_curtly{"test.refuse_curtly", "SELECT refuse('EM404', 'NOT_HERE')"};
  const auto curt = run(database().query(refuse_curtly));
  ASSERT_FALSE(curt);
  EXPECT_EQ(curt.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(curt.error().reason(), "NOT_HERE");
  EXPECT_EQ(curt.error().detail(), "");
}

TEST_F(DatabaseTest, a_statement_is_planned_once_and_one_with_optional_filters_each_time) {
  auto single = options();
  single.connections_shared = 1;
  const auto database = another(single);
  const auto plans_of = [&](const Statement& statement) {
    const auto rows = run(database->query(plans, statement.name));
    EXPECT_TRUE(rows) << rows.error().to_string();
    return rows ? std::pair((*rows)[0].get<std::int64_t>(0), (*rows)[0].get<std::int64_t>(1)) : std::pair(std::int64_t{-1}, std::int64_t{-1});
  };
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(run(database->query(by_ids, std::vector<std::int64_t>{1, 2})));
    ASSERT_TRUE(run(database->query(by_name, std::optional<std::string>("x"))));
  }
  EXPECT_EQ(plans_of(by_ids), std::pair(std::int64_t{8}, std::int64_t{0}));
  EXPECT_EQ(plans_of(by_name), std::pair(std::int64_t{0}, std::int64_t{8}));
  const auto mode = run(database->query(plan_mode));
  ASSERT_TRUE(mode) << mode.error().to_string();
  EXPECT_EQ((*mode)[0].get<std::string>(0), "force_generic_plan") << "what one statement sets ends with it";
}

static_assert(has_optional_filter("SELECT 1 FROM t WHERE ($1::uuid[] IS NULL OR id = ANY ($1))") &&
              has_optional_filter("WHERE a = $1 AND ($2 IS NULL OR b = $2)"));
static_assert(has_optional_filter("WHERE ($3::bool IS NOT TRUE OR low)") && !has_optional_filter("WHERE lease_until IS NULL OR lease_until < $1"));

TEST_F(DatabaseTest, slow_statements_and_locked_rows_end_at_their_timeouts) {
  auto tight = options();
  tight.statement_timeout = milliseconds(200);
  tight.lock_timeout = milliseconds(100);
  const auto hasty = another(tight);
  const auto slow = run(hasty->query(pause, 2'000));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().reason(), "STATEMENT_TIMEOUT");
  EXPECT_EQ(slow.error().kind(), ErrorKind::unavailable);

  ASSERT_TRUE(run(database().query(insert, std::int64_t{1}, "a")));
  sql("BEGIN; SELECT * FROM item FOR UPDATE");
  const auto locked = run(hasty->query(rename, std::int64_t{1}, "b"));
  sql("ROLLBACK");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().reason(), "LOCK_TIMEOUT");
  EXPECT_TRUE(run(hasty->query(rename, std::int64_t{1}, "b")));
  run(hasty->close());
}

Task<Result<Rows>> later(Runtime& runtime, milliseconds span, std::function<void()> work) {
  co_await runtime.sleep_for(span);
  work();
  co_return fail(ErrorKind::internal, "DONE");
}

TEST_F(DatabaseTest, a_lost_connection_is_unavailable_for_reads_and_unknown_for_writes_and_heals) {
  ASSERT_TRUE(run(database().query(one, std::int64_t{1})));
  std::vector<Task<Result<Rows>>> tasks;
  tasks.push_back(database().query(pause, 1'000));
  tasks.push_back(later(runtime(), milliseconds(100), [this] { terminate_backends(); }));
  const auto reads = side_by_side(std::move(tasks));
  ASSERT_FALSE(reads[0]);
  EXPECT_EQ(reads[0].error().reason(), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(reads[0].error().kind(), ErrorKind::unavailable);

  std::vector<Task<Result<Rows>>> more;
  more.push_back(database().query(insert_slowly, std::int64_t{1}));
  more.push_back(later(runtime(), milliseconds(100), [this] { terminate_backends(); }));
  const auto writes = side_by_side(std::move(more));
  ASSERT_FALSE(writes[0]);
  EXPECT_EQ(writes[0].error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_EQ(writes[0].error().kind(), ErrorKind::deadline_exceeded);

  // The next caller meets a new connection, on which everything is prepared again; also when the loss happened while idle.
  const auto healed = run(database().query(one, std::int64_t{3}));
  ASSERT_TRUE(healed) << healed.error().to_string();
  terminate_backends();
  run(runtime().sleep_for(milliseconds(50)));
  EXPECT_TRUE(run(database().query(one, std::int64_t{3})));
}

// Nothing was asked of the server for longer than its silence may last; then something new that has to be prepared, while the watch of before is due.
TEST_F(DatabaseTest, a_process_that_stood_still_does_not_take_its_own_silence_for_the_servers) {
  auto impatient = options();
  impatient.statement_timeout = milliseconds(100);
  impatient.lock_timeout = milliseconds(100);
  impatient.connections_shared = 1;
  const auto patient = another(impatient);
  ASSERT_TRUE(run(patient->query(one, std::int64_t{1})));
  std::this_thread::sleep_for(milliseconds(5'500));
  const auto after_idling = run(patient->query(insert, std::int64_t{1}, "a"));
  EXPECT_TRUE(after_idling) << after_idling.error().to_string();
  // And with an answer that lies there unread.
  std::vector<Task<Result<Rows>>> tasks;
  tasks.push_back(patient->query(one, std::int64_t{2}));
  tasks.push_back(later(runtime(), milliseconds(0), [] { std::this_thread::sleep_for(milliseconds(5'500)); }));
  const auto answers = side_by_side(std::move(tasks));
  EXPECT_TRUE(answers[0]) << answers[0].error().to_string();
  run(patient->close());
}

TEST_F(DatabaseTest, a_database_that_is_not_there_is_unavailable_at_once_for_all_who_wait) {
  auto wrong = options();
  wrong.dsn = "host=/nonexistent dbname=x user=y";
  const auto absent = another(wrong);
  std::vector<Task<Result<Rows>>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(absent->query(one, std::int64_t{i}));
  for (const auto& answer : side_by_side(std::move(tasks))) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason(), "DATABASE_UNAVAILABLE");
  }
  const auto work = run(absent->begin(context()));
  ASSERT_FALSE(work);
  EXPECT_EQ(work.error().reason(), "DATABASE_UNAVAILABLE");
  run(absent->close());
}

TEST_F(DatabaseTest, after_close_nothing_is_taken) {
  const auto closing = another(options());
  ASSERT_TRUE(run(closing->query(one, std::int64_t{1})));
  run(closing->close());
  const auto refused = run(closing->query(one, std::int64_t{1}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "DATABASE_UNAVAILABLE");
}

TEST_F(DatabaseTest, only_committed_writes_wake_the_listeners) {
  int woken = 0;
  database().on_committed_write([&] { ++woken; });
  (void)run(database().query(one, std::int64_t{1}));
  EXPECT_EQ(woken, 0);
  (void)run(database().query(insert, std::int64_t{1}, "a"));
  EXPECT_EQ(woken, 1);
  (void)run(database().query(insert, std::int64_t{1}, "a"));
  EXPECT_EQ(woken, 1);
}

#if EMP_FAULT_POINTS
TEST_F(DatabaseTest, fault_points_lie_before_and_after_each_commit) {
  ASSERT_TRUE(fault::FaultPoints::arm("lose:test.commit.before:1"));
  const auto before = run(database().query(insert, std::int64_t{1}, "a"));
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_EQ(count(), 0);

  ASSERT_TRUE(fault::FaultPoints::arm("lose:test.commit.after:1"));
  const auto after = run(database().query(insert, std::int64_t{1}, "a"));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_EQ(count(), 1);

  ASSERT_TRUE(fault::FaultPoints::arm("lose:test.:1000"));
  (void)run(database().query(one, std::int64_t{1}));
  (void)run(database().query(insert, std::int64_t{2}, "b"));
  EXPECT_EQ(fault::FaultPoints::passed(), 2u);
}
#endif

}  // namespace
}  // namespace emporion::postgres
