#pragma once

#include "kernel/module/jobs.hpp"
#include "modules/identity/user/app/enrolment.hpp"

namespace emporion::user {

/// Enrolments that Auth could not take at once, and assignments that have run out.
class Housekeeping {
 public:
  Housekeeping(postgres::Database& database, Enrolment& enrolment, const Clock& clock) : database_(database), enrolment_(enrolment), clock_(clock) {}
  void schedule(Jobs& jobs);
  Task<Result<>> enrol(CallContext context);
  Task<Result<>> expire_assignments(CallContext context);

 private:
  postgres::Database& database_;
  Enrolment& enrolment_;
  const Clock& clock_;
};

}  // namespace emporion::user
