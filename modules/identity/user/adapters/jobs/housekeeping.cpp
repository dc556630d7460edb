#include "modules/identity/user/adapters/jobs/housekeeping.hpp"

namespace emporion::user {
namespace {
constexpr postgres::Statement expire{"user.expire_assignments", "SELECT expire_assignments($1)", postgres::Effect::writes};
}

void Housekeeping::schedule(Jobs& jobs) {
  jobs.every("user.enrol", seconds(10), this, &Housekeeping::enrol);
  jobs.every("user.expire_assignments", minutes(1), this, &Housekeeping::expire_assignments);
}

Task<Result<>> Housekeeping::enrol(CallContext context) { co_return co_await enrolment_.finish_due(context); }

Task<Result<>> Housekeeping::expire_assignments(CallContext) {
  EMP_CO_TRY(co_await database_.query(expire, clock_.now()));
  co_return Result<>();
}

}  // namespace emporion::user
