#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "kernel/money/money.hpp"
#include "modules/commerce/order/domain/invoice_terms.hpp"

namespace emporion::order {

/// An order of one to four sellers whose header derives from its lines, in a currency of 0, 2 or 3 decimals.
struct RandomOrder {
  std::string currency;
  Totals totals;
  std::vector<std::vector<StatedLine>> by_seller;
};

inline StatedLine random_line(std::int32_t line_no, std::int64_t price_max) {
  static const std::vector<std::string> rates{"0", "0.05", "0.08", "0.1", "0.0825", "0.2"};
  StatedLine line{.line_no = line_no, .unit_price = *rc::gen::inRange<std::int64_t>(0, price_max), .qty = *rc::gen::inRange<std::int64_t>(1, 12)};
  line.discount = *rc::gen::inRange<std::int64_t>(0, line.unit_price * line.qty + 1);
  const std::string rate = *rc::gen::elementOf(rates);
  if (rate != "0") {
    const Money net(line.net(), Currency::of("USD"));
    line.tax = net.times(*Rate::parse(rate), Rounding::half_even)->amount();
    line.taxes.push_back(StatedTax{"VAT", rate, line.tax});
  }
  line.total = line.net() + line.tax;
  return line;
}

inline rc::Gen<RandomOrder> random_order() {
  return rc::gen::exec([] {
    RandomOrder out;
    out.currency = *rc::gen::elementOf(std::vector<std::string>{"VND", "USD", "KWD"});
    const int exponent = Currency::of(out.currency).exponent();
    const std::int64_t price_max = exponent == 0 ? 5'000'000 : exponent == 2 ? 50'000 : 20'000;
    const int sellers = *rc::gen::inRange(1, 5);
    std::int32_t line_no = 0;
    std::int64_t to_pay = 0;
    for (int s = 0; s < sellers; ++s) {
      out.by_seller.emplace_back();
      const int lines = *rc::gen::inRange(1, 5);
      for (int i = 0; i < lines; ++i) {
        const StatedLine line = random_line(++line_no, price_max);
        out.totals.subtotal += line.unit_price * line.qty;
        out.totals.discount += line.discount;
        out.totals.tax += line.tax;
        to_pay += line.total;
        out.by_seller.back().push_back(line);
      }
    }
    Totals& t = out.totals;
    t.shipping = *rc::gen::inRange<std::int64_t>(0, price_max / 10);
    t.shipping_discount = *rc::gen::inRange<std::int64_t>(0, t.shipping + 1);
    t.shipping_tax = *rc::gen::inRange<std::int64_t>(0, price_max / 100);
    t.tax += t.shipping_tax;
    t.payment_fee = *rc::gen::inRange<std::int64_t>(0, price_max / 100);
    to_pay += t.shipping - t.shipping_discount + t.shipping_tax + t.payment_fee;
    t.points_value = *rc::gen::oneOf(rc::gen::just(std::int64_t{0}), rc::gen::just(to_pay), rc::gen::inRange<std::int64_t>(0, to_pay + 1));
    t.grand_total = to_pay - t.points_value;
    return out;
  });
}

}  // namespace emporion::order
