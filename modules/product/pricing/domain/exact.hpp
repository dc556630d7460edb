#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace emporion::pricing {

/// Wide enough for every product in a price or tax calculation: an amount (10^15) times rates of 12 decimals, or up to eight compound taxes of 6.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wbit-int-extension"
using Wide = _BitInt(512);
#pragma clang diagnostic pop

Wide power_of_ten(int exponent);

/// ROUND(numerator ÷ denominator), halves away from zero. `denominator` > 0. Source: product.md §0.
Wide round_quotient(Wide numerator, Wide denominator);

/// ALLOC of product.md §0 with exact weights: `total` ≥ 0 in proportion to `weights` (each ≥ 0), left-over units by largest remainder, ties to the
/// lower index. Weights that are all zero leave every part zero, and then `total` must be 0.
std::vector<std::int64_t> allocate_exactly(std::int64_t total, std::span<const Wide> weights);

}  // namespace emporion::pricing
