#include "modules/identity/auth/adapters/jobs/housekeeping.hpp"

namespace emporion::auth {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement expire_sessions{
    "auth.expire_sessions",
    "UPDATE session SET status = 'expired' WHERE id IN (SELECT id FROM session WHERE status = 'active' AND least(idle_expires, absolute_expires) <= $1 LIMIT "
    "1000 FOR UPDATE SKIP LOCKED)",
    Effect::writes};
constexpr Statement purge_tokens{"auth.purge_tokens", "DELETE FROM one_time_token WHERE expires_at < $1::timestamptz - interval '1 day'", Effect::writes};
constexpr Statement purge_requests{"auth.purge_message_requests", "DELETE FROM message_request WHERE at < $1::timestamptz - interval '1 hour'", Effect::writes};
constexpr Statement purge_locks{"auth.purge_locks", "DELETE FROM lock_state WHERE coalesce(locked_until, window_start) < $1::timestamptz - interval '1 day'",
                                Effect::writes};
constexpr Statement purge_history{"auth.purge_login_history", "DELETE FROM login_history WHERE at < $1::timestamptz - interval '180 days'", Effect::writes};

}  // namespace

void Housekeeping::schedule(Jobs& jobs) {
  jobs.every("auth.tend_keys", minutes(1), this, &Housekeeping::tend_keys);
  jobs.every("auth.expire_sessions", minutes(15), this, &Housekeeping::expire);
  jobs.every("auth.purge", hours(24), this, &Housekeeping::purge);
}

Task<Result<>> Housekeeping::tend_keys(CallContext context) { co_return co_await keys_.tend(context.trace); }

Task<Result<>> Housekeeping::expire(CallContext) {
  EMP_CO_TRY(co_await database_.query(expire_sessions, clock_.now()));
  EMP_CO_TRY(co_await database_.query(purge_tokens, clock_.now()));
  EMP_CO_TRY(co_await database_.query(purge_requests, clock_.now()));
  co_return Result<>();
}

Task<Result<>> Housekeeping::purge(CallContext) {
  EMP_CO_TRY(co_await database_.query(purge_locks, clock_.now()));
  EMP_CO_TRY(co_await database_.query(purge_history, clock_.now()));
  co_return Result<>();
}

}  // namespace emporion::auth
