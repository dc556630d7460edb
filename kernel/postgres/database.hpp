#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/rows.hpp"
#include "kernel/postgres/value.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::postgres {

/// SQL with a name: prepared once per connection, counted and traced by that name. A constant of the program: `constexpr Statement
/// insert_cart{"checkout.insert_cart", "INSERT …", Effect::writes};`
enum class Effect : std::uint8_t { reads, writes };
struct Statement {
  std::string_view name;
  std::string_view sql;
  Effect effect = Effect::reads;
};

/// Whether `sql` filters by a parameter only where that is given, `($1::text IS NULL OR sku = $1)`: no one plan is good for all its uses.
constexpr bool has_optional_filter(std::string_view sql) noexcept {
  for (const std::string_view test : {" IS NULL OR ", " IS NOT TRUE OR "}) {
    for (auto at = sql.find(test); at != sql.npos; at = sql.find(test, at + 1)) {
      const auto before = sql.find_last_not_of("abcdefghijklmnopqrstuvwxyz_[]:0123456789", at - 1);
      if (before != sql.npos && sql[before] == '$') return true;
    }
  }
  return false;
}

/// A statement with its parameters: self-contained, so it can be queued and sent again.
struct Bound {
  Statement statement;
  Parameters parameters;
};
template <typename... Values>
Bound bind(const Statement& statement, const Values&... values) {
  Bound bound{statement, {}};
  (bound.parameters.add(values), ...);
  return bound;
}

/// How a database's error becomes an Error: 23505 → conflict UNIQUE_VIOLATION {constraint}; 23503 → conflict FOREIGN_KEY_VIOLATION {constraint}; 23514 and
/// 23P01 → conflict CHECK_VIOLATION / EXCLUSION_VIOLATION {constraint}; 40001, 40P01 → unavailable DATABASE_RETRY; 55P03 → unavailable LOCK_TIMEOUT; 57014 →
/// unavailable STATEMENT_TIMEOUT; no connection → unavailable DATABASE_UNAVAILABLE (not executed); connection lost after sending a write → deadline_exceeded
/// COMMIT_OUTCOME_UNKNOWN; an SQLSTATE of the form EMnnn raised by our own functions → the kind with HTTP status nnn, reason = message, metadata = members of
/// the JSON object in DETAIL; anything else → internal DATABASE_ERROR (the text goes to the log only).

class UnitOfWork;

/// When the server plans a prepared statement (ADR 0038).
enum class Planning : std::uint8_t {
  once,      ///< At its first use in a session, for any parameters, by indexes. Statements with optional filters are planned each time all the same.
  each_time  ///< As the server sees fit: for few large reads.
};

struct DatabaseOptions {
  std::string dsn;                ///< libpq connection string.
  std::string module;             ///< Names the connections and metrics.
  int connections_shared = 2;     ///< Pipelined, for single statements.
  int connections_exclusive = 8;  ///< For units of work; more callers wait in line, at most until their deadline.
  milliseconds lock_timeout{2'000};
  milliseconds statement_timeout{5'000};
  milliseconds idle_in_transaction_timeout{10'000};
  Planning planning = Planning::once;
  const Clock* clock = nullptr;  ///< What callers' deadlines are measured by; null is the machine's.
};

/// A module's own database, as seen from one runtime's thread. Connects on first use and again after a loss, with back-off, to that one of the DSN's servers
/// that takes writes just then.
class Database {
 public:
  Database(Runtime& runtime, DatabaseOptions options);
  ~Database();

  /// One statement as one implicit transaction, pipelined with those of other callers. Completed only when its transaction is.
  Task<Result<Rows>> run(Bound bound);
  template <typename... Values>
  Task<Result<Rows>> query(const Statement& statement, const Values&... values) {
    return run(bind(statement, values...));
  }
  /// Several statements as one implicit transaction in one round trip: all take effect, or none.
  Task<Result<std::vector<Rows>>> run_together(std::vector<Bound> bounds);

  /// An interactive transaction on a connection of its own. Errors: DATABASE_UNAVAILABLE, DATABASE_BUSY (resource_exhausted, no connection free before the
  /// deadline).
  Task<Result<UnitOfWork>> begin(CallContext context);

  /// Calls `listener` too on the io thread after each committed write: what wakes the feed in one process.
  void on_committed_write(std::function<void()> listener);
  const std::string& module() const noexcept;
  /// Refuses new work, waits for what runs and ends the connections. To be awaited before the object dies if anything may still run.
  Task<void> close();

 private:
  friend class UnitOfWork;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// One open transaction (READ COMMITTED). Rolls back unless committed. Never nests a second connection; holds wall 3's mark while open.
class UnitOfWork {
 public:
  UnitOfWork(UnitOfWork&&) noexcept;
  UnitOfWork& operator=(UnitOfWork&&) = delete;
  ~UnitOfWork();

  Task<Result<Rows>> run(Bound bound);
  template <typename... Values>
  Task<Result<Rows>> query(const Statement& statement, const Values&... values) {
    return run(bind(statement, values...));
  }
  /// Several statements in one round trip inside this transaction.
  Task<Result<std::vector<Rows>>> run_together(std::vector<Bound> bounds);
  /// Runs what follows so that `rollback_to_savepoint` can undo it alone. One level.
  Task<Result<>> savepoint();
  Task<Result<>> rollback_to_savepoint();

  /// Errors: what the deferred checks refuse; COMMIT_OUTCOME_UNKNOWN when the connection broke meanwhile. The object is spent either way.
  Task<Result<>> commit();

 private:
  friend class Database;
  struct State;
  explicit UnitOfWork(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace emporion::postgres
