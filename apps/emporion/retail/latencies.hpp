#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace emporion::app::retail {

/// Percentiles of spans of time in constant memory: 16 buckets per power of two of microseconds, so an answer is at most 7 % too high.
class Latencies {
 public:
  void add(std::int64_t micros) {
    ++buckets_[index_of(micros < 0 ? 0 : static_cast<std::uint64_t>(micros))];
    ++count_;
  }
  std::uint64_t count() const noexcept { return count_; }
  /// The upper end, in microseconds, of the bucket that holds the share `permille` of all; 0 without any.
  std::uint64_t at(std::uint64_t permille) const noexcept {
    std::uint64_t left = (count_ * permille + 999) / 1000;
    if (left == 0) return 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] >= left) return upper_end(i);
      left -= buckets_[i];
    }
    return upper_end(buckets_.size() - 1);
  }

 private:
  static std::size_t index_of(std::uint64_t value) {
    if (value < 16) return static_cast<std::size_t>(value);
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 5;
    const std::size_t index = 16 * power + static_cast<std::size_t>(value >> power);
    return index < 640 ? index : 639;
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < 32) return index;
    const std::size_t power = index / 16 - 1;
    return (static_cast<std::uint64_t>(index % 16 + 17) << power) - 1;
  }
  std::array<std::uint64_t, 640> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace emporion::app::retail
