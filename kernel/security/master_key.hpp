#pragma once

#include <string>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::security {

/// The secret that everything sealed at rest hangs on: the bytes of `file`, which is made with 32 random bytes and mode 0600 if it is not there. Several
/// processes that start at once read the same one. Errors: MASTER_KEY_UNREADABLE, MASTER_KEY_TOO_SHORT (under 32 bytes).
Result<Secret> load_or_make_master_key(const std::string& file, Random& random);

}  // namespace emporion::security
