#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"
#include "modules/commerce/order/domain/line_counters.hpp"
#include "modules/commerce/order/domain/return_state.hpp"
#include "modules/commerce/order/domain/totals.hpp"
#include "modules/commerce/order/domain/transitions.hpp"

namespace emporion::order {

/// Units of a line that one warehouse sends.
struct AllocatedUnits {
  Uuid warehouse_id;
  std::int32_t qty = 0;
  Uuid reservation_id;
  friend bool operator==(const AllocatedUnits&, const AllocatedUnits&) = default;
};

/// A line, as far as rules look at it.
struct LineState {
  std::int32_t line_no = 0;
  std::string sku;
  LineCounters counters;
  LineMoney money;
  std::vector<AllocatedUnits> allocations;  ///< Of the live units.
};

/// An order under its row lock, as far as rules look at it.
struct OrderState {
  Uuid id = {};
  Uuid saga_id = {};
  Uuid session_id = {};
  Status status = Status::pending_payment;
  PaymentStatus payment = PaymentStatus::none;
  std::optional<Uuid> customer_id = std::nullopt;
  Money grand_total = {};
  Money amount_due = {};      ///< Of the total: what credit does not pay.
  bool is_confirmed = false;  ///< Was ever confirmed.
  std::optional<std::string> review_decision = std::nullopt;
  bool return_or_dispute_open = false;
  ReturnState return_state = ReturnState::none;
  std::int64_t version = 0;
  std::int32_t edit_seq = 0;
  Uuid reservation_id = {};
  std::optional<std::int64_t> reservation_version = std::nullopt;  ///< The allocations are the reservation's at this version; without: as it was bound.
  std::vector<LineState> lines = {};

  /// Whether the allocations have what was told of the reservation at `version`.
  bool knows(const Uuid& reservation, std::int64_t told) const noexcept {
    return reservation_version && reservation_id == reservation && told <= *reservation_version;
  }

  /// The facts that the order's own rows tell.
  Facts facts() const;
  LineState* find_line(std::int32_t line_no);
};

/// Units of a line, by the line's number.
struct UnitsOfLine {
  std::int32_t line_no = 0;
  Uuid warehouse_id;
  std::int32_t qty = 0;
};

/// The order's allocations become `units`, held by `reservation`; or nothing changes. Errors: ALLOCATION_MISMATCH {line_no} if they do not add up to what is
/// left of each line.
Result<> allocate_anew(OrderState& order, const Uuid& reservation, const std::vector<UnitsOfLine>& units);
/// Takes `units` off the line's allocations, from the last one back, and answers where they were.
std::vector<AllocatedUnits> take_allocated(LineState& line, std::int32_t units);
/// Moves `units` of the line to another warehouse; false if that many are not there.
bool move_allocated(LineState& line, const Uuid& from, const Uuid& to, const Uuid& reservation, std::int32_t units);

}  // namespace emporion::order
