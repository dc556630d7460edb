#pragma once

#include "kernel/module/jobs.hpp"
#include "modules/identity/auth/app/key_ring.hpp"

namespace emporion::auth {

/// What time does to keys, sessions and tokens (identity.md §1, Jobs).
class Housekeeping {
 public:
  Housekeeping(postgres::Database& database, KeyRing& keys, const Clock& clock) : database_(database), keys_(keys), clock_(clock) {}
  void schedule(Jobs& jobs);

 private:
  Task<Result<>> tend_keys(CallContext context);
  Task<Result<>> expire(CallContext context);
  Task<Result<>> purge(CallContext context);

  postgres::Database& database_;
  KeyRing& keys_;
  const Clock& clock_;
};

}  // namespace emporion::auth
