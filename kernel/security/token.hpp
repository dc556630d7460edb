#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/security/keys.hpp"
#include "kernel/security/principal.hpp"

namespace emporion::security {

/// What an access token says (identity.md §1 algorithm 1). Never personal data (AUT-7). Instants are whole seconds on the wire.
struct AccessClaims {
  std::string issuer;
  std::vector<std::string> audience;
  Uuid subject;  ///< The customer, staff member or service client.
  Uuid token;    ///< jti
  Uuid session;  ///< sid; nil for services.
  Realm realm = Realm::customer;
  UtcTime issued_at;
  UtcTime not_before;
  UtcTime expires_at;
  UtcTime authenticated_at;              ///< auth_time
  std::string client;                    ///< client_id; for the service realm the module's name.
  std::vector<std::string> roles;        ///< At most 20.
  std::int64_t permissions_version = 0;  ///< pv, for staff.
  std::vector<std::string> methods;      ///< amr: "pwd", "otp" …
  std::string group;                     ///< grp, for customers.
  std::string scope;
  std::optional<Uuid> acting_staff;  ///< act.sub: the staff member who acts as this customer. Source: RFC 8693 §4.1.

  /// The acting principal; a staff member's permissions are not in the token and are added by who knows them.
  Principal principal() const;
  friend bool operator==(const AccessClaims&, const AccessClaims&) = default;
};

/// Writes and signs an at+jwt (RFC 9068) of at most 4 KiB. Errors: TOKEN_TOO_LARGE.
Result<std::string> issue_access_token(const SigningKey& key, const AccessClaims& claims);

/// What is known about sessions and permissions beside the token itself. Asked at every verification, cached tokens included.
class TokenStatus {
 public:
  virtual ~TokenStatus() = default;
  virtual bool is_revoked(Uuid session) const = 0;
  /// The newest permissions version known of a staff member; 0 if none.
  virtual std::int64_t permissions_version(Uuid staff) const = 0;
};

/// Verifies access tokens: the only code that turns text from outside into an identity. Belongs to one thread.
class TokenVerifier {
 public:
  struct Expected {
    std::string issuer;
    std::string audience;
  };
  /// `status` may be null where nothing is revoked (tools, tests); it and `clock` outlive the verifier.
  TokenVerifier(Expected expected, const Clock& clock, const TokenStatus* status = nullptr, std::size_t remembered_max = 10'000);

  /// Accepts tokens of these keys from now on and forgets every cached token.
  void replace_keys(KeySet keys);
  const KeySet& keys() const noexcept { return keys_; }

  /// Checks in this order: size, form, algorithm exactly RS256, no member in the header beyond alg, typ and kid (so no jku, x5u, jwk, crit), typ, kid,
  /// signature, claims, iss, aud, realm, exp and nbf with 30 s of leeway, session, permissions version. A token that passed is remembered for at most 60 s,
  /// the newest `remembered_max` of them.
  /// Errors (all 401): INVALID_TOKEN; UNKNOWN_SIGNING_KEY (ask for the key set again, then once more); TOKEN_EXPIRED; SESSION_REVOKED;
  /// PERMISSIONS_STALE{min_pv}.
  Result<std::shared_ptr<const AccessClaims>> verify(std::string_view token, std::optional<Realm> realm = std::nullopt);

 private:
  struct Cached {
    std::shared_ptr<const AccessClaims> claims;
    UtcTime until;
    std::list<std::string>::iterator place;
  };
  Result<std::shared_ptr<const AccessClaims>> verify_new(std::string_view token) const;
  Result<> check_now(const AccessClaims& claims, std::optional<Realm> realm) const;
  void remember(std::string digest, std::shared_ptr<const AccessClaims> claims);

  Expected expected_;
  const Clock& clock_;
  const TokenStatus* status_;
  std::size_t remembered_max_;
  KeySet keys_;
  std::unordered_map<std::string, Cached> cache_;  // By SHA-256 of the token.
  std::list<std::string> oldest_first_;
};

/// 4 KiB: larger tokens are neither issued nor read.
inline constexpr std::size_t token_bytes_max = 4096;

}  // namespace emporion::security
