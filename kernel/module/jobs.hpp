#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion {

/// Periodic work of one module. A job runs on one replica at a time, held by a lease row with a fencing number in the module's database.
class Jobs {
 public:
  Jobs(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random);
  ~Jobs();

  /// `jobs.every("warehouse.sweep", seconds(5), this, &Owner::sweep)`; the member is `Task<Result<>> f(CallContext)`. An error is logged and counted, and the
  /// job runs again next time.
  template <typename Owner>
  void every(std::string name, microseconds period, Owner* owner, Task<Result<>> (Owner::*member)(CallContext)) {
    add(std::move(name), period, [owner, member](CallContext context) { return (owner->*member)(std::move(context)); });
  }
  void add(std::string name, microseconds period, std::move_only_function<Task<Result<>>(CallContext)> work);
  /// Runs a job soon instead of at its next period: what a committed write calls. Callable on the io thread.
  void wake(const std::string& name);
  void start();
  Task<void> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion
