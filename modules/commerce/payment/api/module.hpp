#pragma once

#include "kernel/module/module.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::payment {

std::span<const postgres::Migration> migrations();
ModuleDefinition definition();
SeedPart seed_part();

}  // namespace emporion::payment
