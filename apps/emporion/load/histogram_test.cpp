#include "apps/emporion/load/histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace emporion::load {
namespace {

constexpr std::int64_t hour_us = 3'600'000'000;

TEST(LoadHistogram, EveryBucketEndsWhereTheNextBegins) {
  for (std::size_t i = 0; i + 1 < Histogram::buckets; ++i) {
    ASSERT_EQ(Histogram::bucket_of(Histogram::upper_end(i)), i);
    ASSERT_EQ(Histogram::bucket_of(Histogram::upper_end(i) + 1), i + 1);
  }
  EXPECT_GT(Histogram::upper_end(Histogram::buckets - 1), 2 * hour_us);
}

TEST(LoadHistogram, WithoutAnySpanItIsAllZero) {
  const Histogram nothing;
  EXPECT_EQ(nothing.count(), 0u);
  EXPECT_EQ(nothing.at(990'000), 0);
  EXPECT_EQ(nothing.max(), 0);
  EXPECT_EQ(nothing.mean(), 0);
}

TEST(LoadHistogram, SpansOutsideItsRangeAreKeptAtItsEnds) {
  Histogram histogram;
  histogram.add(-5);
  histogram.add(100 * hour_us);
  EXPECT_EQ(histogram.at(1), 0);
  EXPECT_EQ(histogram.max(), 100 * hour_us);
  EXPECT_EQ(histogram.at(1'000'000), 100 * hour_us);
}

RC_GTEST_PROP(LoadHistogram, APercentileIsNeverTooLowAndAtMostOneIn128TooHigh, (std::vector<std::uint32_t> drawn, std::uint32_t share)) {
  RC_PRE(!drawn.empty());
  Histogram histogram;
  std::vector<std::int64_t> spans(drawn.begin(), drawn.end());
  for (const auto span : spans) histogram.add(span);
  std::ranges::sort(spans);
  const std::uint64_t of_million = 1 + share % 1'000'000;
  const std::size_t rank = (spans.size() * of_million + 999'999) / 1'000'000;
  const std::int64_t exact = spans[rank - 1];
  RC_ASSERT(histogram.at(of_million) >= exact);
  RC_ASSERT(histogram.at(of_million) - exact <= exact / 128);
  RC_ASSERT(histogram.max() == spans.back());
}

RC_GTEST_PROP(LoadHistogram, TwoTogetherAreAsOneThatSawAll, (std::vector<std::uint32_t> first, std::vector<std::uint32_t> second)) {
  Histogram one, other, all;
  for (const auto span : first) one.add(span), all.add(span);
  for (const auto span : second) other.add(span), all.add(span);
  one.add(other);
  RC_ASSERT(one.count() == all.count() && one.max() == all.max() && one.mean() == all.mean());
  for (const std::uint64_t share : {1u, 500'000u, 990'000u, 1'000'000u}) RC_ASSERT(one.at(share) == all.at(share));
}

}  // namespace
}  // namespace emporion::load
