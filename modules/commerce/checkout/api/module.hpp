#pragma once

#include "kernel/module/module.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::checkout {

/// Carts, checkout sessions, quotes, and the saga that places orders.
ModuleDefinition definition();
SeedPart seed_part();

}  // namespace emporion::checkout
