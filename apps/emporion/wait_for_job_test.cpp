#include "apps/emporion/wait_for_job.hpp"

#include <gtest/gtest.h>

namespace emporion::app {
namespace {

enum class Status : std::uint8_t { queued, running, completed };
struct Job {
  int id = 7;
  Status status = Status::queued;
};

/// Answers these statuses in turn, then the error.
struct Office {
  std::vector<Status> next;
  std::size_t asked = 0;
  Task<Result<Job>> ask(int id) {
    if (asked == next.size()) co_return fail(ErrorKind::unavailable, "OFFICE_CLOSED", "nobody answers");
    co_return Job{id, next[asked++]};
  }
};

struct WaitForJob : ::testing::Test {
  Result<Job> wait(Job job, milliseconds patience = seconds(30)) {
    const auto ask = [this](int id) { return office.ask(id); };
    const auto see = [this](const Job& now) { seen.push_back(now.status); };
    return run_until_done(runtime, wait_for_job(runtime, job, ask, see, patience));
  }
  Runtime runtime;
  Office office;
  std::vector<Status> seen;
};

TEST_F(WaitForJob, AnswersTheJobAsItEndedAndTellsOfItOnTheWay) {
  office.next = {Status::running, Status::completed};
  const auto ended = wait({});
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->status, Status::completed);
  EXPECT_EQ(seen, (std::vector{Status::queued, Status::running}));
}

TEST_F(WaitForJob, AsksNobodyAboutAJobThatHasEnded) {
  EXPECT_TRUE(wait({.status = Status::completed}).has_value());
  EXPECT_EQ(office.asked, 0U);
}

TEST_F(WaitForJob, LosesItsPatience) {
  office.next.assign(100, Status::running);
  EXPECT_EQ(wait({}, milliseconds(150)).error().reason(), "JOB_SLOW");
}

TEST_F(WaitForJob, HandsOnThatTheJobCannotBeRead) { EXPECT_EQ(wait({}).error().reason(), "OFFICE_CLOSED"); }

}  // namespace
}  // namespace emporion::app
