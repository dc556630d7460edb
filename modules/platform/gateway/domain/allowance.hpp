#pragma once

#include <algorithm>

namespace emporion::gateway {

/// Something extra for every so many calls: each call earns a share of one, an extra spends one, and no more than `saved_max` are saved. So extras are never
/// more than one in `calls_per_extra`, counted from the start, and a quiet hour does not buy a storm. For retries and hedges (platform.md §3.5).
class Allowance {
 public:
  constexpr Allowance(int calls_per_extra, int saved_max) : calls_per_extra_(calls_per_extra), earned_max_(saved_max * calls_per_extra) {}
  void call() noexcept { earned_ = std::min(earned_ + 1, earned_max_); }
  /// Whether an extra may be made; it is spent then.
  bool take() noexcept {
    if (earned_ < calls_per_extra_) return false;
    earned_ -= calls_per_extra_;
    return true;
  }

 private:
  int calls_per_extra_;
  int earned_max_;
  int earned_ = 0;
};

}  // namespace emporion::gateway
