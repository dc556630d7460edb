#pragma once

#include "kernel/module/module.hpp"

namespace emporion::location {

/// Countries, regions and addresses. See README.md.
ModuleDefinition definition();
std::span<const postgres::Migration> migrations();

}  // namespace emporion::location
