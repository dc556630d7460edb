#pragma once

#include "kernel/module/module.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::warehouse {

/// Warehouses, stock and reservations. See README.md.
ModuleDefinition definition();
SeedPart seed_part();

}  // namespace emporion::warehouse
