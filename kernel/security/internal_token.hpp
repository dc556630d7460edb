#pragma once

#include <map>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/principal.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::security {

/// How one process tells another who is acting: the principal, signed with the sender's Ed25519 key (RFC 8032), for one module and at most 60 s.
/// Only the sender can sign, so a process that is broken into cannot speak as another. Text: base64url(claims) "." base64url(signature).
class InternalTokenSigner {
 public:
  /// `seed` are the 32 bytes of the private key; `sender` names the process and its key. Errors: KEY_INVALID.
  static Result<InternalTokenSigner> create(std::string sender, const Secret& seed);
  /// The 32 bytes that verifiers are given.
  const std::string& public_key() const noexcept { return public_key_; }
  std::string sign(const Principal& principal, std::string_view to_module, UtcTime now) const;

 private:
  InternalTokenSigner(std::string sender, Secret key, std::string public_key)
      : sender_(std::move(sender)), key_(std::move(key)), public_key_(std::move(public_key)) {}
  std::string sender_;
  Secret key_;
  std::string public_key_;
};

class InternalTokenVerifier {
 public:
  /// Public keys by sender. Errors: KEY_INVALID.
  static Result<InternalTokenVerifier> create(std::map<std::string, std::string, std::less<>> public_keys);
  /// Accepts a token of a known sender for `own_module`, whose life is at most 60 s and covers `now` with 5 s of leeway for foreign clocks.
  /// Errors: INVALID_INTERNAL_TOKEN (401).
  Result<Principal> verify(std::string_view token, std::string_view own_module, UtcTime now) const;

 private:
  explicit InternalTokenVerifier(std::map<std::string, std::string, std::less<>> keys) : keys_(std::move(keys)) {}
  std::map<std::string, std::string, std::less<>> keys_;
};

}  // namespace emporion::security
