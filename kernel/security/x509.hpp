#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::security {

/// The key that belongs to a certificate.
struct PrivateKey {
  Secret pem;              ///< PKCS #8, not encrypted.
  std::string public_key;  ///< Its public half as a SubjectPublicKeyInfo in DER: equal for what belongs together.
};

/// An X.509 certificate, and what it says. Says nothing about who believes it: check_certificate does.
struct Certificate {
  std::string pem;
  std::string name;                    ///< Common name of its subject.
  std::vector<std::string> dns_names;  ///< Subject alternative names, in their order.
  UtcTime valid_from;
  UtcTime valid_until;  ///< To the second, like `valid_from`. To OpenSSL it has expired then.
  std::string public_key;
};

/// A new EC key on P-256, from OpenSSL's generator.
PrivateKey make_private_key();
/// Reads an EC or RSA key in PEM. Errors: KEY_INVALID; an encrypted key is one, nobody is asked for its password.
Result<PrivateKey> read_private_key(const Secret& pem);

/// All certificates of `pem`, in their order, other blocks of PEM skipped. Errors: CERTIFICATE_UNREADABLE, also if there is none.
Result<std::vector<Certificate>> read_certificates(std::string_view pem);

/// True if `authority` may sign certificates and has signed this one, whether or not they are valid today.
bool is_issued_by(const Certificate& certificate, const Certificate& authority);

/// Holds if a process with `certificate` is believed at `now` by those who trust `authorities`, as a server and as a client.
/// Errors: CERTIFICATE_REFUSED, with OpenSSL's words. Source: RFC 5280 §6.
Result<> check_certificate(const Certificate& certificate, std::span<const Certificate> authorities, UtcTime now);

}  // namespace emporion::security
