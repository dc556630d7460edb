#pragma once

#include "kernel/module/module.hpp"

namespace emporion::payment {

std::span<const postgres::Migration> migrations();
ModuleDefinition definition();

}  // namespace emporion::payment
