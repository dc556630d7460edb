#pragma once

#include <optional>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/security/password.hpp"

namespace emporion::auth {

/// Password hashing on workers behind a bounded queue, so that a flood of logins is refused (503 HASH_QUEUE_FULL) instead of starving everything else.
class Hashing {
 public:
  explicit Hashing(Runtime& runtime) : runtime_(runtime) {}

  /// Makes the hash that unknown accounts are checked against, so that they cost what known ones do (AUT-3).
  Task<Result<>> start(Random& random);
  Task<Result<std::string>> hash(security::Password password);
  /// With nothing to check against, the same work and false.
  Task<Result<bool>> verify(std::optional<std::string> phc, security::Password password);

 private:
  static constexpr int queue_max = 200;
  Result<> enter();

  Runtime& runtime_;
  std::string dummy_;
  int waiting_ = 0;
};

}  // namespace emporion::auth
