#include "kernel/base/random.hpp"

#include <sys/random.h>

#include <cstring>

#include "kernel/base/assert.hpp"

namespace emporion {

std::uint64_t Random::below(std::uint64_t bound) {
  EMP_ASSERT(bound > 0);
  // Rejection keeps the distribution uniform.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    std::uint64_t value = 0;
    fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    if (value < limit) return value % bound;
  }
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      std::size_t have = 0;
      while (have < sizeof buffer_) {
        const ssize_t got = getrandom(buffer_ + have, sizeof buffer_ - have, 0);
        if (got > 0) have += static_cast<std::size_t>(got);
      }
      left_ = sizeof buffer_;
    }
    const std::size_t take = bytes.size() < left_ ? bytes.size() : left_;
    std::memcpy(bytes.data(), buffer_ + (sizeof buffer_ - left_), take);
    std::memset(buffer_ + (sizeof buffer_ - left_), 0, take);
    left_ -= take;
    bytes = bytes.subspan(take);
  }
}

}  // namespace emporion
