#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/x509.hpp"

namespace emporion::security {

/// What a certificate is to say. Times are cut to the second.
struct CertificateRequest {
  std::string name;  ///< Common name, 1 to 64 bytes.
  std::vector<std::string> dns_names;
  UtcTime valid_from;
  UtcTime valid_until;
};

/// Vouches for the processes of one shop. A value.
class Authority {
 public:
  /// A certificate that says of itself, signed with `key`, that it may sign those of processes and nothing else. Its name is `name` and 8 hexadecimal digits
  /// of its key's digest, so that two of one shop have two names.
  static Certificate sign_own(std::string_view name, UtcTime valid_from, UtcTime valid_until, const PrivateKey& key);
  /// Errors: AUTHORITY_MISMATCH (`key` is not that of `certificate`).
  static Result<Authority> of(Certificate certificate, PrivateKey key);

  /// A certificate for a process that holds the private half of `public_key`, as a server and as a client. Ends with the authority at the latest. A repeat
  /// gives another certificate that is as good. Errors: CERTIFICATE_INVALID (no public key; a name that is none).
  Result<Certificate> issue(const CertificateRequest& request, std::string_view public_key) const;
  const Certificate& certificate() const noexcept { return certificate_; }

 private:
  Authority(Certificate certificate, PrivateKey key) : certificate_(std::move(certificate)), key_(std::move(key)) {}
  Certificate certificate_;
  PrivateKey key_;
};

}  // namespace emporion::security
