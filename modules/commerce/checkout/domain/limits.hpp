#pragma once

#include <cstdint>

#include "kernel/base/result.hpp"
#include "kernel/money/money.hpp"

namespace emporion::checkout {

/// How large a cart may be. Source: spec ruling 3.
struct CartLimits {
  std::int32_t lines_max = 50;
  std::int32_t units_max = 50;  ///< Per SKU.
  static CartLimits retail() { return {50, 50}; }
  static CartLimits wholesale() { return {2'000, 100'000}; }
};

/// How large an order may be, in one currency. Both test the grand total (invariant 10).
struct AmountLimits {
  Money order_min;
  Money order_max;
  Money cod_max;
  Money cod_fee;
};

/// Errors: ORDER_AMOUNT_OUT_OF_RANGE (422) with min and max.
Result<> check_order_amount(const AmountLimits& limits, const Money& grand_total);
/// Errors: PAYMENT_METHOD_NOT_ELIGIBLE (422) with why AMOUNT_TOO_HIGH.
Result<> check_cod_amount(const AmountLimits& limits, const Money& grand_total);

}  // namespace emporion::checkout
