#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emporion::journeys {

/// Ports of 127.0.0.1 that nobody has just now, no two the same: for what has to be known before somebody listens.
std::vector<std::uint16_t> free_ports(std::size_t count);

}  // namespace emporion::journeys
