#pragma once

#include "apps/emporion/host.hpp"
#include "apps/emporion/seeding/world.hpp"

namespace emporion::app::seeding {

/// What seeded rows stand on and what there is one of: a category and a warehouse that delivers everywhere. They go through the contracts, as staff would make
/// them. Safe to repeat. Errors: what a module refuses.
Task<Result<>> prepare_ground(Host& host, Terms terms);

}  // namespace emporion::app::seeding
