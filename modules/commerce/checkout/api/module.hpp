#pragma once

#include "kernel/module/module.hpp"

namespace emporion::checkout {

/// Carts, checkout sessions, quotes, and the saga that places orders.
ModuleDefinition definition();

}  // namespace emporion::checkout
