#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace emporion::gateway {

/// Whose account a sign-in, a registration or a forgotten password is about, as a subject of limits: a digest of the e-mail address or user name in the body.
/// Nothing if the body names none; whether it is well formed is Auth's to say.
std::optional<std::string> login_account(std::string_view body);

}  // namespace emporion::gateway
