#pragma once

#include <optional>
#include <string>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::promotion {

/// Names guests for limits per customer: a keyed hash of the e-mail address, so that no address is kept.
class CustomerKeys {
 public:
  /// Reads the installation's secret, or makes it. Errors: MASTER_KEY_UNREADABLE, MASTER_KEY_TOO_SHORT.
  Result<> open(const std::string& master_key_file, Random& random);
  /// After `open`.
  std::string of_guest(const std::string& email) const;

 private:
  std::optional<security::Secret> key_;
};

}  // namespace emporion::promotion
