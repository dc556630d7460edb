#include "modules/identity/auth/adapters/postgres/session_store.hpp"

#include "modules/identity/auth/domain/lifetimes.hpp"

namespace emporion::auth {
namespace {

using postgres::Bytes;
using postgres::Effect;
using postgres::Statement;

constexpr Statement select_login{
    "auth.find_login",
    "SELECT p.id, p.realm, p.status, p.password_hash, p.password_changed_at, p.permissions_version, p.permissions, coalesce(l.locked_until > $5, false) "
    "FROM (SELECT) one LEFT JOIN identifier i ON i.realm = $1 AND i.kind = $2 AND i.canonical = $3 "
    "LEFT JOIN principal p ON p.id = i.principal_id AND p.status <> 'erased' LEFT JOIN lock_state l ON l.key = coalesce(p.id::text, $4)"};
constexpr Statement select_account{
    "auth.find_account",
    "SELECT id, realm, status, password_hash, password_changed_at, permissions_version, permissions FROM principal WHERE id = $1 AND status <> 'erased'"};
constexpr Statement select_lock{"auth.is_locked", "SELECT EXISTS (SELECT FROM lock_state WHERE key = $1 AND locked_until > $2)"};
constexpr Statement count_failure{"auth.login_failed", "SELECT login_failed($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement open_session{"auth.open_session", "SELECT session_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", Effect::writes};
constexpr Statement replace_hash{"auth.upgrade_hash", "UPDATE principal SET password_hash = $3 WHERE id = $1 AND password_hash = $2", Effect::writes};
constexpr Statement select_session{
    "auth.find_session",
    "SELECT s.id, s.principal_id, s.realm, s.family_secret, s.remember, s.authenticated_at, p.permissions_version FROM session s JOIN principal p ON p.id = "
    "s.principal_id WHERE s.id = $1"};
constexpr Statement refresh_session{"auth.refresh_session", "SELECT outcome, coalesce(next, 0) FROM session_refresh($1, $2, $3, $4, $5, $6, $7)",
                                    Effect::writes};
constexpr Statement revoke_session{"auth.revoke_session", "SELECT session_revoke($1, $2, $3, $4)", Effect::writes};
constexpr Statement revoke_sessions{"auth.revoke_sessions", "SELECT session_revoke_all($1, NULL, $2, $3, $4)", Effect::writes};
constexpr Statement list_sessions{"auth.list_sessions",
                                  "SELECT id, device_label, ip_first, ip_last, created_at, last_seen, least(idle_expires, absolute_expires) FROM session WHERE "
                                  "principal_id = $1 AND status = "
                                  "'active' AND least(idle_expires, absolute_expires) > $2 ORDER BY last_seen DESC, id DESC"};
constexpr Statement owns_session{"auth.owns_session", "SELECT EXISTS (SELECT FROM session WHERE id = $1 AND principal_id = $2)"};
// Later than an access token lives, with its leeway, nothing needs to be known.
constexpr Statement list_revoked{"auth.list_revoked",
                                 "SELECT id, revoked_at FROM session WHERE status = 'revoked' AND revoked_at >= $1 ORDER BY revoked_at, id"};
constexpr Statement list_staff{"auth.list_staff_versions", "SELECT id, permissions_version FROM principal WHERE realm = 'staff' ORDER BY id"};

Account read_account(const postgres::Row& row) {
  return {row.get<Uuid>(0),
          row.get<std::string>(1),
          row.get<std::string>(2),
          row.get<std::optional<std::string>>(3),
          row.get<std::optional<UtcTime>>(4),
          row.get<std::int64_t>(5),
          row.get<std::vector<std::string>>(6)};
}

}  // namespace

Task<Result<LoginCandidate>> PostgresSessionStore::find_login(std::string realm, std::string kind, std::string canonical, std::string unknown_key,
                                                              UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_login, realm, kind, canonical, unknown_key, now));
  LoginCandidate out;
  if (!rows[0].is_null(0)) out.account = read_account(rows[0]);
  out.is_locked = rows[0].get<bool>(7);
  co_return out;
}

Task<Result<std::optional<Account>>> PostgresSessionStore::find_account(Uuid principal) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_account, principal));
  if (rows.empty()) co_return std::optional<Account>();
  co_return std::optional(read_account(rows[0]));
}

Task<Result<bool>> PostgresSessionStore::is_locked(std::string key, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_lock, key, now));
  co_return rows[0].get<bool>(0);
}

