#pragma once

#include <string>

#include "apps/emporion/load/result.hpp"

namespace emporion::load {

/// One page with charts, and every figure of a chart in a table beside it. Holds all it needs: it loads nothing.
std::string to_html(const RunResult& result);

}  // namespace emporion::load
