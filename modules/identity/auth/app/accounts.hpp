#pragma once

#include "modules/identity/auth/app/hashing.hpp"
#include "modules/identity/auth/app/tokens.hpp"
#include "modules/identity/auth/domain/identifier.hpp"

namespace emporion::auth {

/// How accounts come to be, prove their identifiers, and keep their passwords. What was sent to whom is never told to the caller.
class Accounts {
 public:
  Accounts(AccountStore& store, SessionStore& sessions, Tokens& tokens, Hashing& hashing, const Safe& safe, const Clock& clock, Random& random)
      : store_(store), sessions_(sessions), tokens_(tokens), hashing_(hashing), safe_(safe), clock_(clock), random_(random) {}

  Task<Result<>> register_account(CallContext context, v1::RegisterRequest request);
  Task<Result<v1::ImportCustomersResponse>> import_customers(CallContext context, v1::ImportCustomersRequest request);
  Task<Result<v1::TokenResponse>> act_as(CallContext context, v1::ActAsRequest request);
  Task<Result<>> enrol_staff(CallContext context, v1::EnrolStaffRequest request);
  /// Errors: TOKEN_INVALID (410).
  Task<Result<>> verify(CallContext context, v1::VerifyRequest request);
  Task<Result<>> resend_verification(CallContext context, std::string identifier);

  Task<Result<>> change_password(CallContext context, v1::ChangePasswordRequest request);
  Task<Result<>> forgot_password(CallContext context, std::string identifier);
  /// Errors: TOKEN_INVALID (410).
  Task<Result<>> reset_password(CallContext context, v1::ResetPasswordRequest request);
  /// Errors: SELF (403), PRINCIPAL_NOT_FOUND.
  Task<Result<>> unlock(CallContext context, Uuid principal);

 private:
  /// A code and a link for the owner of `identifier`; the same work for one that nobody has.
  Task<Result<>> send_token(std::string purpose, Identifier identifier, std::optional<Uuid> principal, std::string realm, seconds life);

  AccountStore& store_;
  SessionStore& sessions_;
  Tokens& tokens_;
  Hashing& hashing_;
  const Safe& safe_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::auth
