#include "modules/product/promotion/domain/running.hpp"

#include <algorithm>

#include "kernel/base/assert.hpp"
#include "modules/product/promotion/domain/share_out.hpp"

namespace emporion::promotion {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::not_stackable: return "NOT_STACKABLE";
    case Reason::min_order: return "MIN_ORDER";
    case Reason::segment: return "SEGMENT";
    case Reason::login: return "LOGIN";
    case Reason::limit: return "LIMIT";
    case Reason::expired: return "EXPIRED";
    case Reason::currency: return "CURRENCY";
    case Reason::no_eligible_lines: return "NO_ELIGIBLE_LINES";
    case Reason::condition: return "CONDITION";
    case Reason::outbid: return "OUTBID";
    case Reason::coupon_unknown: return "COUPON_UNKNOWN";
  }
  return "";
}

Running::Running(const Cart& cart) {
  lines_.reserve(cart.lines.size());
  for (const auto& line : cart.lines) lines_.push_back({.amount = line.amount(), .free_units = line.qty, .free_amount = line.amount()});
}

std::int64_t Running::amount_of(std::span<const std::size_t> lines) const {
  std::int64_t sum = 0;
  for (const std::size_t index : lines) sum += lines_[index].amount;
  return sum;
}

void Running::apply(const Cut& cut) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    RunningLine& line = lines_[i];
    const std::int64_t discount = cut.by_line[i];
    EMP_ASSERT(discount >= 0 && discount <= line.amount);
    if (!cut.grouped_units.empty()) {
      line.free_units -= cut.grouped_units[i];
      line.free_amount -= cut.grouped_amounts[i];
    } else if (line.amount > 0) {
      // The units that are still free bear their share of the discount.
      line.free_amount -= static_cast<std::int64_t>(static_cast<Wide>(discount) * line.free_amount / line.amount);
    }
    line.amount -= discount;
    line.free_amount = std::clamp<std::int64_t>(line.free_amount, 0, line.amount);
  }
}

}  // namespace emporion::promotion
