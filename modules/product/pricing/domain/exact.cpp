#include "modules/product/pricing/domain/exact.hpp"

#include <algorithm>
#include <numeric>

#include "kernel/base/assert.hpp"

namespace emporion::pricing {

Wide power_of_ten(int exponent) {
  Wide out = 1;
  for (int i = 0; i < exponent; ++i) out *= 10;
  return out;
}

Wide round_quotient(Wide numerator, Wide denominator) {
  EMP_ASSERT(denominator > 0);
  const bool negative = numerator < 0;
  const Wide magnitude = negative ? -numerator : numerator;
  const Wide rounded = (2 * magnitude + denominator) / (2 * denominator);
  return negative ? -rounded : rounded;
}

std::vector<std::int64_t> allocate_exactly(std::int64_t total, std::span<const Wide> weights) {
  EMP_ASSERT(total >= 0);
  std::vector<std::int64_t> parts(weights.size());
  Wide sum = 0;
  for (const Wide weight : weights) {
    EMP_ASSERT(weight >= 0);
    sum += weight;
  }
  if (sum == 0) {
    EMP_ASSERT(total == 0);
    return parts;
  }
  std::vector<Wide> remainders(weights.size());
  std::int64_t left = total;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Wide product = Wide{total} * weights[i];
    parts[i] = static_cast<std::int64_t>(product / sum);
    remainders[i] = product - Wide{parts[i]} * sum;
    left -= parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b; });
  for (std::size_t i = 0; left > 0; ++i, --left) ++parts[order[i]];
  return parts;
}

}  // namespace emporion::pricing
