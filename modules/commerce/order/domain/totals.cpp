#include "modules/commerce/order/domain/totals.hpp"

#include <string_view>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/money/money.hpp"

namespace emporion::order {
namespace {

Error mismatch(std::string_view field, std::int64_t expected, std::int64_t given) {
  return Error(ErrorKind::rule_violated, "TOTAL_MISMATCH", text(field, " is ", given, ", its parts give ", expected))
      .with("field", field)
      .with("expected", expected)
      .with("given", given);
}

Result<> same(std::string_view field, std::int64_t expected, std::int64_t given) {
  if (expected != given || given < 0) return fail(mismatch(field, expected, given));
  return {};
}

// The terms are bounded by Money's limit, so the sums below cannot overflow 64 bits for any order size in use.
Result<> bounded(std::string_view field, std::int64_t given) {
  if (given < 0 || given > Money::amount_max) return fail(mismatch(field, 0, given));
  return {};
}

}  // namespace

Result<> check_totals(const Totals& totals, std::span<const LineMoney> lines) {
  std::int64_t subtotal = 0;
  std::int64_t discount = 0;
  std::int64_t tax = totals.shipping_tax;
  EMP_TRY(bounded("shipping_tax", totals.shipping_tax));
  for (const LineMoney& line : lines) {
    EMP_TRY(bounded("unit_price", line.unit_price));
    EMP_TRY(bounded("discount", line.discount));
    EMP_TRY(bounded("tax", line.tax));
    std::int64_t gross = 0;
    if (line.qty <= 0 || __builtin_mul_overflow(line.unit_price, line.qty, &gross)) return fail(mismatch("qty", 0, line.qty));
    EMP_TRY(bounded("unit_price", gross));
    EMP_TRY(same("line_total", gross - line.discount + line.tax, line.total));
    subtotal += gross;
    discount += line.discount;
    tax += line.tax;
    EMP_TRY(bounded("subtotal", subtotal));
    EMP_TRY(bounded("discount", discount));
    EMP_TRY(bounded("tax", tax));
  }
  EMP_TRY(same("subtotal", subtotal, totals.subtotal));
  EMP_TRY(same("discount", discount, totals.discount));
  EMP_TRY(same("tax", tax, totals.tax));
  EMP_TRY(bounded("shipping", totals.shipping));
  EMP_TRY(bounded("shipping_discount", totals.shipping_discount));
  EMP_TRY(bounded("payment_fee", totals.payment_fee));
  EMP_TRY(bounded("points_value", totals.points_value));
  return same("grand_total", subtotal - discount + totals.shipping - totals.shipping_discount + tax + totals.payment_fee - totals.points_value,
              totals.grand_total);
}

Result<> check_due(std::int64_t grand_total, std::int64_t credit_value, std::int64_t amount_due) {
  EMP_TRY(bounded("credit_value", credit_value));
  if (credit_value > grand_total) return fail(mismatch("credit_value", grand_total, credit_value));
  return same("amount_due", grand_total - credit_value, amount_due);
}

std::int64_t value_of_units(const LineMoney& line, std::int64_t already, std::int64_t qty) {
  EMP_ASSERT(already >= 0 && qty > 0 && already + qty <= line.qty);
  // The share of the first n units is floor(total × n / qty), so consecutive shares telescope to the total.
  const auto first = [&](std::int64_t n) { return static_cast<std::int64_t>(static_cast<__int128>(line.total) * n / line.qty); };
  return first(already + qty) - first(already);
}

}  // namespace emporion::order
