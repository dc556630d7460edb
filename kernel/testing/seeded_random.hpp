#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "kernel/base/random.hpp"

namespace emporion::testing {

/// Randomness that its seed alone repeats. Source: SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  /// With the seed in EMPORION_TEST_SEED, or a new one; prints it, so that a failure can be repeated.
  static SeededRandom of_this_run() {
    std::uint64_t seed = 0;
    if (const char* given = std::getenv("EMPORION_TEST_SEED"); given != nullptr) {
      seed = std::strtoull(given, nullptr, 10);
    } else {
      SystemRandom system;
      seed = system.below(1'000'000'000);
    }
    std::printf("EMPORION_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
    return SeededRandom(seed);
  }

  void fill(std::span<std::uint8_t> bytes) override {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i % 8 == 0) word = next();
      bytes[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
    }
  }

 private:
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
    return mixed ^ (mixed >> 31);
  }
  std::uint64_t state_;
};

}  // namespace emporion::testing
