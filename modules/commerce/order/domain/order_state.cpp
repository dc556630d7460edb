#include "modules/commerce/order/domain/order_state.hpp"

#include <algorithm>

namespace emporion::order {

Facts OrderState::facts() const {
  Facts facts;
  facts.nothing_is_due = amount_due.is_zero();
  facts.payment = payment;
  facts.review_approved = review_decision == "approve";
  facts.review_ended = review_decision == "reject";
  facts.return_or_dispute_open = return_or_dispute_open;
  for (const LineState& line : lines) {
    facts.units_live += line.counters.live();
    facts.units_dispatched += line.counters.shipped;
    facts.units_delivered += line.counters.delivered;
    facts.units_undelivered += line.counters.undelivered;
    facts.units_returned += line.counters.returned;
  }
  return facts;
}

LineState* OrderState::find_line(std::int32_t line_no) {
  const auto found = std::ranges::find(lines, line_no, &LineState::line_no);
  return found == lines.end() ? nullptr : &*found;
}

std::vector<AllocatedUnits> take_allocated(LineState& line, std::int32_t units) {
  std::vector<AllocatedUnits> taken;
  while (units > 0 && !line.allocations.empty()) {
    AllocatedUnits& last = line.allocations.back();
    const std::int32_t part = std::min(units, last.qty);
    taken.push_back({last.warehouse_id, part, last.reservation_id});
    last.qty -= part;
    units -= part;
    if (last.qty == 0) line.allocations.pop_back();
  }
  return taken;
}

bool move_allocated(LineState& line, const Uuid& from, const Uuid& to, const Uuid& reservation, std::int32_t units) {
  const auto source =
      std::ranges::find_if(line.allocations, [&](const AllocatedUnits& row) { return row.warehouse_id == from && row.reservation_id == reservation; });
  if (units <= 0 || source == line.allocations.end() || source->qty < units) return false;
  source->qty -= units;
  if (source->qty == 0) line.allocations.erase(source);
  const auto target =
      std::ranges::find_if(line.allocations, [&](const AllocatedUnits& row) { return row.warehouse_id == to && row.reservation_id == reservation; });
  if (target == line.allocations.end()) {
    line.allocations.push_back({to, units, reservation});
  } else {
    target->qty += units;
  }
  return true;
}

}  // namespace emporion::order
