#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "kernel/base/time.hpp"

namespace emporion::gateway {

/// What the last 128 answers took. The 95th percentile is worked out once per 32 answers.
class RecentLatency {
 public:
  void add(microseconds took) {
    last_[count_++ % last_.size()] = took;
    if (count_ % 32 != 0) return;
    std::vector<microseconds> sorted(last_.begin(), last_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, last_.size())));
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 95 / 100);
    std::ranges::nth_element(sorted, place);
    p95_ = *place;
  }
  /// Zero until 32 answers are known.
  microseconds p95() const noexcept { return p95_; }

 private:
  std::array<microseconds, 128> last_{};
  std::size_t count_ = 0;
  microseconds p95_{0};
};

}  // namespace emporion::gateway
