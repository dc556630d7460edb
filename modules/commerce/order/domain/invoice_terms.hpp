#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "modules/commerce/order/domain/totals.hpp"

namespace emporion::order {

/// One tax on one line of a document.
struct StatedTax {
  std::string name;
  std::string rate;  ///< Exact decimal.
  std::int64_t amount = 0;
  friend bool operator==(const StatedTax&, const StatedTax&) = default;
};

/// The money of one line of a document, in minor units: total = unit_price × qty − discount + tax, and the taxes
/// add up to tax: none means that it is 0.
struct StatedLine {
  std::int32_t line_no = 0;
  std::int64_t unit_price = 0;
  std::int64_t qty = 0;
  std::int64_t discount = 0;
  std::int64_t tax = 0;
  std::int64_t total = 0;
  std::vector<StatedTax> taxes = {};
  std::int64_t net() const { return unit_price * qty - discount; }
};

/// What was taxed at one rate. Goods without a tax are a row of their own, and so are shipping and the payment's fee, whose rate the order does not say.
struct TaxTotal {
  std::string of;  ///< goods, shipping, fee.
  std::string name;
  std::string rate;
  std::int64_t base = 0;
  std::int64_t tax = 0;
  bool same_rate(const TaxTotal& other) const { return of == other.of && name == other.name && rate == other.rate; }
  friend bool operator==(const TaxTotal&, const TaxTotal&) = default;
};

/// What a document adds up to. grand_total = subtotal − discount + shipping − shipping_discount + tax + payment_fee − points_value + adjustment.
struct InvoiceTerms {
  std::int64_t subtotal = 0;
  std::int64_t discount = 0;
  std::int64_t shipping = 0;
  std::int64_t shipping_discount = 0;
  std::int64_t shipping_tax = 0;  ///< Part of tax.
  std::int64_t tax = 0;
  std::int64_t payment_fee = 0;
  std::int64_t points_value = 0;
  std::int64_t adjustment = 0;  ///< 0 on an invoice; on a credit note what no other term says.
  std::int64_t grand_total = 0;

  std::int64_t without_adjustment() const { return subtotal - discount + shipping - shipping_discount + tax + payment_fee - points_value; }
  InvoiceTerms& operator+=(const InvoiceTerms& other);
  InvoiceTerms& operator-=(const InvoiceTerms& other);
  friend bool operator==(const InvoiceTerms&, const InvoiceTerms&) = default;
};

/// Splits an order over its sellers, `parts` being the lines of each (none empty). Each seller states its own lines; shipping, its discount and tax, and the
/// fee are split in proportion to the value of the lines by largest remainder, points in proportion to what each would come to without them. All parts of each
/// term add up to the order's. Source: ADR 0021.
std::vector<InvoiceTerms> split_order(const Totals& order, std::span<const std::vector<StatedLine>> parts);

/// One row per tax and rate, in order of first appearance; then shipping and the fee. The rows' taxes add up to terms.tax.
std::vector<TaxTotal> tax_totals(std::span<const StatedLine> lines, const InvoiceTerms& terms);

}  // namespace emporion::order
