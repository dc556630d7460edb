#pragma once

#include "kernel/module/module.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::shipping {

/// Rates, shipments and tracking. See README.md.
ModuleDefinition definition();
SeedPart seed_part();
std::span<const postgres::Migration> migrations();

}  // namespace emporion::shipping
