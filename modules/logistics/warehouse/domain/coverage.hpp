#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion::warehouse {

enum class Service : std::uint8_t { standard, express, economy };

/// A place delivered to, with everything below it. No services means all.
struct CoverageArea {
  Uuid location;
  std::vector<Service> services;
  std::int32_t transit_hours = 0;
};

/// Hours to an address by the area nearest to it, or nothing if the address, or this service there, is not covered. `path` runs from the country down.
/// An address that Location does not know (no path) is taken by every warehouse that delivers anywhere, at its slowest area's hours.
std::optional<std::int32_t> transit_hours(std::span<const CoverageArea> areas, std::span<const Uuid> path, Service service);

}  // namespace emporion::warehouse
