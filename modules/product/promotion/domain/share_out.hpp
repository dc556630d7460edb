#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace emporion::promotion {

using Wide = __int128;

/// ROUND(amount × bp ÷ 10,000), halves away from zero. `amount` ≥ 0.
std::int64_t share_of(std::int64_t amount, std::int64_t bp);
/// ROUND(exact ÷ 10,000) of a sum of amount × bp.
std::int64_t rounded(Wide exact);

/// ALLOC: splits `total` in proportion to `weights` by largest remainder, ties to the lower index; no part exceeds its cap. The parts add up to `total`.
/// 0 ≤ total ≤ the sum of the caps; what a cap cuts off goes to the next in line that has room. Source: product.md §0.
std::vector<std::int64_t> share_out(std::int64_t total, std::span<const Wide> weights, std::span<const std::int64_t> caps);

}  // namespace emporion::promotion
