#pragma once

#include <cstdint>
#include <vector>

namespace emporion::fulfillment {

/// What is to go into parcels: units of one line.
struct Load {
  std::int32_t order_line;
  std::int32_t qty;
  std::int64_t unit_g;  ///< At least 1.
};
struct Parcel {
  std::vector<Load> items;
  std::int64_t weight_g = 0;  ///< With packaging.
};

constexpr std::int64_t parcel_g_max = 30'000;  // Source: logistics.md §1.7 A (7).
constexpr std::int64_t packaging_g = 100;

/// Parcels of at most 30 kg, filled one after the other in the order of the lines. A unit that is heavier alone travels alone.
std::vector<Parcel> packed(const std::vector<Load>& loads);

/// True if a weighed parcel can be right: within 5 % or 50 g of what its units and packaging weigh. Source: logistics.md §2.7.
bool weight_fits(std::int64_t expected_g, std::int64_t actual_g) noexcept;

/// Cash on delivery over parts by the value of each, leftover units to the largest remainders, ties to the lower index; by quantity where nothing has a value.
/// The parts add up to `total`. Source: logistics.md §2.7 (F-I2).
std::vector<std::int64_t> split_cash(std::int64_t total, const std::vector<std::int64_t>& values, const std::vector<std::int64_t>& quantities);

}  // namespace emporion::fulfillment
