#pragma once

#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/keys.hpp"

namespace emporion::security {

/// The key of the first certificate of `pem_chain`, once it is known whose it is: the certificates after it lead to one of `roots_pem` (empty: the roots that
/// this machine trusts), all are valid at `now`, and it is made out to a name below `domain` ("paypal.com"). Errors: CERTIFICATE_REFUSED. Source: RFC 5280 §6.
Result<VerificationKey> key_of_certificate(std::string_view pem_chain, std::string_view roots_pem, std::string_view domain, UtcTime now);

}  // namespace emporion::security
