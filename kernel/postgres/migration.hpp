#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::postgres {

/// One forward-only SQL file, embedded in the binary by emporion_module(). Applied once, in order of its number, in one transaction.
struct Migration {
  int number;             ///< 1 for 0001_….sql
  std::string_view name;  ///< "stock_item"
  std::string_view sql;
};

/// The tables that every module's database has (outbox, inbox, feed_position, dead_letter, idempotency, job_lease, saga, saga_step):
/// kernel/postgres/migrations.
std::span<const Migration> kernel_migrations();

/// Applies what is missing, kernel first, under an advisory lock; blocking, for start-up and `emporion migrate`. Safe to repeat and to run twice at once.
/// Errors: MIGRATION_CHANGED (an applied file differs from the binary's), MIGRATION_FAILED (names file and message), DATABASE_UNAVAILABLE. Answers how many
/// were applied.
Result<int> migrate(const std::string& dsn, std::span<const Migration> migrations);

}  // namespace emporion::postgres
