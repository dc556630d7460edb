#pragma once

#include <cstdint>
#include <span>

#include "kernel/base/result.hpp"

namespace emporion::order {

/// The money of one line, in minor units of the order's one currency. Prices are tax-exclusive (ruling D15).
struct LineMoney {
  std::int64_t unit_price = 0;
  std::int64_t qty = 0;
  std::int64_t discount = 0;
  std::int64_t tax = 0;
  std::int64_t total = 0;  ///< unit_price × qty − discount + tax
};

/// The money of the header. `tax` is the lines' tax and that on shipping and fees.
struct Totals {
  std::int64_t subtotal = 0;
  std::int64_t discount = 0;
  std::int64_t shipping = 0;
  std::int64_t shipping_discount = 0;
  std::int64_t tax = 0;
  std::int64_t shipping_tax = 0;  ///< The part of `tax` that no line carries.
  std::int64_t payment_fee = 0;
  std::int64_t points_value = 0;
  std::int64_t grand_total = 0;
};

/// Invariant 1: the header re-derives exactly from the lines; every term and the total are ≥ 0. Errors: TOTAL_MISMATCH {field, expected, given}.
Result<> check_totals(const Totals& totals, std::span<const LineMoney> lines);

/// What is due in money is what credit does not pay of the total. Errors: TOTAL_MISMATCH {field, expected, given}.
Result<> check_due(std::int64_t grand_total, std::int64_t credit_value, std::int64_t amount_due);

/// What a refund of `qty` units of a line is worth, when `already` units were cancelled before: shares of the line's total that add up to it exactly.
/// 0 ≤ already, 0 < qty, already + qty ≤ line.qty.
std::int64_t value_of_units(const LineMoney& line, std::int64_t already, std::int64_t qty);

}  // namespace emporion::order
