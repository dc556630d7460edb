#pragma once

#include "kernel/module/module.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::pricing {

/// Prices, currencies, taxes and quotes.
ModuleDefinition definition();
SeedPart seed_part();

/// The module's SQL files, in order.
std::span<const postgres::Migration> migrations();

}  // namespace emporion::pricing
