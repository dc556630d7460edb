#pragma once

#include <array>
#include <cstdint>

#include "kernel/base/time.hpp"

namespace emporion::gateway {

/// How many checkouts were confirmed here in the last minute.
class CheckoutPace {
 public:
  void confirmed(UtcTime now) noexcept {
    auto& slot = slots_[index(now)];
    if (slot.second != second(now)) slot = {second(now), 0};
    ++slot.count;
  }
  std::int64_t per_minute(UtcTime now) const noexcept {
    std::int64_t out = 0;
    for (const auto& slot : slots_) {
      if (slot.second > second(now) - 60 && slot.second <= second(now)) out += slot.count;
    }
    return out;
  }

 private:
  static std::int64_t second(UtcTime now) noexcept { return now.micros_since_epoch() / 1'000'000; }
  static std::size_t index(UtcTime now) noexcept { return static_cast<std::size_t>(second(now) % 60); }
  struct Slot {
    std::int64_t second = -1;
    std::int64_t count = 0;
  };
  std::array<Slot, 60> slots_{};
};

}  // namespace emporion::gateway
