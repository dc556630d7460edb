#pragma once

#include <cstdint>

#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::postgres {

/// For rows that a module keeps in memory: tells their revision, a number in the database that moves in every transaction that changes one of them. It is read
/// again when it is older than `age_max`, or at once after this process changed something itself; so a copy is never older than `age_max`, whoever writes.
class RevisionWatch {
 public:
  /// `statement` answers one row with the revision (int8).
  RevisionWatch(Database& database, Statement statement, const Clock& clock, milliseconds age_max = milliseconds(100))
      : database_(database), statement_(statement), clock_(clock), age_max_(age_max) {}

  Task<Result<std::int64_t>> current() {
    const UtcTime now = clock_.now();
    if (known_ && now - read_at_ <= age_max_) co_return revision_;
    const std::uint64_t looks = looks_;
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(statement_));
    revision_ = rows[0].get<std::int64_t>(0);
    read_at_ = now;
    known_ = looks == looks_;  // What was asked before somebody wanted another look may be older than that.
    co_return revision_;
  }
  /// What is read from now on is at least as new as this moment. Called after a commit of this process that may have moved the revision.
  void look_again() noexcept {
    known_ = false;
    ++looks_;
  }

 private:
  Database& database_;
  Statement statement_;
  const Clock& clock_;
  milliseconds age_max_;
  std::int64_t revision_ = 0;
  UtcTime read_at_;
  std::uint64_t looks_ = 0;
  bool known_ = false;
};

}  // namespace emporion::postgres
