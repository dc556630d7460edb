// tidy-allow-file(float_money): trigonometry between integer coordinates and integer metres; no money.
#include "modules/logistics/warehouse/domain/distance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace emporion::warehouse {

std::int64_t distance_meters(Point from, Point to) noexcept {
  if (from == to) return 0;
  if (std::pair(to.lat, to.lng) < std::pair(from.lat, from.lng)) std::swap(from, to);  // The rounding of a sum depends on its order.
  constexpr double radians = std::numbers::pi / 180.0 / 1e7;
  const double lat_from = from.lat * radians;
  const double lat_to = to.lat * radians;
  const double half_lat = std::sin((lat_to - lat_from) / 2);
  const double half_lng = std::sin((static_cast<double>(to.lng) - static_cast<double>(from.lng)) * radians / 2);
  const double chord = std::clamp(half_lat * half_lat + std::cos(lat_from) * std::cos(lat_to) * half_lng * half_lng, 0.0, 1.0);
  return std::llround(2 * 6'371'008.8 * std::asin(std::sqrt(chord)));
}

}  // namespace emporion::warehouse
