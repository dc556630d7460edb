#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "modules/logistics/warehouse/domain/coverage.hpp"
#include "modules/logistics/warehouse/domain/distance.hpp"
#include "modules/logistics/warehouse/domain/hold.hpp"
#include "modules/logistics/warehouse/domain/lines.hpp"
#include "modules/logistics/warehouse/domain/status.hpp"

namespace emporion::warehouse {
namespace {

TEST(WarehouseStatus, MovesOnlyAlongItsTable) {
  using enum StatusCommand;
  const std::map<std::pair<Status, StatusCommand>, Status> allowed{
      {{Status::draft, activate}, Status::active},       {{Status::active, activate}, Status::active},       {{Status::draining, activate}, Status::active},
      {{Status::active, deactivate}, Status::draining},  {{Status::offline, deactivate}, Status::draining},  {{Status::draining, deactivate}, Status::draining},
      {{Status::active, take_offline}, Status::offline}, {{Status::offline, take_offline}, Status::offline}, {{Status::offline, bring_online}, Status::active},
      {{Status::active, bring_online}, Status::active},  {{Status::draining, close}, Status::closed},        {{Status::closed, close}, Status::closed},
  };
  for (const auto from : {Status::draft, Status::active, Status::draining, Status::offline, Status::closed}) {
    for (const auto command : {activate, deactivate, take_offline, bring_online, close}) {
      const auto found = allowed.find({from, command});
      const auto expected = found == allowed.end() ? std::optional<Status>() : std::optional(found->second);
      EXPECT_EQ(next(from, command), expected) << to_string(from) << " by command " << static_cast<int>(command);
    }
  }
}

TEST(WarehouseStatus, NamesReadBack) {
  for (const auto status : {Status::draft, Status::active, Status::draining, Status::offline, Status::closed})
    EXPECT_EQ(parse_status(to_string(status)), status);
  EXPECT_EQ(parse_status("open"), std::nullopt);
}

TEST(Hold, GrantsWhatIsAskedUpToTheMethodsCeiling) {
  const HoldPolicy policy;
  EXPECT_EQ(policy.grant(std::nullopt, false), minutes(15));
  EXPECT_EQ(policy.grant(minutes(10), false), minutes(10));
  EXPECT_EQ(policy.grant(hours(5), false), minutes(25));
  EXPECT_EQ(policy.grant(hours(48), true), hours(24) + minutes(10));
}

TEST(Distance, OfHaNoiAndHoChiMinhCityIsAbout1138Kilometres) {
  const Point ha_noi{210'285'000, 1'058'542'000};
  const Point ho_chi_minh_city{108'231'000, 1'066'297'000};
  EXPECT_NEAR(static_cast<double>(distance_meters(ha_noi, ho_chi_minh_city)), 1'138'000, 5'000);
  EXPECT_EQ(road_meters(1'000), 1'300);
}

RC_GTEST_PROP(DistanceLaws, IsSymmetricAndZeroOnlyToItself, ()) {
  const auto any_point = [] { return Point{*rc::gen::inRange(-900'000'000, 900'000'000), *rc::gen::inRange(-1'800'000'000, 1'800'000'000)}; };
  const Point a = any_point();
  const Point b = any_point();
  RC_ASSERT(distance_meters(a, b) == distance_meters(b, a));
  RC_ASSERT(distance_meters(a, a) == 0);
  RC_ASSERT(distance_meters(a, b) <= 20'100'000);
}

TEST(Coverage, TheAreaNearestToTheAddressDecides) {
  const Uuid country = Uuid::from_name("country");
  const Uuid region = Uuid::from_name("region");
  const Uuid ward = Uuid::from_name("ward");
  const std::vector<CoverageArea> areas{{country, {}, 72}, {region, {Service::standard}, 24}};
  const std::vector<Uuid> in_region{country, region, ward};
  const std::vector<Uuid> elsewhere{country, Uuid::from_name("other")};
  EXPECT_EQ(transit_hours(areas, in_region, Service::standard), 24);
  EXPECT_EQ(transit_hours(areas, elsewhere, Service::standard), 72);
  EXPECT_EQ(transit_hours(areas, in_region, Service::express), std::nullopt) << "the region has no express, whatever the country has";
  EXPECT_EQ(transit_hours(areas, std::vector<Uuid>{ward}, Service::standard), std::nullopt);
  EXPECT_EQ(transit_hours(areas, {}, Service::standard), 72) << "an address that Location does not know";
  EXPECT_EQ(transit_hours({}, {}, Service::standard), std::nullopt);
}

RC_GTEST_PROP(Lines, PlacedUnitsAreTheLinesUnits, ()) {
  std::vector<WantedLine> lines;
  const int count = *rc::gen::inRange(1, 12);
  for (int i = 1; i <= count; ++i) lines.push_back({i, "S" + std::to_string(*rc::gen::inRange(0, 4)), *rc::gen::inRange(1, 30), 0});
  const auto demands = merge_by_sku(lines);
  std::vector<Candidate> candidates;
  for (std::uint8_t c = 0; c < 3; ++c) {
    Candidate candidate{.id = Uuid(std::array<std::uint8_t, 16>{c}), .available = {}};
    for (std::size_t d = 0; d < demands.size(); ++d) candidate.available.push_back(*rc::gen::inRange(0, 200));
    candidates.push_back(candidate);
  }
  const auto made = plan(demands, candidates, Profile::fewest_parcels);
  if (!made) return;
  const auto placed = place(lines, demands, candidates, *made);
  std::set<std::pair<std::int32_t, Uuid>> keys;
  std::map<std::int32_t, std::int64_t> units;
  for (const auto& line : placed) {
    RC_ASSERT(keys.emplace(line.line_no, line.warehouse).second);
    units[line.line_no] += line.qty;
  }
  for (const auto& line : lines) RC_ASSERT(units[line.line_no] == line.qty);
}

}  // namespace
}  // namespace emporion::warehouse
