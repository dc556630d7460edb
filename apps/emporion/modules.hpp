#pragma once

#include <vector>

#include "kernel/module/module.hpp"

namespace emporion::app {

/// Every module of this build, in the order of docs/context-map.md.
std::vector<ModuleDefinition> all_modules();

}  // namespace emporion::app
