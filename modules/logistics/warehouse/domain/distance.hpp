#pragma once

#include <cstdint>

namespace emporion::warehouse {

/// A point in degrees × 10⁷.
struct Point {
  std::int32_t lat = 0;
  std::int32_t lng = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

/// Great-circle distance in metres (haversine on a sphere of 6,371,008.8 m, rounded): symmetric, and the same on every run.
std::int64_t distance_meters(Point from, Point to) noexcept;

/// Metres by road: the great circle × 1.3. Source: specification, cost of a warehouse without a zone table entry.
constexpr std::int64_t road_meters(std::int64_t meters) noexcept { return meters * 13 / 10; }

}  // namespace emporion::warehouse
