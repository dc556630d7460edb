#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/identity/auth/v1/auth_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::auth {

struct Account {
  Uuid id;
  std::string realm;
  std::string status;
  std::optional<std::string> password_hash;
  std::optional<UtcTime> password_changed_at;
  std::int64_t permissions_version = 0;
  std::vector<std::string> permissions;
};
struct LoginCandidate {
  std::optional<Account> account;
  bool is_locked = false;
};
struct OpenedSession {
  Uuid id;
  Uuid principal;
  bool is_staff = false;
  std::string device;
  std::string ua_hash;
  std::string address;
  std::string sealed_secret;
  bool remember = false;
  UtcTime now;
};
struct StoredSession {
  Uuid id;
  Uuid principal;
  std::string realm;
  std::string sealed_secret;
  bool remember = false;
  UtcTime authenticated_at;
  std::int64_t permissions_version = 0;  ///< Of the principal, now.
};
enum class RefreshOutcome : std::uint8_t { rotated, same, inactive, reused };
struct Refreshed {
  RefreshOutcome outcome = RefreshOutcome::inactive;
  std::int32_t generation = 0;
};

/// Sessions and the judging of logins. Every change is one transaction, with its events.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  /// The account of an identifier, and whether `unknown_key` or the account is locked.
  virtual Task<Result<LoginCandidate>> find_login(std::string realm, std::string kind, std::string canonical, std::string unknown_key, UtcTime now) = 0;
  virtual Task<Result<std::optional<Account>>> find_account(Uuid principal) = 0;
  virtual Task<Result<bool>> is_locked(std::string key, UtcTime now) = 0;
  virtual Task<Result<>> login_failed(std::string key, std::optional<Uuid> principal, std::string address, std::string device, UtcTime now, Uuid trace) = 0;
  /// opened, locked, suspended or changed.
  virtual Task<Result<std::string>> open(OpenedSession session, std::optional<UtcTime> password_changed_at, Uuid trace) = 0;
  virtual Task<Result<>> upgrade_hash(Uuid principal, std::string from, std::string to) = 0;

  virtual Task<Result<std::optional<StoredSession>>> find_session(Uuid id) = 0;
  virtual Task<Result<Refreshed>> refresh(Uuid id, std::int32_t generation, std::string ua_hash, std::string address, UtcTime now, UtcTime idle_expires,
                                          Uuid trace) = 0;
  /// False if it was not active.
  virtual Task<Result<bool>> revoke(Uuid id, std::string reason, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<>> revoke_all(Uuid principal, std::string reason, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<std::vector<v1::Session>>> sessions_of(Uuid principal, UtcTime now) = 0;
  /// True if that session is or was this principal's.
  virtual Task<Result<bool>> is_session_of(Uuid session, Uuid principal) = 0;
  virtual Task<Result<v1::RevocationsResponse>> revocations(std::optional<UtcTime> since, UtcTime now) = 0;
};

struct NewAccount {
  Uuid id;
  std::vector<std::string> kinds, canonicals, values;
  std::string password_hash;
  std::optional<std::string> given_name, family_name, locale;
};
struct IssuedToken {
  std::string limit_key;
  std::string purpose;
  std::optional<Uuid> principal;
  std::string kind, canonical;
  std::string hash, code_hash;
  UtcTime expires_at;
  Uuid delivery;
  std::string sealed;
};
struct ImportRow {
  Uuid id;
  std::string reference;
  std::optional<std::string> email, value, country;
};
struct Enrolment {
  Uuid id;
  std::string email, value;
  std::optional<std::string> password_hash;
  std::vector<std::string> permissions;
  std::int64_t permissions_version = 0;
};
struct OwnIdentifier {
  std::string value;
  bool is_verified = false;
};

/// Accounts, credentials and one-time tokens. Every change is one transaction, with its events.
class AccountStore {
 public:
  virtual ~AccountStore() = default;
  /// False if an identifier is taken; its owner is told.
  virtual Task<Result<bool>> register_account(NewAccount account, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<std::vector<v1::ImportedCustomerResult>>> import_customers(std::vector<ImportRow> rows, UtcTime now, Uuid trace) = 0;
  /// Errors: CUSTOMER_NOT_FOUND.
  virtual Task<Result<Uuid>> act_as(Uuid staff, std::optional<Uuid> customer, std::optional<std::string> reference, std::string reason, UtcTime now,
                                    Uuid trace) = 0;
  /// Errors: TAKEN.
  virtual Task<Result<>> enrol_staff(Enrolment enrolment, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<std::optional<OwnIdentifier>>> email_of(Uuid principal) = 0;
  virtual Task<Result<>> issue_token(IssuedToken token, UtcTime now) = 0;
  virtual Task<Result<bool>> is_reset_open(std::string hash, UtcTime now) = 0;
  virtual Task<Result<bool>> verify_by_token(std::string hash, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<bool>> verify_by_code(std::string kind, std::string canonical, std::string code_hash, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<bool>> reset_password(std::string token_hash, std::string password_hash, UtcTime now, Uuid trace) = 0;
  /// False if another password is in force than the one that was checked.
  virtual Task<Result<bool>> change_password(Uuid principal, UtcTime checked, std::string password_hash, Uuid kept_session, UtcTime now, Uuid trace) = 0;
  /// Errors: PRINCIPAL_NOT_FOUND.
  virtual Task<Result<>> unlock(Uuid principal, Uuid actor, UtcTime now, Uuid trace) = 0;
};

struct StoredKey {
  std::string kid, state, sealed, jwk;
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// Pending, active and retiring ones.
  virtual Task<Result<std::vector<StoredKey>>> published(UtcTime now) = 0;
  virtual Task<Result<>> add(std::string kid, std::string sealed, std::string jwk, UtcTime now, Uuid trace) = 0;
  /// The kid that signs now; nothing if no spare was ready.
  virtual Task<Result<std::optional<std::string>>> rotate(bool at_once, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<std::optional<std::string>>> revoke_all(UtcTime now, Uuid trace) = 0;
};

}  // namespace emporion::auth
