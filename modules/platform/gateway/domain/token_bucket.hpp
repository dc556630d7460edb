#pragma once

#include <algorithm>
#include <cstdint>

#include "kernel/base/time.hpp"

namespace emporion::gateway {

/// How often something may happen: `per_minute` on average, `burst` at once.
struct RatePlan {
  std::int64_t per_minute = 100;
  std::int64_t burst = 20;
};

/// A bucket of whole thousandths of a token. Source: platform.md §3.5.
class TokenBucket {
 public:
  explicit TokenBucket(const RatePlan& plan, UtcTime now) : level_milli_(plan.burst * 1000), at_(now) {}

  /// Takes one token if there is one.
  bool take(const RatePlan& plan, UtcTime now) {
    refill(plan, now);
    if (level_milli_ < 1000) return false;
    level_milli_ -= 1000;
    return true;
  }
  /// Whole seconds until a token will be there, at least 1.
  std::int64_t retry_after_s(const RatePlan& plan) const {
    const std::int64_t missing = std::max<std::int64_t>(0, 1000 - level_milli_);
    return std::max<std::int64_t>(1, (missing * 60 + plan.per_minute * 1000 - 1) / (plan.per_minute * 1000));
  }
  /// A token that was not used after all.
  void give_back(const RatePlan& plan) { level_milli_ = std::min(level_milli_ + 1000, plan.burst * 1000); }
  std::int64_t tokens_left() const { return level_milli_ / 1000; }
  bool is_full(const RatePlan& plan, UtcTime now) const {
    TokenBucket then = *this;
    then.refill(plan, now);
    return then.level_milli_ >= plan.burst * 1000;
  }

 private:
  void refill(const RatePlan& plan, UtcTime now) {
    if (now <= at_) return;
    const std::int64_t elapsed = std::min<std::int64_t>((now - at_).count(), 3'600'000'000);
    const std::int64_t gained = elapsed * plan.per_minute / 60'000;
    if (gained == 0) return;
    level_milli_ += gained;
    // The clock moves only by what was credited, so many small steps lose nothing; a full bucket has nothing to lose.
    at_ = at_ + microseconds(gained * 60'000 / plan.per_minute);
    if (level_milli_ < plan.burst * 1000) return;
    level_milli_ = plan.burst * 1000;
    at_ = now;
  }
  std::int64_t level_milli_;
  UtcTime at_;
};

}  // namespace emporion::gateway
