#pragma once

#include "kernel/postgres/database.hpp"
#include "modules/identity/auth/app/ports.hpp"

namespace emporion::auth {

class PostgresSessionStore final : public SessionStore {
 public:
  explicit PostgresSessionStore(postgres::Database& database) : database_(database) {}

  Task<Result<LoginCandidate>> find_login(std::string realm, std::string kind, std::string canonical, std::string unknown_key, UtcTime now) override;
  Task<Result<std::optional<Account>>> find_account(Uuid principal) override;
  Task<Result<bool>> is_locked(std::string key, UtcTime now) override;
  Task<Result<>> login_failed(std::string key, std::optional<Uuid> principal, std::string address, std::string device, UtcTime now, Uuid trace) override;
  Task<Result<std::string>> open(OpenedSession session, std::optional<UtcTime> password_changed_at, Uuid trace) override;
  Task<Result<>> upgrade_hash(Uuid principal, std::string from, std::string to) override;
  Task<Result<std::optional<StoredSession>>> find_session(Uuid id) override;
  Task<Result<Refreshed>> refresh(Uuid id, std::int32_t generation, std::string ua_hash, std::string address, UtcTime now, UtcTime idle_expires,
                                  Uuid trace) override;
  Task<Result<bool>> revoke(Uuid id, std::string reason, UtcTime now, Uuid trace) override;
  Task<Result<>> revoke_all(Uuid principal, std::string reason, UtcTime now, Uuid trace) override;
  Task<Result<std::vector<v1::Session>>> sessions_of(Uuid principal, UtcTime now) override;
  Task<Result<bool>> is_session_of(Uuid session, Uuid principal) override;
  Task<Result<v1::RevocationsResponse>> revocations(std::optional<UtcTime> since, UtcTime now) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::auth
