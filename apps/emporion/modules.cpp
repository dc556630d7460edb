#include "apps/emporion/modules.hpp"

namespace emporion::app {

std::vector<ModuleDefinition> all_modules() { return {}; }

}  // namespace emporion::app
