#include "modules/logistics/warehouse/domain/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace emporion::warehouse {
namespace {

using testing::ElementsAre;

Uuid id(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = number;
  return Uuid(bytes);
}

Candidate a_candidate(std::uint8_t number, std::vector<std::int64_t> available) {
  return {.id = id(number), .priority = 100, .transit_hours = 24, .parcel_cost = 1000, .line_cost = 10, .available = std::move(available)};
}

TEST(Planner, DividesFiveUnitsOverTwoWarehousesWhenNoneHoldsThem) {
  const auto made = plan({{"A", 5, 0}}, {a_candidate(1, {3}), a_candidate(2, {2})}, Profile::fewest_parcels);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->parcels, 2);
  EXPECT_THAT(made->shares, ElementsAre(Share{0, 0, 3}, Share{0, 1, 2}));
}

TEST(Planner, SendsOneParcelFromTheWarehouseThatHoldsEverything) {
  const auto made = plan({{"A", 5, 0}}, {a_candidate(1, {3}), a_candidate(2, {2}), a_candidate(3, {5})}, Profile::fewest_parcels);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->parcels, 1);
  EXPECT_THAT(made->shares, ElementsAre(Share{0, 2, 5}));
}

TEST(Planner, NamesTheMostThatCouldBeSentOfEachShortSku) {
  const auto made = plan({{"A", 5, 0}, {"B", 1, 0}}, {a_candidate(1, {3, 1}), a_candidate(2, {1, 0})}, Profile::fewest_parcels);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error(), ElementsAre(Shortage{0, 4}));
}

TEST(Planner, GivesAWholeLineToTheCheapestMemberThatHoldsIt) {
  auto near = a_candidate(1, {4, 2, 0});
  near.parcel_cost = 10;
  const auto made = plan({{"A", 4, 0}, {"B", 3, 0}, {"C", 1, 0}}, {near, a_candidate(2, {9, 9, 1})}, Profile::cheapest);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->shares, ElementsAre(Share{0, 1, 4}, Share{1, 1, 3}, Share{2, 1, 1})) << "one warehouse holds everything";
}

TEST(Planner, ProfilesWeighParcelsMoneyAndTimeDifferently) {
  auto slow = a_candidate(1, {9});
  slow.parcel_cost = 1;
  slow.transit_hours = 90;
  auto fast = a_candidate(2, {9});
  fast.parcel_cost = 5000;
  fast.transit_hours = 2;
  const std::vector<Candidate> both{slow, fast};
  EXPECT_EQ(plan({{"A", 1, 0}}, both, Profile::cheapest)->shares[0].candidate, 0u);
  EXPECT_EQ(plan({{"A", 1, 0}}, both, Profile::fewest_parcels)->shares[0].candidate, 0u);
  EXPECT_EQ(plan({{"A", 1, 0}}, both, Profile::fastest)->shares[0].candidate, 1u);
}

TEST(Planner, BreaksTiesByPriorityThenId) {
  auto preferred = a_candidate(9, {1});
  preferred.priority = 1;
  EXPECT_EQ(plan({{"A", 1, 0}}, {a_candidate(1, {1}), preferred}, Profile::fewest_parcels)->shares[0].candidate, 1u);
  EXPECT_EQ(plan({{"A", 1, 0}}, {a_candidate(2, {1}), a_candidate(1, {1})}, Profile::fewest_parcels)->shares[0].candidate, 1u);
}

TEST(Planner, FindsAFullCoverAmongManyWarehouses) {
  std::vector<Candidate> candidates;
  for (std::uint8_t c = 0; c < 40; ++c) candidates.push_back(a_candidate(c, {c == 7 ? 50 : 1, c == 31 ? 50 : 1}));
  const auto made = plan({{"A", 50, 0}, {"B", 50, 0}}, candidates, Profile::fewest_parcels);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->shares, ElementsAre(Share{0, 7, 50}, Share{1, 31, 50}));
}

