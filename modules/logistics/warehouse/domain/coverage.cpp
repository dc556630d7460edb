#include "modules/logistics/warehouse/domain/coverage.hpp"

#include <algorithm>
#include <ranges>

namespace emporion::warehouse {
namespace {

bool offers(const CoverageArea& area, Service service) { return area.services.empty() || std::ranges::find(area.services, service) != area.services.end(); }

}  // namespace

std::optional<std::int32_t> transit_hours(std::span<const CoverageArea> areas, std::span<const Uuid> path, Service service) {
  if (path.empty()) {
    std::optional<std::int32_t> slowest;
    for (const auto& area : areas) {
      if (offers(area, service)) slowest = std::max(slowest.value_or(0), area.transit_hours);
    }
    return slowest;
  }
  for (const auto& location : path | std::views::reverse) {
    const auto found = std::ranges::find(areas, location, &CoverageArea::location);
    if (found == areas.end()) continue;
    if (!offers(*found, service)) return std::nullopt;
    return found->transit_hours;
  }
  return std::nullopt;
}

}  // namespace emporion::warehouse
