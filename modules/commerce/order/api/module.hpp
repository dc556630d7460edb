#pragma once

#include "kernel/module/module.hpp"

namespace emporion::order {

std::span<const postgres::Migration> migrations();
ModuleDefinition definition();

}  // namespace emporion::order