TEST(Planner, CountsParcelsByWeight) {
  const std::vector<Demand> demands{{"HEAVY", 0, 20'000}, {"LIGHT", 0, 5'000}, {"UNKNOWN", 0, 0}, {"ANVIL", 0, 80'000}};
  EXPECT_EQ(parcels_for(demands, {{2, 0, 500}}), 1);
  EXPECT_EQ(parcels_for(demands, {{0, 0, 2}, {1, 0, 4}}), 2) << "two light units beside each heavy one";
  EXPECT_EQ(parcels_for(demands, {{0, 0, 2}, {1, 0, 5}}), 3);
  EXPECT_EQ(parcels_for(demands, {{3, 0, 3}}), 3) << "a unit above the limit travels alone";
  EXPECT_EQ(parcels_for(demands, {{1, 0, 100'000}}), 16'667);
}

TEST(Planner, IsLinearInTheNumberOfLines) {
  const auto seconds_for = [](std::size_t lines) {
    std::vector<Demand> demands;
    std::vector<Candidate> candidates;
    for (std::uint8_t c = 0; c < 12; ++c) candidates.push_back(a_candidate(c, {}));
    for (std::size_t d = 0; d < lines; ++d) {
      demands.push_back({"S" + std::to_string(d), 6, static_cast<std::int64_t>(1 + d % 997)});
      for (std::size_t c = 0; c < candidates.size(); ++c) candidates[c].available.push_back((d + c) % 5 < 3 ? 2 : 0);
    }
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(plan(demands, candidates, Profile::fewest_parcels));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  (void)seconds_for(500);
  const double small = seconds_for(500);
  const double large = seconds_for(2'000);
  EXPECT_LT(large, 10 * small + 0.05);
  EXPECT_LT(large, 2.0);
}

struct Case {
  std::vector<Demand> demands;
  std::vector<Candidate> candidates;
};

Case arbitrary_case() {
  Case out;
  const auto lines = *rc::gen::inRange<std::size_t>(1, 6);
  const auto warehouses = *rc::gen::inRange<std::size_t>(1, 16);
  for (std::size_t d = 0; d < lines; ++d) out.demands.push_back({"S" + std::to_string(d), *rc::gen::inRange(1, 20), *rc::gen::inRange(0, 40'000)});
  for (std::size_t c = 0; c < warehouses; ++c) {
    auto candidate = a_candidate(static_cast<std::uint8_t>(c), {});
    candidate.parcel_cost = *rc::gen::inRange(0, 4);
    candidate.transit_hours = *rc::gen::inRange(0, 4);
    for (std::size_t d = 0; d < lines; ++d) candidate.available.push_back(*rc::gen::inRange(0, 12));
    out.candidates.push_back(std::move(candidate));
  }
  return out;
}

RC_GTEST_PROP(PlannerLaws, CoversExactlyTheDemandAndNeverMoreThanIsThere, ()) {
  const auto given = arbitrary_case();
  const auto profile = static_cast<Profile>(*rc::gen::inRange(0, 3));
  const auto made = plan(given.demands, given.candidates, profile);
  for (std::size_t d = 0; d < given.demands.size(); ++d) {
    std::int64_t total = 0;
    for (const auto& candidate : given.candidates) total += candidate.available[d];
    if (!made) {
      const auto named = std::ranges::find(made.error(), d, &Shortage::demand);
      RC_ASSERT((named != made.error().end()) == (total < given.demands[d].qty));
      continue;
    }
    std::int64_t planned = 0;
    for (const auto& share : made->shares) {
      if (share.demand != d) continue;
      RC_ASSERT(share.qty > 0);
      RC_ASSERT(share.qty <= given.candidates[share.candidate].available[d]);
      planned += share.qty;
    }
    RC_ASSERT(planned == given.demands[d].qty);
  }
}

RC_GTEST_PROP(PlannerLaws, EqualInputGivesAnEqualPlanWhateverTheOrderOfCandidates, ()) {
  const auto given = arbitrary_case();
  auto shuffled = given.candidates;
  std::ranges::reverse(shuffled);
  const auto one = plan(given.demands, given.candidates, Profile::fewest_parcels);
  const auto two = plan(given.demands, shuffled, Profile::fewest_parcels);
  RC_ASSERT(one.has_value() == two.has_value());
  if (!one) return;
  const auto by_id = [](const Plan& made, const std::vector<Candidate>& candidates) {
    std::map<std::pair<std::size_t, Uuid>, std::int64_t> out;
    for (const auto& share : made.shares) out[{share.demand, candidates[share.candidate].id}] += share.qty;
    return out;
  };
  RC_ASSERT(by_id(*one, given.candidates) == by_id(*two, shuffled));
}

RC_GTEST_PROP(PlannerLaws, UsesOneWarehouseWheneverOneHoldsEverything, ()) {
  const auto given = arbitrary_case();
  const bool one_holds_all = std::ranges::any_of(given.candidates, [&](const Candidate& candidate) {
    for (std::size_t d = 0; d < given.demands.size(); ++d) {
      if (candidate.available[d] < given.demands[d].qty) return false;
    }
    return true;
  });
  const auto made = plan(given.demands, given.candidates, Profile::fewest_parcels);
  if (!made || !one_holds_all) return;
  for (const auto& share : made->shares) RC_ASSERT(share.candidate == made->shares[0].candidate);
}

}  // namespace
}  // namespace emporion::warehouse
