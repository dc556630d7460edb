#pragma once

#include "kernel/module/module.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::promotion {

/// Campaigns, promotions, coupons and their redemptions. See README.md.
ModuleDefinition definition();
SeedPart seed_part();

}  // namespace emporion::promotion
