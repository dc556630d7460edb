#pragma once

#include <vector>

#include "apps/emporion/processes.hpp"
#include "kernel/module/module.hpp"

namespace emporion::app {

/// Every module of this build, in the order of docs/context-map.md.
std::vector<ModuleDefinition> all_modules();
/// Those of one process, in the same order.
std::vector<ModuleDefinition> modules_of(const Process& process);

}  // namespace emporion::app
