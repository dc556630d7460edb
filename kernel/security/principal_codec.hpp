#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/security/principal.hpp"

namespace emporion::security {

/// An object of realm, id, session, service, permissions and acting_staff.
std::string principal_to_json(const Principal& principal);
/// Reads what principal_to_json wrote; other members are ignored. Says nothing about whether it is true. Errors: PRINCIPAL_UNREADABLE (unauthenticated).
Result<Principal> principal_from_json(std::string_view text);

}  // namespace emporion::security
