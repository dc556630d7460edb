#include "apps/emporion/load/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "apps/emporion/load/figures.hpp"

namespace emporion::load {
namespace {

std::vector<microseconds> all_of(ArrivalTimes times) {
  std::vector<microseconds> out;
  while (const auto at = times.next()) out.push_back(*at);
  return out;
}
std::vector<microseconds> even(Pace pace, double rate) { return all_of(ArrivalTimes(std::move(pace), rate, Arrivals::even, Dice(1))); }

TEST(Pace, AnEvenRateHasItsDistancesAndItsNumber) {
  const auto times = even(Pace::steady(seconds(2)), 10);
  ASSERT_EQ(times.size(), 20u);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_NEAR(static_cast<double>(times[i].count()), 50'000 + 100'000 * static_cast<double>(i), 1);
}

TEST(Pace, AHighRateDoesNotDrift) {
  const auto times = even(Pace::steady(seconds(10)), 30'000);  // 33.3 us apart.
  EXPECT_NEAR(static_cast<double>(times.size()), 300'000, 1);
  EXPECT_NEAR(static_cast<double>(times[150'000].count()), 5'000'000, 100);
}

TEST(Pace, ARampSendsAsManyAsItsLevelSays) {
  const Pace pace({{.name = "ramp", .span = seconds(10), .from = 0, .to = 1}, {.name = "full", .span = seconds(10), .from = 1, .to = 1}});
  EXPECT_EQ(pace.span(), seconds(20));
  EXPECT_DOUBLE_EQ(pace.level_at(seconds(5)), 0.5);
  EXPECT_EQ(pace.phase_at(seconds(12)), "full");
  EXPECT_EQ(pace.phase_at(seconds(20)), "");
  const auto times = even(pace, 100);
  EXPECT_NEAR(static_cast<double>(times.size()), 500 + 1000, 1);
  const auto before = [&](microseconds at) { return std::ranges::count_if(times, [at](microseconds one) { return one < at; }); };
  EXPECT_NEAR(static_cast<double>(before(seconds(5))), 125, 1) << "a quarter of the ramp's visitors come in its first half";
  EXPECT_NEAR(static_cast<double>(before(seconds(10))), 500, 1);
}

TEST(Pace, NobodyComesWhileTheLevelIsNothing) {
  const auto times =
      even(Pace({{.name = "open", .span = seconds(1)}, {.name = "closed", .span = seconds(5), .from = 0, .to = 0}, {.name = "again", .span = seconds(1)}}), 10);
  ASSERT_EQ(times.size(), 20u);
  EXPECT_LT(times[9], seconds(1));
  EXPECT_GE(times[10], seconds(6));
}

TEST(Pace, AnotherTimeKeepsTheShape) {
  const Pace day({{.name = "night", .span = seconds(30), .from = 0.1, .to = 0.1}, {.name = "day", .span = seconds(90)}});
  const Pace minute = day.stretched_to(seconds(4));
  EXPECT_EQ(minute.span(), seconds(4));
  EXPECT_EQ(minute.phases()[0].span, seconds(1));
  EXPECT_EQ(minute.phases()[1].span, seconds(3));
  EXPECT_EQ(day.stretched_to(microseconds(2)).phases()[0].span, microseconds(1)) << "no phase gets lost";
}

TEST(Pace, VisitorsWhoKnowNothingOfEachOtherComeAtRandomAndRepeatWithTheSeed) {
  const auto at_random = [](std::uint64_t seed) { return all_of(ArrivalTimes(Pace::steady(seconds(100)), 100, Arrivals::random, Dice(seed))); };
  const auto times = at_random(7);
  EXPECT_NEAR(static_cast<double>(times.size()), 10'000, 400);  // Four standard deviations of a Poisson process.
  EXPECT_EQ(times, at_random(7));
  EXPECT_NE(times, at_random(8));
  std::size_t close = 0;
  for (std::size_t i = 1; i < times.size(); ++i) close += times[i] - times[i - 1] < milliseconds(5) ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(close) / static_cast<double>(times.size()), 0.39, 0.03) << "1 - exp(-1/2) of all distances are below half the mean";
}

/// One clerk, 1 ms a visitor, who is away for half a second once: what a generator that waits for its answers does not see.
TEST(CoordinatedOmission, AStallShowsInTheCorrectedLatenciesOnly) {
  ArrivalTimes visitors(Pace::steady(seconds(4)), 200, Arrivals::even, Dice(1));
  Figures figures({});
  microseconds free_at{0};
  while (const auto comes_at = visitors.next()) {
    const microseconds begins = std::max(*comes_at, free_at);
    const bool is_away = begins <= seconds(1) && begins + milliseconds(5) > seconds(1);
    const microseconds takes = is_away ? milliseconds(500) : milliseconds(1);
    figures.answered("visit", 200, takes, begins - *comes_at);
    free_at = begins + takes;
  }
  ASSERT_EQ(figures.requests.service.count(), 800u);
  EXPECT_LE(figures.requests.service.at(990'000), 1'010);
  EXPECT_GE(figures.requests.corrected.at(990'000), 450'000);
  EXPECT_LE(figures.requests.corrected.at(500'000), 1'010) << "most came before or long after";
  EXPECT_EQ(figures.requests.service.max(), 500'000);
}

}  // namespace
}  // namespace emporion::load
