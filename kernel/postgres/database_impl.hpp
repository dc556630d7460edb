#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/postgres/connection.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::postgres {

/// The shared connections with the queue before them, and the pool of exclusive ones with the line before it.
struct Database::Impl : std::enable_shared_from_this<Database::Impl> {
  using ConnectionPtr = std::shared_ptr<Connection>;
  struct Waiter;

  Impl(Runtime& given_runtime, DatabaseOptions given_options);

  Task<Result<std::vector<Rows>>> execute(std::vector<Bound> bounds);
  /// A connected connection for one caller alone. Errors: DATABASE_UNAVAILABLE, DATABASE_BUSY.
  Task<Result<ConnectionPtr>> take_exclusive(UtcTime deadline);
  void give_back(ConnectionPtr connection);
  void committed_write();
  void end_idle_connections();
  bool is_at_work() const;

  Runtime& runtime;
  DatabaseOptions options;
  std::shared_ptr<StatementMetrics> metrics;
  std::string fault_before, fault_after;  ///< Names of the fault points around each commit.
  std::vector<std::function<void()>> listeners;
  bool closed = false;

 private:
  void submit(Unit& unit);
  ConnectionPtr room();
  void pump();
  void grow();
  void fail_queued(const Error& error);
  static Task<void> connect_in_background(std::shared_ptr<Impl> self, ConnectionPtr connection);

  std::vector<ConnectionPtr> shared_;
  std::deque<Unit*> queue_;
  std::vector<ConnectionPtr> idle_;
  std::size_t exclusive_taken_ = 0;
  std::deque<std::shared_ptr<Waiter>> line_;
};

}  // namespace emporion::postgres
