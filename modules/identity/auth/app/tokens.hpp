#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/security/token.hpp"
#include "modules/identity/auth/app/key_ring.hpp"

namespace emporion::auth {

struct IdentitySettings {
  std::string issuer;
  std::string audience;
  std::string public_url;  ///< Before the paths of the discovery document.
};

/// A refresh token: base64url(session ‖ generation ‖ HMAC-SHA-256(family secret, session ‖ generation)). Source: identity.md §1 algorithm 3.
struct RefreshToken {
  Uuid session;
  std::int32_t generation = 0;
  std::string mac;

  static std::string write(Uuid session, std::int32_t generation, const security::Secret& family_secret);
  /// Nothing if it is not of this form.
  static std::optional<RefreshToken> parse(std::string_view text);
  bool is_signed_by(const security::Secret& family_secret) const;
};

/// Writes access tokens.
class Tokens {
 public:
  Tokens(KeyRing& keys, const IdentitySettings& settings, const Clock& clock, Random& random)
      : keys_(keys), settings_(settings), clock_(clock), random_(random) {}

  struct Subject {
    Uuid principal;
    Uuid session;
    Realm realm = Realm::customer;
    UtcTime authenticated_at;
    std::int64_t permissions_version = 0;
    std::optional<Uuid> acting_staff;
  };
  /// Signs on the calling thread: it takes 1 ms, and behind the workers' queue of password hashes it would wait.
  Task<Result<v1::TokenResponse>> access(Subject subject);

 private:
  KeyRing& keys_;
  const IdentitySettings& settings_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::auth
