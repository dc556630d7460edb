#pragma once

#include <cstdint>
#include <span>

namespace emporion {

/// The only source of randomness outside the kernel's drivers; a test passes one that a seed repeats.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
  /// Uniform in [0, bound). `bound` > 0.
  std::uint64_t below(std::uint64_t bound);
};

/// The operating system's cryptographic generator, buffered per object. One object belongs to one thread.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::uint8_t buffer_[512];
  std::size_t left_ = 0;
};

}  // namespace emporion
