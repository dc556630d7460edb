#include "modules/logistics/fulfillment/domain/parcels.hpp"

#include <algorithm>
#include <numeric>

#include "kernel/base/assert.hpp"
#include "kernel/money/money.hpp"

namespace emporion::fulfillment {

std::vector<Parcel> packed(const std::vector<Load>& loads) {
  std::vector<Parcel> out;
  for (const Load& load : loads) {
    EMP_ASSERT(load.unit_g > 0);
    std::int32_t left = load.qty;
    while (left > 0) {
      if (out.empty() || out.back().weight_g + load.unit_g > parcel_g_max) out.push_back({{}, packaging_g});
      Parcel& parcel = out.back();
      const std::int64_t room = std::max<std::int64_t>((parcel_g_max - parcel.weight_g) / load.unit_g, 1);
      const auto taken = static_cast<std::int32_t>(std::min<std::int64_t>(left, room));
      parcel.items.push_back({load.order_line, taken, load.unit_g});
      parcel.weight_g += taken * load.unit_g;
      left -= taken;
    }
  }
  return out;
}

bool weight_fits(std::int64_t expected_g, std::int64_t actual_g) noexcept {
  const std::int64_t off = actual_g > expected_g ? actual_g - expected_g : expected_g - actual_g;
  return off <= std::max<std::int64_t>(expected_g / 20, 50);
}

std::vector<std::int64_t> split_cash(std::int64_t total, const std::vector<std::int64_t>& values, const std::vector<std::int64_t>& quantities) {
  const bool has_value = std::any_of(values.begin(), values.end(), [](std::int64_t value) { return value > 0; });
  const auto& weights = has_value ? values : quantities;
  if (weights.empty() || std::accumulate(weights.begin(), weights.end(), std::int64_t{0}) == 0) return std::vector<std::int64_t>(weights.size(), 0);
  return allocate(total, weights);
}

}  // namespace emporion::fulfillment
