#pragma once

#include "kernel/module/module.hpp"

namespace emporion::gateway {

/// The single public entry. Binds itself as http::Application, which the server of the process asks for.
ModuleDefinition definition();

}  // namespace emporion::gateway
