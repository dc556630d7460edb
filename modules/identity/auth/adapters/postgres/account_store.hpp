#pragma once

#include "kernel/postgres/database.hpp"
#include "modules/identity/auth/app/ports.hpp"

namespace emporion::auth {

class PostgresAccountStore final : public AccountStore {
 public:
  explicit PostgresAccountStore(postgres::Database& database) : database_(database) {}

  Task<Result<bool>> register_account(NewAccount account, UtcTime now, Uuid trace) override;
  Task<Result<std::vector<v1::ImportedCustomerResult>>> import_customers(std::vector<ImportRow> rows, UtcTime now, Uuid trace) override;
  Task<Result<Uuid>> act_as(Uuid staff, std::optional<Uuid> customer, std::optional<std::string> reference, std::string reason, UtcTime now,
                            Uuid trace) override;
  Task<Result<>> enrol_staff(Enrolment enrolment, UtcTime now, Uuid trace) override;
  Task<Result<std::optional<OwnIdentifier>>> email_of(Uuid principal) override;
  Task<Result<>> issue_token(IssuedToken token, UtcTime now) override;
  Task<Result<bool>> is_reset_open(std::string hash, UtcTime now) override;
  Task<Result<bool>> verify_by_token(std::string hash, UtcTime now, Uuid trace) override;
  Task<Result<bool>> verify_by_code(std::string kind, std::string canonical, std::string code_hash, UtcTime now, Uuid trace) override;
  Task<Result<bool>> reset_password(std::string token_hash, std::string password_hash, UtcTime now, Uuid trace) override;
  Task<Result<bool>> change_password(Uuid principal, UtcTime checked, std::string password_hash, Uuid kept_session, UtcTime now, Uuid trace) override;
  Task<Result<>> unlock(Uuid principal, Uuid actor, UtcTime now, Uuid trace) override;

 private:
  postgres::Database& database_;
};

class PostgresKeyStore final : public KeyStore {
 public:
  explicit PostgresKeyStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::vector<StoredKey>>> published(UtcTime now) override;
  Task<Result<>> add(std::string kid, std::string sealed, std::string jwk, UtcTime now, Uuid trace) override;
  Task<Result<std::optional<std::string>>> rotate(bool at_once, UtcTime now, Uuid trace) override;
  Task<Result<std::optional<std::string>>> revoke_all(UtcTime now, Uuid trace) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::auth
