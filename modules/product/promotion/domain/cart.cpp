#include "modules/product/promotion/domain/cart.hpp"

#include <set>
#include <string_view>

namespace emporion::promotion {

std::int64_t Cart::subtotal() const {
  std::int64_t sum = 0;
  for (const auto& line : lines) sum += line.amount();
  return sum;
}

std::int64_t Cart::units() const {
  std::int64_t sum = 0;
  for (const auto& line : lines) sum += line.qty;
  return sum;
}

Result<> check(const Cart& cart, std::int64_t lines_max) {
  if (static_cast<std::int64_t>(cart.lines.size()) > lines_max) return fail(Error(ErrorKind::rule_violated, "LINES_LIMIT").with("max", lines_max));
  std::set<std::string_view> ids;
  std::int64_t left = Money::amount_max;
  for (const auto& line : cart.lines) {
    if (line.qty < 1) return fail(Error(ErrorKind::invalid_argument, "QTY_INVALID").with("line_id", line.id));
    if (!ids.insert(line.id).second) return fail(Error(ErrorKind::invalid_argument, "DUPLICATE_LINE").with("line_id", line.id));
    if (line.unit_amount < 0 || line.list_amount < 0) return fail(Error(ErrorKind::rule_violated, "NEGATIVE_AMOUNT").with("line_id", line.id));
    const std::int64_t dearest = line.list_amount > line.unit_amount ? line.list_amount : line.unit_amount;
    if (dearest > Money::amount_max || (dearest > 0 && line.qty > left / dearest))
      return fail(Error(ErrorKind::rule_violated, "AMOUNT_OVERFLOW").with("line_id", line.id));
    left -= dearest * line.qty;
  }
  if (cart.shipping && *cart.shipping < 0) return fail(ErrorKind::rule_violated, "NEGATIVE_AMOUNT", "shipping");
  return {};
}

}  // namespace emporion::promotion
