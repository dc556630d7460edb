#include "modules/logistics/shipping/domain/tracking.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace emporion::shipping {
namespace {

UtcTime at(int minute) { return UtcTime::from_micros(std::int64_t{minute} * 60'000'000); }

TEST(Tracking, a_parcel_goes_its_way) {
  Progress parcel{.status = Status::booked, .status_at = at(0)};
  EXPECT_TRUE(apply(parcel, {Status::picked_up, at(1)}));
  EXPECT_EQ(parcel.dispatched_at, at(1));
  EXPECT_TRUE(apply(parcel, {Status::in_transit, at(2)}));
  EXPECT_TRUE(apply(parcel, {Status::in_transit, at(3)}));
  EXPECT_TRUE(apply(parcel, {Status::delivered, at(9)}));
  EXPECT_EQ(parcel.delivered_at, at(9));
  EXPECT_EQ(parcel.dispatched_at, at(1));
}

TEST(Tracking, what_is_older_or_illegal_moves_nothing) {
  Progress parcel{.status = Status::booked, .status_at = at(0)};
  ASSERT_TRUE(apply(parcel, {Status::delivered, at(5)}));
  EXPECT_FALSE(apply(parcel, {Status::in_transit, at(4)}));
  EXPECT_FALSE(apply(parcel, {Status::in_transit, at(6)}));
  EXPECT_FALSE(apply(parcel, {Status::delivered, at(7)}));
  EXPECT_EQ(parcel.status, Status::delivered);
  EXPECT_EQ(parcel.delivered_at, at(5));
}

TEST(Tracking, two_real_failures_count_twice) {
  Progress parcel{.status = Status::out_for_delivery, .status_at = at(0)};
  EXPECT_TRUE(apply(parcel, {Status::delivery_failed, at(1)}));
  EXPECT_TRUE(apply(parcel, {Status::delivery_failed, at(2)}));
  EXPECT_FALSE(apply(parcel, {Status::delivery_failed, at(2)}));
  EXPECT_EQ(parcel.attempts, 2);
}

TEST(Tracking, only_found_parcels_leave_lost) {
  EXPECT_TRUE(may_move(Status::lost, Status::delivered));
  EXPECT_TRUE(may_move(Status::lost, Status::returned));
  EXPECT_FALSE(may_move(Status::lost, Status::in_transit));
  EXPECT_FALSE(may_move(Status::returning, Status::delivered));
  EXPECT_FALSE(may_move(Status::picked_up, Status::cancelled));
}

TEST(Tracking, volume_is_billed_where_it_outweighs) {
  EXPECT_EQ(billed_weight_g(100, std::int64_t{150} * 150 * 150), 675);  // Source: logistics.md S-I6.
  EXPECT_EQ(billed_weight_g(700, std::int64_t{150} * 150 * 150), 700);
  EXPECT_EQ(billed_weight_g(0, 1), 1);
}

RC_GTEST_PROP(Tracking, time_never_runs_backwards_and_delivery_stands, (std::vector<std::pair<std::uint8_t, std::uint8_t>> reports)) {
  Progress parcel{.status = Status::booked, .status_at = at(0)};
  for (const auto& [status, minute] : reports) {
    const Progress before = parcel;
    const bool moved = apply(parcel, {static_cast<Status>(status % 14), at(minute)});
    const bool stood_still = parcel.status == before.status && parcel.status_at == before.status_at;
    const bool stands = parcel.status == Status::delivered && parcel.delivered_at == before.delivered_at;
    RC_ASSERT((moved && parcel.status_at > before.status_at) || (!moved && stood_still));
    RC_ASSERT(before.status != Status::delivered || stands);
  }
}

}  // namespace
}  // namespace emporion::shipping
