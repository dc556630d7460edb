#pragma once

#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::auth {

inline constexpr int password_length_min = 12;
inline constexpr int password_length_max = 128;

/// AUT-2: 12 to 128 code points, no rules of composition; refused when it is common, or little more than one of `own_words` (the owner's e-mail, names, the
/// site). Errors (422): PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON.
Result<> check_password(std::string_view password, std::size_t code_points, const std::vector<std::string_view>& own_words);

}  // namespace emporion::auth
