#pragma once

#include "kernel/module/module.hpp"

namespace emporion::shipping {

/// Rates, shipments and tracking. See README.md.
ModuleDefinition definition();
std::span<const postgres::Migration> migrations();

}  // namespace emporion::shipping
