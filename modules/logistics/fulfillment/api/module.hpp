#pragma once

#include "kernel/module/module.hpp"

namespace emporion::fulfillment {

/// Picking, packing and handing over. See README.md.
ModuleDefinition definition();
std::span<const postgres::Migration> migrations();

}  // namespace emporion::fulfillment
