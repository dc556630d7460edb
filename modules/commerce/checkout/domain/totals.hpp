#pragma once

#include "kernel/money/money.hpp"

namespace emporion::checkout {

/// The terms of an order's price, all ≥ 0 and in one currency. `tax` includes the tax of shipping.
struct Totals {
  Money subtotal;
  Money discount;
  Money shipping;
  Money shipping_discount;
  Money tax;
  Money payment_fee;
  Money points_value;

  /// Invariant 5: subtotal − discount + shipping − shipping_discount + tax + payment_fee − points_value.
  Money grand_total() const { return subtotal - discount + shipping - shipping_discount + tax + payment_fee - points_value; }
  bool is_sound() const {
    for (const Money* term : {&subtotal, &discount, &shipping, &shipping_discount, &tax, &payment_fee, &points_value}) {
      if (term->is_negative()) return false;
    }
    return !grand_total().is_negative();
  }
};

}  // namespace emporion::checkout
