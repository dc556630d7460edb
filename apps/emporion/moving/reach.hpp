#pragma once

#include <string>

namespace emporion::app::moving {

/// Whether somebody takes connections at `host:port`. Blocking, half a second at most besides the time that a name takes.
bool somebody_listens(const std::string& address);

}  // namespace emporion::app::moving
