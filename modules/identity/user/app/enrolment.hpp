#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/identity/user/v1/user_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/postgres/value.hpp"
#include "kernel/rpc/calls.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::user {

struct NewUser {
  Uuid id;
  std::string email_canonical, email, name;
  std::optional<std::string> department;
  std::vector<Uuid> roles;
  std::optional<Uuid> actor;  ///< Nobody: the bootstrap.
  std::string request_sha256;
  std::string sealed_password;
};
struct PendingEnrolment {
  Uuid user;
  std::string email;
  std::string sealed_password;
  std::vector<std::string> permissions;
  std::int64_t permissions_version = 0;
};

class EnrolmentStore {
 public:
  virtual ~EnrolmentStore() = default;
  /// Errors: ALREADY_BOOTSTRAPPED, IDEMPOTENCY_KEY_REUSED, TAKEN, ROLE_NOT_FOUND, ESCALATION.
  virtual Task<Result<>> create(NewUser user, UtcTime now) = 0;
  virtual Task<Result<std::optional<PendingEnrolment>>> find_pending(Uuid user, UtcTime now) = 0;
  virtual Task<Result<std::vector<Uuid>>> due(UtcTime now) = 0;
  virtual Task<Result<>> done(Uuid user, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<>> refused(Uuid user) = 0;
  virtual Task<Result<>> try_later(Uuid user, UtcTime next) = 0;
};

/// How an account of staff comes to be: written here as invited, enrolled at Auth once that is committed, then active. Auth's refusal (a weak password, an
/// e-mail that is taken there) undoes it; an Auth that does not answer leaves it to the job.
class Enrolment {
 public:
  Enrolment(Calls& calls, EnrolmentStore& store, const Clock& clock, Random& random) : calls_(calls), store_(store), clock_(clock), random_(random) {}

  /// Errors: MASTER_KEY_UNREADABLE, MASTER_KEY_TOO_SHORT.
  Result<> open(const std::string& master_key_file);
  /// Answers the new account's id. Errors: INVALID_EMAIL (422), those of EnrolmentStore::create and of Auth's EnrolStaff.
  Task<Result<Uuid>> bootstrap(CallContext context, v1::BootstrapRequest request);
  Task<Result<Uuid>> create(CallContext context, v1::CreateUserRequest request);
  /// The job.
  Task<Result<>> finish_due(CallContext context);

 private:
  Task<Result<Uuid>> write_and_enrol(CallContext context, NewUser user, std::string password);
  Task<Result<>> enrol(CallContext context, Uuid user);

  Calls& calls_;
  EnrolmentStore& store_;
  const Clock& clock_;
  Random& random_;
  std::optional<security::Vault> vault_;
};

}  // namespace emporion::user
