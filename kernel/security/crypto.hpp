#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::security {

/// Byte strings are std::string and std::string_view throughout, so that digests, tokens and columns need no conversion.

std::string sha256(std::string_view bytes);  ///< 32 bytes.
/// 32 bytes. Source: RFC 2104.
std::string hmac_sha256(std::string_view key, std::string_view message);
std::string hmac_sha512(std::string_view key, std::string_view message);  ///< 64 bytes.
/// Takes time that depends on the lengths only. For every comparison of secrets (AUT-16).
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

std::string hex(std::string_view bytes);  ///< Lower case.
/// Errors: INVALID_ENCODING.
Result<std::string> from_hex(std::string_view text);
std::string base64(std::string_view bytes);  ///< With padding. Source: RFC 4648 §4.
/// Takes exactly what `base64` writes. Errors: INVALID_ENCODING.
Result<std::string> from_base64(std::string_view text);
std::string base64url(std::string_view bytes);  ///< Without padding. Source: RFC 4648 §5, RFC 7515 §2.
/// Takes exactly what `base64url` writes, so one byte string has one text. Errors: INVALID_ENCODING.
Result<std::string> from_base64url(std::string_view text);

std::string random_bytes(Random& random, std::size_t count);
/// base64url of `bytes` random bytes; 32 are 256 bits (AUT-4).
std::string random_token(Random& random, std::size_t bytes = 32);
/// Decimal digits, leading zeros kept: codes sent by message.
std::string random_code(Random& random, int digits = 6);

/// Seals small secrets at rest: AES-256-GCM, version byte 1 ‖ 12 random nonce bytes ‖ ciphertext ‖ 16 tag bytes. A random nonce is safe for 2³² seals per key.
class Vault {
 public:
  /// One master secret serves many purposes: the key is HKDF-SHA-256 of it (RFC 5869) with `purpose`, so what one purpose sealed no other opens.
  /// Errors: MASTER_KEY_TOO_SHORT (under 32 bytes).
  static Result<Vault> open_with(const Secret& master, std::string_view purpose);

  /// `bound_to` is authenticated, not stored: the owner's id, so that a sealed value moved to another row does not open.
  std::string seal(std::string_view plain, std::string_view bound_to, Random& random) const;
  /// Errors: SEAL_BROKEN (changed, cut, another key, another owner).
  Result<Secret> open(std::string_view sealed, std::string_view bound_to) const;

 private:
  explicit Vault(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

}  // namespace emporion::security
