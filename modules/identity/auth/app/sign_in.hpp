#pragma once

#include "modules/identity/auth/app/hashing.hpp"
#include "modules/identity/auth/app/tokens.hpp"

namespace emporion::auth {

/// Signing in and staying so: login, refresh, logout, and the caller's sessions.
class SignIn {
 public:
  SignIn(SessionStore& store, Tokens& tokens, Hashing& hashing, const Safe& safe, const Clock& clock, Random& random)
      : store_(store), tokens_(tokens), hashing_(hashing), safe_(safe), clock_(clock), random_(random) {}

  Task<Result<v1::TokenResponse>> login(CallContext context, v1::LoginRequest request);
  Task<Result<v1::TokenResponse>> refresh(CallContext context, v1::RefreshRequest request);
  Task<Result<>> logout(CallContext context, std::optional<std::string> refresh_token);
  /// Errors: SESSION_NOT_FOUND.
  Task<Result<>> revoke(CallContext context, Uuid session);

 private:
  Task<Result<std::optional<v1::TokenResponse>>> try_login(CallContext context, v1::LoginRequest request);
  Task<Result<std::optional<StoredSession>>> session_of(RefreshToken token);

  SessionStore& store_;
  Tokens& tokens_;
  Hashing& hashing_;
  const Safe& safe_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::auth
