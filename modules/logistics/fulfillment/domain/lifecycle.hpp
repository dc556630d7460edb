#pragma once

#include <cstdint>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::fulfillment {

/// In the order of the contract's FulfillmentStatus, less one.
enum class Status : std::uint8_t {
  pending,
  planning,
  picking,
  pick_failed,
  picked,
  packing,
  packed,
  ready,
  shipped,
  completed,
  cancelled,
  on_hold,
  compensation_pending,
  compensated
};
std::string_view to_string(Status status) noexcept;

/// The table of logistics.md §2.3. There is no other way from one status to another (F-I6).
bool may_move(Status from, Status to) noexcept;
/// Errors: ILLEGAL_TRANSITION with status.
Result<> check_move(Status from, Status to);
/// Goods are still in the warehouse: it can be cancelled.
bool is_in_house(Status status) noexcept;

}  // namespace emporion::fulfillment
