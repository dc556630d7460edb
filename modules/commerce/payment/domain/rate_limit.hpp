#pragma once

#include <deque>
#include <utility>

#include "kernel/base/time.hpp"

namespace emporion::payment {

/// A bucket of `per_second` tokens, each of which comes back one second after it was taken: in no second, wherever it begins, are more taken than that. A
/// bucket that fills steadily would let through nearly twice as many in the second after a rest.
class RateLimit {
 public:
  explicit RateLimit(int per_second) : per_second_(per_second) {}

  /// How many may be taken now.
  int left(UtcTime now);
  /// Takes up to `wanted` and answers how many.
  int take(int wanted, UtcTime now);
  int per_second() const noexcept { return per_second_; }

 private:
  int per_second_;
  int taken_ = 0;
  std::deque<std::pair<UtcTime, int>> recent_;  ///< What was taken within the last second, oldest first.
};

}  // namespace emporion::payment
