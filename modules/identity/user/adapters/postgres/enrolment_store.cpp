#include "modules/identity/user/adapters/postgres/enrolment_store.hpp"

namespace emporion::user {
namespace {

using postgres::Bytes;
using postgres::Effect;
using postgres::Statement;

constexpr Statement insert_user{"user.create", "SELECT user_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", Effect::writes};
constexpr Statement select_pending{
    "user.find_pending",
    "SELECT u.id, u.email, p.sealed_password, granted_to(u.id, $2), u.permissions_version FROM pending_enrolment p JOIN staff_user u ON u.id = p.user_id WHERE "
    "p.user_id = $1"};
constexpr Statement select_due{"user.due_enrolments", "SELECT user_id FROM pending_enrolment WHERE next_at <= $1 ORDER BY next_at LIMIT 20"};
constexpr Statement finish{"user.enrolment_done", "SELECT enrolment_done($1, $2, $3)", Effect::writes};
constexpr Statement undo{"user.enrolment_refused", "SELECT enrolment_refused($1)", Effect::writes};
constexpr Statement postpone{"user.enrol_later", "UPDATE pending_enrolment SET next_at = $2, attempts = attempts + 1 WHERE user_id = $1", Effect::writes};

}  // namespace

Task<Result<>> PostgresEnrolmentStore::create(NewUser user, UtcTime now) {
  EMP_CO_TRY(co_await database_.query(insert_user, user.id, user.email_canonical, user.email, user.name, user.department, user.roles, user.actor,
                                      Bytes{user.request_sha256}, Bytes{user.sealed_password}, now));
  co_return Result<>();
}

Task<Result<std::optional<PendingEnrolment>>> PostgresEnrolmentStore::find_pending(Uuid user, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_pending, user, now));
  if (rows.empty()) co_return std::optional<PendingEnrolment>();
  co_return PendingEnrolment{rows[0].get<Uuid>(0), rows[0].get<std::string>(1), rows[0].get<Bytes>(2).value, rows[0].get<std::vector<std::string>>(3),
                             rows[0].get<std::int64_t>(4)};
}

Task<Result<std::vector<Uuid>>> PostgresEnrolmentStore::due(UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_due, now));
  std::vector<Uuid> out;
  for (const auto row : rows) out.push_back(row.get<Uuid>(0));
  co_return out;
}

Task<Result<>> PostgresEnrolmentStore::done(Uuid user, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await database_.query(finish, user, now, trace));
  co_return Result<>();
}

Task<Result<>> PostgresEnrolmentStore::refused(Uuid user) {
  EMP_CO_TRY(co_await database_.query(undo, user));
  co_return Result<>();
}

Task<Result<>> PostgresEnrolmentStore::try_later(Uuid user, UtcTime next) {
  EMP_CO_TRY(co_await database_.query(postpone, user, next));
  co_return Result<>();
}

}  // namespace emporion::user
