#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::gateway {

/// Proves that a request which rides on a session cookie comes from a page that could read an answer of ours. A token belongs to one session, through all its
/// refreshes, for 24 hours; every replica with the same master key takes it. Source: platform.md §3.5 CSRF.
class CsrfTokens {
 public:
  explicit CsrfTokens(const Clock& clock) : clock_(clock) {}
  /// Errors: those of security::load_or_make_master_key.
  Result<> open(const std::string& master_key_file, Random& random);

  /// "ts_hex.hmac_hex" for the session of this cookie; an empty cookie is no session, and its token is good for nothing.
  std::string issue(std::string_view session_cookie) const;
  bool is_genuine(std::string_view token, std::string_view session_cookie) const;

 private:
  std::string signature(std::string_view issued_hex, std::string_view session_cookie) const;

  const Clock& clock_;
  std::optional<security::Secret> key_;
};

}  // namespace emporion::gateway
