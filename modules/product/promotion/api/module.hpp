#pragma once

#include "kernel/module/module.hpp"

namespace emporion::promotion {

/// Campaigns, promotions, coupons and their redemptions. See README.md.
ModuleDefinition definition();

}  // namespace emporion::promotion
