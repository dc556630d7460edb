#include "modules/logistics/shipping/domain/tracking.hpp"

#include <algorithm>
#include <array>

namespace emporion::shipping {
namespace {

constexpr std::array<std::string_view, 14> names{"draft",           "booking",   "booking_failed", "booked",   "picked_up", "in_transit", "out_for_delivery",
                                                 "delivery_failed", "delivered", "returning",      "returned", "lost",      "damaged",    "cancelled"};
constexpr std::int64_t volumetric_divisor = 5'000;

constexpr std::uint32_t bit(Status status) { return 1u << static_cast<unsigned>(status); }

constexpr std::uint32_t on_the_way = bit(Status::in_transit) | bit(Status::out_for_delivery) | bit(Status::delivered) | bit(Status::delivery_failed) |
                                     bit(Status::returning) | bit(Status::lost) | bit(Status::damaged);

// One row per status: where it may go. Source: logistics.md §3.3.
constexpr std::array<std::uint32_t, 14> moves{
    bit(Status::booking) | bit(Status::cancelled),                               // draft
    bit(Status::booked) | bit(Status::booking_failed) | bit(Status::cancelled),  // booking
    bit(Status::booking) | bit(Status::cancelled),                               // booking_failed
    bit(Status::picked_up) | bit(Status::cancelled) | on_the_way,                // booked
    on_the_way,                                                                  // picked_up
    on_the_way,                                                                  // in_transit
    on_the_way,                                                                  // out_for_delivery
    on_the_way,                                                                  // delivery_failed
    0,                                                                           // delivered
    bit(Status::returned) | bit(Status::lost) | bit(Status::damaged),            // returning
    0,                                                                           // returned
    bit(Status::delivered) | bit(Status::returned),                              // lost
    0,                                                                           // damaged
    0,                                                                           // cancelled
};

}  // namespace

std::string_view to_string(Status status) noexcept { return names[static_cast<std::size_t>(status)]; }

std::optional<Status> status_from(std::string_view text) noexcept {
  const auto* const found = std::find(names.begin(), names.end(), text);
  return found == names.end() ? std::nullopt : std::optional(static_cast<Status>(found - names.begin()));
}

bool may_move(Status from, Status to) noexcept { return (moves[static_cast<std::size_t>(from)] & bit(to)) != 0; }

bool is_before_pickup(Status status) noexcept { return status <= Status::booked; }

bool is_over(Status status) noexcept {
  return (bit(status) & (bit(Status::delivered) | bit(Status::returned) | bit(Status::lost) | bit(Status::damaged) | bit(Status::cancelled))) != 0;
}

bool apply(Progress& progress, const Report& report) noexcept {
  if (report.at <= progress.status_at || !may_move(progress.status, report.status)) return false;
  progress.status = report.status;
  progress.status_at = report.at;
  if (report.status == Status::delivery_failed) ++progress.attempts;
  if (report.status != Status::cancelled && !progress.dispatched_at) progress.dispatched_at = report.at;
  if (report.status == Status::delivered && !progress.delivered_at) progress.delivered_at = report.at;
  return true;
}

std::int64_t billed_weight_g(std::int64_t weight_g, std::int64_t volume_mm3) noexcept {
  return std::max(weight_g, (volume_mm3 + volumetric_divisor - 1) / volumetric_divisor);
}

}  // namespace emporion::shipping
