#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::security {

/// The public half of an RSA signing key of 2048 to 4096 bits. A value: cheap to copy.
class VerificationKey {
 public:
  /// Reads one JSON Web Key with kty RSA, n and e; a given `kid`, `use` or `alg` must fit. Errors: KEY_INVALID. Source: RFC 7517.
  static Result<VerificationKey> from_jwk(std::string_view json);
  /// Reads a SubjectPublicKeyInfo, as certificates hold it. Errors: KEY_INVALID.
  static Result<VerificationKey> from_public_der(std::string_view der);
  /// {"kty":"RSA","use":"sig","alg":"RS256","kid":…,"n":…,"e":…}
  std::string to_jwk() const;
  /// The thumbprint that names the key. Source: RFC 7638 §3.
  const std::string& kid() const noexcept;
  /// True if `signature` is the RS256 signature of `message`. Source: RFC 7518 §3.3.
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  friend class SigningKey;
  struct Impl;
  explicit VerificationKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// An RSA key that signs access tokens. A value: cheap to copy. Signing takes about 1 ms.
class SigningKey {
 public:
  /// Makes a new key with OpenSSL's generator. Takes 0.1 to 1 s: run it on a worker.
  static SigningKey generate(int bits = 2048);
  /// Reads what `private_der` wrote. Errors: KEY_INVALID.
  static Result<SigningKey> from_private_der(const Secret& der);
  /// PKCS #8, to be sealed by a Vault before it is stored.
  Secret private_der() const;
  const VerificationKey& public_key() const noexcept { return public_key_; }
  const std::string& kid() const noexcept { return public_key_.kid(); }
  /// RS256.
  std::string sign(std::string_view message) const;

 private:
  explicit SigningKey(std::shared_ptr<const VerificationKey::Impl> impl) : public_key_(std::move(impl)) {}
  VerificationKey public_key_;
};

/// The keys whose tokens are accepted, by kid.
class KeySet {
 public:
  /// Reads {"keys":[…]}; keys of other types than RSA are skipped, as RFC 7517 §5 asks. Errors: KEY_INVALID.
  static Result<KeySet> from_jwks(std::string_view json);
  std::string to_jwks() const;
  void add(VerificationKey key) { keys_.insert_or_assign(key.kid(), std::move(key)); }
  const VerificationKey* find(std::string_view kid) const;
  std::size_t size() const noexcept { return keys_.size(); }

 private:
  std::map<std::string, VerificationKey, std::less<>> keys_;
};

}  // namespace emporion::security
