#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/base/time.hpp"

namespace emporion::shipping {

/// In the order of the contract's ShipmentStatus, less one.
enum class Status : std::uint8_t {
  draft,
  booking,
  booking_failed,
  booked,
  picked_up,
  in_transit,
  out_for_delivery,
  delivery_failed,
  delivered,
  returning,
  returned,
  lost,
  damaged,
  cancelled
};
std::string_view to_string(Status status) noexcept;
std::optional<Status> status_from(std::string_view text) noexcept;

/// The table of logistics.md §3.3: which moves are legal. Skips forward are.
bool may_move(Status from, Status to) noexcept;
/// It lies at our door: nothing was handed over yet.
bool is_before_pickup(Status status) noexcept;
/// Nothing more is expected of the carrier. Staff may correct it, and a lost parcel may be found.
bool is_over(Status status) noexcept;

/// What a carrier reported.
struct Report {
  Status status;
  UtcTime at;  ///< The carrier's time.
};

/// The part of a shipment that reports move.
struct Progress {
  Status status = Status::booked;
  UtcTime status_at;
  std::int32_t attempts = 0;             ///< Failed deliveries.
  std::optional<UtcTime> dispatched_at;  ///< The carrier's first scan.
  std::optional<UtcTime> delivered_at;   ///< Set once (S-I4).
};

/// Moves `progress` if the report is newer and the move is legal; answers whether it was. Anything else only shows on the timeline (S-I3).
bool apply(Progress& progress, const Report& report) noexcept;

/// The larger of weight and volume ÷ 5,000 mm³, rounded up, as carriers bill (S-I6).
std::int64_t billed_weight_g(std::int64_t weight_g, std::int64_t volume_mm3) noexcept;

}  // namespace emporion::shipping
