#include "apps/emporion/load/histogram.hpp"

#include <algorithm>
#include <bit>

namespace emporion::load {
namespace {

constexpr std::size_t halves = 128;  ///< Buckets of each power of two; the first 256 spans have one each.

}  // namespace

std::size_t Histogram::bucket_of(std::int64_t micros) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, micros));
  if (value < 2 * halves) return static_cast<std::size_t>(value);
  const auto power = static_cast<std::size_t>(std::bit_width(value)) - 8;
  return std::min(buckets - 1, power * halves + static_cast<std::size_t>(value >> power));
}

std::int64_t Histogram::upper_end(std::size_t bucket) noexcept {
  if (bucket < 2 * halves) return static_cast<std::int64_t>(bucket);
  const std::size_t power = bucket / halves - 1;
  return static_cast<std::int64_t>(((bucket % halves + halves + 1) << power) - 1);
}

void Histogram::add(std::int64_t micros, std::uint64_t times) {
  micros = std::max<std::int64_t>(0, micros);
  counts_[bucket_of(micros)] += times;
  count_ += times;
  sum_ += micros * static_cast<std::int64_t>(times);
  max_ = std::max(max_, micros);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::int64_t Histogram::mean() const noexcept { return count_ == 0 ? 0 : sum_ / static_cast<std::int64_t>(count_); }

std::int64_t Histogram::at(std::uint64_t of_million) const noexcept {
  if (count_ == 0) return 0;
  // In two steps, so that no product exceeds 64 bits.
  std::uint64_t left = count_ / 1'000'000 * of_million + (count_ % 1'000'000 * of_million + 999'999) / 1'000'000;
  left = std::max<std::uint64_t>(1, left);
  for (std::size_t i = 0; i < buckets; ++i) {
    if (counts_[i] >= left) return i + 1 == buckets ? max_ : std::min(upper_end(i), max_);
    left -= counts_[i];
  }
  return max_;
}

}  // namespace emporion::load
