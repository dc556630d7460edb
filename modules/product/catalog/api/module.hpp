#pragma once

#include "kernel/module/module.hpp"

namespace emporion::catalog {

/// Products, variants, SKUs, categories and attributes.
ModuleDefinition definition();

/// The module's SQL files, in order.
std::span<const postgres::Migration> migrations();

}  // namespace emporion::catalog
