#pragma once

#include <algorithm>
#include <cstdint>

#include "kernel/base/time.hpp"
#include "modules/platform/gateway/domain/token_bucket.hpp"

namespace emporion::gateway {

/// One replica's share of a bucket that all replicas share. It holds tokens that the store granted, a block at a time, and may use a few on credit while it
/// asks; the store books these when it answers. So of one bucket there pass at most its burst, what refills, and one block per replica. In thousandths of a
/// token. Source: platform.md §3.5 token bucket.
class LeasedBucket {
 public:
  /// What is leased at once: a tenth of a minute's tokens, at least one.
  static constexpr std::int64_t block_milli(const RatePlan& plan) { return std::max<std::int64_t>(1, plan.per_minute / 10) * 1000; }
  /// What one of so many replicas may use before the store has answered.
  static constexpr std::int64_t credit_milli(const RatePlan& plan, int replicas) {
    return std::min(block_milli(plan), std::max<std::int64_t>(1, plan.burst / replicas) * 1000);
  }

  explicit LeasedBucket(const RatePlan& plan) : level_milli_(plan.burst * 1000) {}

  bool take(const RatePlan& plan, int replicas, UtcTime now) {
    used_at_ = now;
    if (held_milli_ >= 1000) {
      held_milli_ -= 1000;
      return true;
    }
    if (now < closed_until_ || debt_milli_ + 1000 > credit_milli(plan, replicas)) return false;
    debt_milli_ += 1000;
    return true;
  }
  void give_back() noexcept { held_milli_ += 1000; }

  /// Whether the store is to be asked: nothing is held and it has not said that there is nothing.
  bool needs_lease(UtcTime now) const noexcept { return !asking_ && held_milli_ < 1000 && now >= closed_until_; }
  void mark_asking() noexcept { asking_ = true; }
  /// What was used on credit until now, to be booked.
  std::int64_t ask() noexcept {
    asked_debt_milli_ = debt_milli_;
    return asked_debt_milli_;
  }
  /// `level_milli`: what is left in the store, below zero if more was used than there was.
  void answered(const RatePlan& plan, std::int64_t granted_milli, std::int64_t level_milli, UtcTime now) {
    asking_ = false;
    debt_milli_ -= asked_debt_milli_;
    held_milli_ += granted_milli;
    level_milli_ = level_milli;
    if (held_milli_ < 1000 && level_milli < 1000) closed_until_ = now + microseconds((1000 - level_milli) * 60'000 / plan.per_minute + 1);
  }
  /// The store is away: what was used stays to be booked.
  void failed() noexcept { asking_ = false; }

  std::int64_t remaining() const noexcept { return (held_milli_ + std::max<std::int64_t>(0, level_milli_ - debt_milli_)) / 1000; }
  /// Whole seconds until there may be a token, at least 1.
  std::int64_t retry_after_s(UtcTime now) const {
    return now < closed_until_ ? std::max<std::int64_t>(1, ((closed_until_ - now).count() + 999'999) / 1'000'000) : 1;
  }
  bool is_idle(UtcTime now) const noexcept { return !asking_ && debt_milli_ == 0 && now - used_at_ > minutes(1) && now >= closed_until_; }

 private:
  std::int64_t held_milli_ = 0;
  std::int64_t debt_milli_ = 0;
  std::int64_t asked_debt_milli_ = 0;
  std::int64_t level_milli_;
  UtcTime closed_until_;
  UtcTime used_at_;
  bool asking_ = false;
};

}  // namespace emporion::gateway
