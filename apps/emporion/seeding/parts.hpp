#pragma once

#include <vector>

#include "kernel/module/seed.hpp"

namespace emporion::app::seeding {

/// What each module that takes part offers.
std::vector<SeedPart> all_parts();

}  // namespace emporion::app::seeding
