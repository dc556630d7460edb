#pragma once

#include "kernel/module/module.hpp"

namespace emporion::pricing {

/// Prices, currencies, taxes and quotes.
ModuleDefinition definition();

/// The module's SQL files, in order.
std::span<const postgres::Migration> migrations();

}  // namespace emporion::pricing
