#include "modules/commerce/order/domain/order_state.hpp"

#include <algorithm>
#include <utility>

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

Result<> allocate_anew(OrderState& order, const Uuid& reservation, const std::vector<UnitsOfLine>& units) {
  const auto refusal = [](std::int32_t line_no) {
    return fail(Error(ErrorKind::rule_violated, "ALLOCATION_MISMATCH", "the units do not add up to what is left of the line").with("line_no", line_no));
  };
  for (const UnitsOfLine& row : units) {
    if (order.find_line(row.line_no) == nullptr || row.qty <= 0) return refusal(row.line_no);
  }
  std::vector<LineState> lines = order.lines;
  for (LineState& line : lines) {
    line.allocations.clear();
    std::int64_t sum = 0;
    for (const UnitsOfLine& row : units) {
      if (row.line_no != line.line_no) continue;
      line.allocations.push_back({row.warehouse_id, row.qty, reservation});
      sum += row.qty;
    }
    if (sum != line.counters.live()) return refusal(line.line_no);
  }
  order.lines = std::move(lines);
  return {};
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
