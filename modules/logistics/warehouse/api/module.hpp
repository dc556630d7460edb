#pragma once

#include "kernel/module/module.hpp"

namespace emporion::warehouse {

/// Warehouses, stock and reservations. See README.md.
ModuleDefinition definition();

}  // namespace emporion::warehouse
