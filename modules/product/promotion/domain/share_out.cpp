#include "modules/product/promotion/domain/share_out.hpp"

#include <algorithm>
#include <numeric>

#include "kernel/base/assert.hpp"

namespace emporion::promotion {

std::int64_t share_of(std::int64_t amount, std::int64_t bp) { return rounded(static_cast<Wide>(amount) * bp); }

std::int64_t rounded(Wide exact) { return static_cast<std::int64_t>((exact + 5'000) / 10'000); }

std::vector<std::int64_t> share_out(std::int64_t total, std::span<const Wide> weights, std::span<const std::int64_t> caps) {
  EMP_ASSERT(total >= 0 && weights.size() == caps.size());
  std::vector<std::int64_t> parts(weights.size(), 0);
  const Wide sum = std::accumulate(weights.begin(), weights.end(), Wide{0});
  std::vector<Wide> remainders(weights.size(), 0);
  std::int64_t left = total;
  for (std::size_t i = 0; sum > 0 && i < weights.size(); ++i) {
    const Wide exact = weights[i] * total;
    parts[i] = std::min(static_cast<std::int64_t>(exact / sum), caps[i]);
    remainders[i] = exact % sum;
    left -= parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b; });
  for (const std::size_t i : order) {
    if (left == 0) break;
    if (parts[i] == caps[i]) continue;
    ++parts[i];
    --left;
  }
  for (const std::size_t i : order) {
    const std::int64_t more = std::min(left, caps[i] - parts[i]);
    parts[i] += more;
    left -= more;
  }
  EMP_ASSERT(left == 0);
  return parts;
}

}  // namespace emporion::promotion
