#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace emporion::load {

/// Spans of time in constant memory, by the layout of HdrHistogram (which Debian 12 has for Go and Java only): each power of two of microseconds is cut into
/// 128 equal buckets, so that whatever it answers is at most 1/128 (0.8 %) above the truth and never below it. Up to two hours; longer spans count as two
/// hours.
class Histogram {
 public:
  static constexpr std::size_t buckets = 128 * 27;

  void add(std::int64_t micros) { add(micros, 1); }
  void add(std::int64_t micros, std::uint64_t times);
  /// As if all that `other` was given had been given to this one.
  void add(const Histogram& other);

  std::uint64_t count() const noexcept { return count_; }
  std::int64_t max() const noexcept { return max_; }  ///< Exact; 0 without any.
  std::int64_t mean() const noexcept;                 ///< Exact, rounded down; 0 without any.
  /// The span in microseconds that the share `of_million` of all does not exceed (500'000 is the median): the upper end of its bucket, or `max` if that is
  /// less.
  std::int64_t at(std::uint64_t of_million) const noexcept;

  std::uint64_t in_bucket(std::size_t bucket) const noexcept { return counts_[bucket]; }
  static std::size_t bucket_of(std::int64_t micros) noexcept;
  /// The longest span that falls into the bucket.
  static std::int64_t upper_end(std::size_t bucket) noexcept;

 private:
  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace emporion::load
