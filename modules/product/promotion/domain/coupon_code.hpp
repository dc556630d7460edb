#pragma once

#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"

namespace emporion::promotion {

/// Upper case, 4 to 32 of [A-Z0-9-]. Errors: CODE_INVALID. (PRM-13)
Result<std::string> canonical_code(std::string_view text);

/// `prefix`, then 12 characters of 5 random bits each in groups of 4: XMAS-7K2M-9PQR-D0XV. The alphabet has no I, L, O and U. `random` must be fit for secrets.
std::string random_coupon_code(std::string_view prefix, Random& random);

}  // namespace emporion::promotion
