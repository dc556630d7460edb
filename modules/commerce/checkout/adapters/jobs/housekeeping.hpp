#pragma once

#include "kernel/module/jobs.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::checkout {

/// What time does to carts and sessions (commerce.md §1.6). None of it holds stock, so none of it releases any.
class Housekeeping {
 public:
  explicit Housekeeping(postgres::Database& database) : database_(database) {}
  void schedule(Jobs& jobs);

  // The jobs, each safe to run twice at once.
  Task<Result<>> expire_sessions(CallContext context);
  Task<Result<>> mark_abandoned_carts(CallContext context);
  Task<Result<>> expire_idle_carts(CallContext context);

 private:
  postgres::Database& database_;
};

}  // namespace emporion::checkout
