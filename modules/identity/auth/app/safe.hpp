#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::auth {

/// What only the master key opens. Nothing of it works before `open`.
class Safe {
 public:
  /// Errors: MASTER_KEY_UNREADABLE, MASTER_KEY_TOO_SHORT.
  Result<> open(const std::string& master_key_file, Random& random);

  const security::Vault& keys() const { return *keys_; }
  const security::Vault& sessions() const { return *sessions_; }
  const security::Vault& deliveries() const { return *deliveries_; }
  /// A keyed hash of short or guessable text: codes, identifiers that nobody has.
  std::string keyed_hash(std::string_view purpose, std::string_view text) const;

 private:
  std::optional<security::Vault> keys_, sessions_, deliveries_;
  std::optional<security::Secret> hash_key_;
};

}  // namespace emporion::auth
