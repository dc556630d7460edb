#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"

namespace emporion::testing {

/// Another process in the middle of its transaction, which it commits as soon as somebody waits for it. So a test says who comes first, and never by time.
/// An INSERT … ON CONFLICT waits for whoever changes its row, but not for whoever has only locked it: `at_last`.
///
///     testing::Rival other(superuser_dsn());
///     other.run("UPDATE bank_credit SET state = 'returned'");
///     EXPECT_EQ(other.beside(runtime(), match(…)).error().reason(), "TRANSFER_MATCHED");
class Rival {
 public:
  explicit Rival(const std::string& dsn) : own_(opened(dsn)), watch_(opened(dsn)) {
    run("BEGIN");
    const auto pid = own_.run("SELECT pg_backend_pid()");
    EMP_ASSERT(pid.has_value());
    waits_ = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND ", pid->at(0).at(0).value(), " = ANY (pg_blocking_pids(pid))");
  }

  /// As part of its transaction. A failure is one of the test.
  void run(const std::string& statement) {
    const auto done = own_.run(statement);
    EXPECT_TRUE(done.has_value()) << statement << ": " << done.error().to_string();
  }
  /// What it does once somebody waits for it, before it commits: for rows that it has only locked until then.
  void at_last(std::string statement) { last_ = std::move(statement); }
  void commit() {
    if (!last_.empty()) run(std::exchange(last_, {}));
    run("COMMIT");
  }
  /// Whether somebody had to wait for it.
  bool was_waited_for() const noexcept { return was_waited_for_; }

  /// Runs `ours` to its end. The rival commits when it is waited for, or afterwards if `ours` waits for nobody.
  template <typename T>
  T beside(Runtime& runtime, Task<T> ours) {
    std::optional<T> out;
    std::vector<Task<bool>> both;
    both.push_back(keep(std::move(ours), out));
    both.push_back(commit_once_waited_for(runtime, out));
    (void)run_until_done(runtime, when_all(std::move(both)));
    return std::move(*out);
  }

 private:
  static postgres::BlockingConnection opened(const std::string& dsn) {
    auto connection = postgres::BlockingConnection::open(dsn);
    EMP_ASSERT(connection.has_value());
    return std::move(*connection);
  }
  template <typename T>
  static Task<bool> keep(Task<T> ours, std::optional<T>& out) {
    out.emplace(co_await std::move(ours));
    co_return true;
  }
  template <typename T>
  Task<bool> commit_once_waited_for(Runtime& runtime, const std::optional<T>& ours) {
    for (;;) {
      const auto waiting = watch_.run(waits_);
      EMP_ASSERT(waiting.has_value());
      was_waited_for_ = waiting->at(0).at(0) != "0";
      if (ours || was_waited_for_) break;
      co_await runtime.sleep_for(milliseconds(2));
    }
    commit();
    co_return true;
  }

  postgres::BlockingConnection own_;
  postgres::BlockingConnection watch_;
  std::string waits_;
  std::string last_;
  bool was_waited_for_ = false;
};

}  // namespace emporion::testing
