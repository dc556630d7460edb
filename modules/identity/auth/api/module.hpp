#pragma once

#include "kernel/module/module.hpp"

namespace emporion::auth {

/// Credentials, sessions, tokens and signing keys.
std::span<const postgres::Migration> migrations();
ModuleDefinition definition();

}  // namespace emporion::auth
