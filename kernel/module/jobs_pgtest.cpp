#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/module/jobs.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/trace/tracer.hpp"

// tidy-allow-file(test_sleeps): periods and leases pass in the database's real time.
namespace emporion {
namespace {

struct Worker {
  Runtime* runtime = nullptr;
  int runs = 0;
  int fail_first = 0;
  milliseconds takes{0};
  int* inside = nullptr;  ///< Shared by replicas: how many run at once.
  int inside_most = 0;
  std::vector<std::string> keys;

  Task<Result<>> work(CallContext context) {
    ++runs;
    keys.push_back(context.idempotency_key);
    if (inside != nullptr) inside_most = std::max(inside_most, ++*inside);
    if (takes > milliseconds(0)) co_await runtime->sleep_for(takes);
    if (inside != nullptr) --*inside;
    if (runs <= fail_first) co_return fail(ErrorKind::internal, "BROKEN");
    co_return Result<>();
  }
};

struct JobsTest : testing::PostgresTest {
  SystemClock clock;
  SystemRandom random;

  void pass(milliseconds span) { run(runtime().sleep_for(span)); }
  /// Runs the loop until the condition holds, at most five seconds.
  template <typename Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) pass(milliseconds(10));
    return condition();
  }
};

TEST_F(JobsTest, a_job_runs_again_and_again_also_after_a_failure) {
  Worker worker{.runtime = &runtime(), .fail_first = 2};
  Jobs jobs(runtime(), database(), clock, random);
  jobs.every("test.sweep", milliseconds(30), &worker, &Worker::work);
  jobs.start();
  EXPECT_TRUE(eventually([&] { return worker.runs >= 5; })) << worker.runs;
  run(jobs.stop());
  const int runs = worker.runs;
  pass(milliseconds(100));
  EXPECT_EQ(worker.runs, runs);
  EXPECT_EQ(value("SELECT until IS NULL AND last_success_at IS NOT NULL AND fencing = 1 FROM job_lease WHERE name = 'test.sweep'"), "t");
}

TEST_F(JobsTest, each_run_is_a_trace_of_its_own) {
  trace::enable({});
  Worker worker{.runtime = &runtime(), .fail_first = 1};
  Jobs jobs(runtime(), database(), clock, random);
  jobs.every("test.sweep", milliseconds(30), &worker, &Worker::work);
  jobs.start();
  EXPECT_TRUE(eventually([&] { return worker.runs >= 2; }));
  run(jobs.stop());
  trace::disable();
  auto spans = trace::take(1'000);
  std::erase_if(spans, [](const auto& span) { return span.parent != 0; });  // What a run has done, and the noting of its success.
  ASSERT_GE(spans.size(), 2u);
  EXPECT_TRUE(std::ranges::all_of(spans, [](const auto& span) { return span.name == "job test.sweep"; })) << "keeping the lease is no part of a run";
  EXPECT_NE(spans[0].trace, spans[1].trace);
  EXPECT_EQ(spans[0].error, "BROKEN");
  EXPECT_FALSE(spans[1].failed);
}

TEST_F(JobsTest, replicas_never_run_a_job_at_the_same_time) {
  int inside = 0;
  Worker first{.runtime = &runtime(), .takes = milliseconds(20), .inside = &inside};
  Worker second{.runtime = &runtime(), .takes = milliseconds(20), .inside = &inside};
  Jobs one(runtime(), database(), clock, random);
  Jobs two(runtime(), database(), clock, random);
  one.every("test.sweep", seconds(60), &first, &Worker::work);
  two.every("test.sweep", seconds(60), &second, &Worker::work);
  one.start();
  two.start();
  for (int i = 0; i < 200; ++i) {
    one.wake("test.sweep");
    two.wake("test.sweep");
    pass(milliseconds(5));
  }
  run(one.stop());
  run(two.stop());
  EXPECT_EQ(std::max(first.inside_most, second.inside_most), 1);
  EXPECT_GT(first.runs, 0);
  EXPECT_GT(second.runs, 0);
  // Each change of hands has a number of its own.
  std::vector<std::string> both = first.keys;
  for (const auto& key : second.keys) EXPECT_EQ(std::ranges::count(first.keys, key), 0) << key;
}

TEST_F(JobsTest, a_dead_replica_s_job_is_taken_over_when_its_lease_has_ended) {
  sql("INSERT INTO job_lease (name, owner, until, fencing) VALUES ('test.sweep', 'dead', now() + interval '300 milliseconds', 7)");
  Worker worker{.runtime = &runtime()};
  Jobs jobs(runtime(), database(), clock, random);
  jobs.every("test.sweep", milliseconds(50), &worker, &Worker::work);
  jobs.start();
  pass(milliseconds(200));
  EXPECT_EQ(worker.runs, 0);
  EXPECT_TRUE(eventually([&] { return worker.runs > 0; }));
  run(jobs.stop());
  EXPECT_EQ(worker.keys.front(), "test.sweep:8");
}

TEST_F(JobsTest, a_woken_job_runs_soon_and_one_that_has_just_succeeded_elsewhere_rests) {
  sql("INSERT INTO job_lease (name, owner, until, fencing, last_success_at) VALUES ('test.hourly', 'other', NULL, 1, now())");
  Worker worker{.runtime = &runtime()};
  Jobs jobs(runtime(), database(), clock, random);
  jobs.every("test.hourly", hours(1), &worker, &Worker::work);
  jobs.start();
  pass(milliseconds(1'200));
  EXPECT_EQ(worker.runs, 0);
  jobs.wake("test.hourly");
  EXPECT_TRUE(eventually([&] { return worker.runs == 1; }));
  run(jobs.stop());
}

TEST_F(JobsTest, stop_waits_for_the_run_in_progress) {
  Worker worker{.runtime = &runtime(), .takes = milliseconds(150)};
  Jobs jobs(runtime(), database(), clock, random);
  jobs.every("test.sweep", milliseconds(10), &worker, &Worker::work);
  jobs.start();
  int inside = 0;
  worker.inside = &inside;
  ASSERT_TRUE(eventually([&] { return inside == 1; }));
  run(jobs.stop());
  EXPECT_EQ(inside, 0);
}

TEST_F(JobsTest, a_run_that_lost_its_lease_notes_nothing) {
  EXPECT_EQ(value("SELECT job_take('test.sweep', 'slow', 1000, 0, true)"), "1");
  sql("UPDATE job_lease SET until = now() - interval '1 second'");
  EXPECT_EQ(value("SELECT job_take('test.sweep', 'quick', 10000, 0, true)"), "2");
  EXPECT_EQ(value("SELECT job_finish('test.sweep', 'slow', 1, true, true)"), "f");
  EXPECT_EQ(value("SELECT last_success_at IS NULL AND owner = 'quick' AND until > now() FROM job_lease"), "t");
}

}  // namespace
}  // namespace emporion