Task<Result<>> PostgresSessionStore::login_failed(std::string key, std::optional<Uuid> principal, std::string address, std::string device, UtcTime now,
                                                  Uuid trace) {
  EMP_CO_TRY(co_await database_.query(count_failure, key, principal, address, device, now, trace));
  co_return Result<>();
}

Task<Result<std::string>> PostgresSessionStore::open(OpenedSession session, std::optional<UtcTime> password_changed_at, Uuid trace) {
  const auto life = lifetimes(session.is_staff, session.remember);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(open_session, session.id, session.principal, password_changed_at, session.device,
                                                          Bytes{session.ua_hash}, session.address, Bytes{session.sealed_secret}, session.remember, session.now,
                                                          session.now + life.idle, session.now + life.absolute, std::int32_t{life.sessions_max}, trace));
  co_return rows[0].get<std::string>(0);
}

Task<Result<>> PostgresSessionStore::upgrade_hash(Uuid principal, std::string from, std::string to) {
  EMP_CO_TRY(co_await database_.query(replace_hash, principal, from, to));
  co_return Result<>();
}

Task<Result<std::optional<StoredSession>>> PostgresSessionStore::find_session(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_session, id));
  if (rows.empty()) co_return std::optional<StoredSession>();
  const auto row = rows[0];
  co_return StoredSession{row.get<Uuid>(0), row.get<Uuid>(1),    row.get<std::string>(2), row.get<Bytes>(3).value,
                          row.get<bool>(4), row.get<UtcTime>(5), row.get<std::int64_t>(6)};
}

Task<Result<Refreshed>> PostgresSessionStore::refresh(Uuid id, std::int32_t generation, std::string ua_hash, std::string address, UtcTime now,
                                                      UtcTime idle_expires, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(refresh_session, id, generation, Bytes{ua_hash}, address, now, idle_expires, trace));
  const auto outcome = rows[0].get<std::string>(0);
  Refreshed out{.generation = rows[0].get<std::int32_t>(1)};
  if (outcome == "rotated") out.outcome = RefreshOutcome::rotated;
  if (outcome == "same") out.outcome = RefreshOutcome::same;
  if (outcome == "reused") out.outcome = RefreshOutcome::reused;
  co_return out;
}

Task<Result<bool>> PostgresSessionStore::revoke(Uuid id, std::string reason, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(revoke_session, id, reason, now, trace));
  co_return rows[0].get<bool>(0);
}

Task<Result<>> PostgresSessionStore::revoke_all(Uuid principal, std::string reason, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await database_.query(revoke_sessions, principal, reason, now, trace));
  co_return Result<>();
}

Task<Result<std::vector<v1::Session>>> PostgresSessionStore::sessions_of(Uuid principal, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_sessions, principal, now));
  std::vector<v1::Session> out;
  for (const auto row : rows) {
    out.push_back({.id = row.get<Uuid>(0),
                   .device_label = row.get<std::string>(1),
                   .address_first = row.get<std::string>(2),
                   .address_last = row.get<std::string>(3),
                   .created_at = row.get<UtcTime>(4),
                   .last_seen_at = row.get<UtcTime>(5),
                   .expires_at = row.get<UtcTime>(6)});
  }
  co_return out;
}

Task<Result<bool>> PostgresSessionStore::is_session_of(Uuid session, Uuid principal) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(owns_session, session, principal));
  co_return rows[0].get<bool>(0);
}

Task<Result<v1::RevocationsResponse>> PostgresSessionStore::revocations(std::optional<UtcTime> since, UtcTime now) {
  const UtcTime earliest = now - minutes(16);
  std::vector<postgres::Bound> both;
  both.push_back(postgres::bind(list_revoked, since && *since > earliest ? *since : earliest));
  both.push_back(postgres::bind(list_staff));
  EMP_CO_ASSIGN(const auto answers, co_await database_.run_together(std::move(both)));
  v1::RevocationsResponse out;
  for (const auto row : answers[0]) out.sessions.push_back({.session_id = row.get<Uuid>(0), .revoked_at = row.get<UtcTime>(1)});
  for (const auto row : answers[1]) out.staff.push_back({.principal_id = row.get<Uuid>(0), .permissions_version = row.get<std::int64_t>(1)});
  out.as_of = now;
  co_return out;
}

}  // namespace emporion::auth
