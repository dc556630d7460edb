#pragma once

#include "kernel/module/module.hpp"

namespace emporion::user {

/// Staff, roles and permissions.
std::span<const postgres::Migration> migrations();
ModuleDefinition definition();

}  // namespace emporion::user
