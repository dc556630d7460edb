#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/principal.hpp"

namespace emporion::security {

/// Writes `principal` as members of the object that `writer` has open: realm, id, session, service, permissions, acting_staff.
void append_principal(json::Writer& writer, const Principal& principal);
/// The same as an object of its own.
std::string principal_to_json(const Principal& principal);

/// Reads what append_principal wrote; other members are left to others. Says nothing about whether it is true. Errors: PRINCIPAL_UNREADABLE (unauthenticated).
Result<Principal> read_principal(const json::Value& claims);
Result<Principal> principal_from_json(std::string_view text);

}  // namespace emporion::security
