#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "modules/logistics/fulfillment/domain/lifecycle.hpp"
#include "modules/logistics/fulfillment/domain/parcels.hpp"

namespace emporion::fulfillment {
namespace {

TEST(Lifecycle, goes_one_way_and_stops_only_in_house) {
  EXPECT_TRUE(may_move(Status::pending, Status::planning));
  EXPECT_FALSE(may_move(Status::pending, Status::picked));
  EXPECT_FALSE(may_move(Status::on_hold, Status::picked));
  EXPECT_EQ(check_move(Status::completed, Status::picked).error().reason(), "ILLEGAL_TRANSITION");
  for (const Status status :
       {Status::pending, Status::planning, Status::picking, Status::picked, Status::packing, Status::packed, Status::ready, Status::on_hold}) {
    EXPECT_TRUE(is_in_house(status)) << to_string(status);
  }
  for (const Status status : {Status::shipped, Status::completed, Status::cancelled, Status::compensation_pending, Status::compensated}) {
    EXPECT_FALSE(is_in_house(status)) << to_string(status);
    EXPECT_FALSE(may_move(status, Status::on_hold)) << to_string(status);
  }
}

TEST(Cash, is_split_to_the_last_unit) {
  // Source: logistics.md F-A9.
  EXPECT_EQ(split_cash(100'000, {1, 1, 1}, {1, 1, 1}), (std::vector<std::int64_t>{33'334, 33'333, 33'333}));
  EXPECT_EQ(split_cash(10, {0, 0}, {3, 1}), (std::vector<std::int64_t>{8, 2}));
  EXPECT_EQ(split_cash(0, {5, 5}, {1, 1}), (std::vector<std::int64_t>{0, 0}));
}

RC_GTEST_PROP(Cash, parts_add_up, (std::uint32_t total, std::vector<std::uint16_t> shares)) {
  RC_PRE(!shares.empty());
  std::vector<std::int64_t> values(shares.begin(), shares.end());
  const auto parts = split_cash(total, values, std::vector<std::int64_t>(values.size(), 1));
  RC_ASSERT(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}) == std::int64_t{total});
}

TEST(Parcels, are_weighed_with_a_little_play) {
  EXPECT_TRUE(weight_fits(500, 550));
  EXPECT_FALSE(weight_fits(500, 551));
  EXPECT_TRUE(weight_fits(10'000, 10'500));
  EXPECT_FALSE(weight_fits(10'000, 9'499));
}

RC_GTEST_PROP(Parcels, hold_each_unit_once_and_are_never_too_heavy, (std::vector<std::pair<std::uint8_t, std::uint16_t>> lines)) {
  std::vector<Load> loads;
  std::int64_t units = 0;
  for (const auto& [qty, grams] : lines) {
    loads.push_back({static_cast<std::int32_t>(loads.size() + 1), qty, grams + 1});
    units += qty;
  }
  std::int64_t found = 0;
  for (const Parcel& parcel : packed(loads)) {
    std::int64_t in_it = 0;
    for (const Load& item : parcel.items) in_it += item.qty;
    found += in_it;
    RC_ASSERT(in_it > 0);
    RC_ASSERT(parcel.weight_g <= parcel_g_max || in_it == 1);
  }
  RC_ASSERT(found == units);
}

}  // namespace
}  // namespace emporion::fulfillment
