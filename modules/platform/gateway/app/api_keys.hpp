#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/security/principal.hpp"

namespace emporion::gateway {

/// A key as it is checked.
struct KnownKey {
  Uuid id;
  std::string prefix;
  std::string secret_sha256;
  std::optional<std::string> previous_sha256;
  std::optional<UtcTime> previous_until;
  std::vector<std::string> scopes;
  std::string plan;
  std::optional<UtcTime> expires_at;
};

/// "emp_<prefix>_<secret>": 256 bits, of which the prefix is no part.
struct NewSecret {
  std::string prefix;
  std::string text;
  std::string sha256;
};
NewSecret make_secret(Random& random, std::optional<std::string> prefix = std::nullopt);

/// The keys that let somebody in, in this replica's memory.
class ApiKeys {
 public:
  explicit ApiKeys(const Clock& clock) : clock_(clock) {}
  void replace(std::vector<KnownKey> keys);
  /// Whose key it is. Errors: INVALID_API_KEY (unauthenticated), whatever is wrong with it.
  Result<const KnownKey*> check(std::string_view text);
  /// Keys that were used since the last call.
  std::set<Uuid> take_used() { return std::exchange(used_, {}); }

 private:
  const Clock& clock_;
  std::unordered_map<std::string, KnownKey> by_prefix_;
  std::set<Uuid> used_;
};

/// What a key acts as: a program with the permissions that are its scopes.
Principal principal_of(const KnownKey& key);

}  // namespace emporion::gateway
