#pragma once

#include <string>

namespace emporion::postgres {

/// What pg_authid keeps for `password`, made here with a single iteration instead of 4096. Iterations slow down guessing, and 192 random bits cannot be
/// guessed; they would cost 5 ms of processor time for every connection of every module at start. Source: RFC 5802 and PostgreSQL's SCRAM secret format.
std::string scram_secret(const std::string& password);

}  // namespace emporion::postgres
