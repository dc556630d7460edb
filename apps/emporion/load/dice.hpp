#pragma once

#include <cstdint>

#include "kernel/base/random.hpp"

namespace emporion::load {

/// What visitors decide by: the same seed, the same decisions. Source: SplitMix64 (Steele, Lea, Flood 2014). Not for secrets, and not for names that must be
/// new.
class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i % 8 == 0) word = next();
      bytes[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
    }
  }
  /// Uniform from `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1)); }
  /// Uniform in (0, 1].
  double share() { return static_cast<double>((next() >> 11) + 1) / 9'007'199'254'740'992.0; }

 private:
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
    return mixed ^ (mixed >> 31);
  }
  std::uint64_t state_;
};

}  // namespace emporion::load
