#include "modules/commerce/order/domain/invoice_terms.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "kernel/base/assert.hpp"
#include "kernel/money/money.hpp"

namespace emporion::order {
namespace {

constexpr std::int64_t InvoiceTerms::* all_terms[] = {
    &InvoiceTerms::subtotal, &InvoiceTerms::discount,    &InvoiceTerms::shipping,     &InvoiceTerms::shipping_discount, &InvoiceTerms::shipping_tax,
    &InvoiceTerms::tax,      &InvoiceTerms::payment_fee, &InvoiceTerms::points_value, &InvoiceTerms::adjustment,        &InvoiceTerms::grand_total};

std::int64_t sum_of(const std::vector<std::int64_t>& values) { return std::accumulate(values.begin(), values.end(), std::int64_t{0}); }

TaxTotal& row_of(std::vector<TaxTotal>& rows, TaxTotal key) {
  const auto found = std::ranges::find_if(rows, [&](const TaxTotal& row) { return row.same_rate(key); });
  if (found != rows.end()) return *found;
  rows.push_back(std::move(key));
  return rows.back();
}

}  // namespace

InvoiceTerms& InvoiceTerms::operator+=(const InvoiceTerms& other) {
  for (const auto term : all_terms) this->*term += other.*term;
  return *this;
}

InvoiceTerms& InvoiceTerms::operator-=(const InvoiceTerms& other) {
  for (const auto term : all_terms) this->*term -= other.*term;
  return *this;
}

std::vector<InvoiceTerms> split_order(const Totals& order, std::span<const std::vector<StatedLine>> parts) {
  EMP_ASSERT(!parts.empty());
  std::vector<InvoiceTerms> out(parts.size());
  std::vector<std::int64_t> goods(parts.size()), units(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const StatedLine& line : parts[i]) {
      out[i].subtotal += line.unit_price * line.qty;
      out[i].discount += line.discount;
      out[i].tax += line.tax;
      goods[i] += line.total;
      units[i] += line.qty;
    }
  }
  const std::vector<std::int64_t>& weights = sum_of(goods) > 0 ? goods : units;
  const auto split = [&](std::int64_t total, std::int64_t InvoiceTerms::* term, const std::vector<std::int64_t>& by) {
    const std::vector<std::int64_t> shares = allocate(total, by);
    for (std::size_t i = 0; i < out.size(); ++i) out[i].*term = shares[i];
  };
  split(order.shipping, &InvoiceTerms::shipping, weights);
  // By the shares of shipping themselves, so that none is let off more than it pays.
  std::vector<std::int64_t> shipping;
  for (const InvoiceTerms& terms : out) shipping.push_back(terms.shipping);
  split(order.shipping_discount, &InvoiceTerms::shipping_discount, order.shipping > 0 ? shipping : weights);
  split(order.shipping_tax, &InvoiceTerms::shipping_tax, weights);
  split(order.payment_fee, &InvoiceTerms::payment_fee, weights);
  std::vector<std::int64_t> to_pay;
  for (InvoiceTerms& terms : out) {
    terms.tax += terms.shipping_tax;
    to_pay.push_back(std::max<std::int64_t>(0, terms.without_adjustment()));
  }
  split(order.points_value, &InvoiceTerms::points_value, sum_of(to_pay) > 0 ? to_pay : weights);
  for (InvoiceTerms& terms : out) terms.grand_total = terms.without_adjustment();
  return out;
}

std::vector<TaxTotal> tax_totals(std::span<const StatedLine> lines, const InvoiceTerms& terms) {
  std::vector<TaxTotal> rows;
  for (const StatedLine& line : lines) {
    if (line.taxes.empty()) {
      TaxTotal& row = row_of(rows, TaxTotal{.of = "goods", .name = "", .rate = "0"});
      row.base += line.net();
      row.tax += line.tax;
    }
    for (const StatedTax& part : line.taxes) {
      TaxTotal& row = row_of(rows, TaxTotal{.of = "goods", .name = part.name, .rate = part.rate});
      row.base += line.net();
      row.tax += part.amount;
    }
  }
  if (terms.shipping != 0 || terms.shipping_tax != 0) {
    rows.push_back(TaxTotal{.of = "shipping", .name = "", .rate = "", .base = terms.shipping - terms.shipping_discount, .tax = terms.shipping_tax});
  }
  if (terms.payment_fee != 0) rows.push_back(TaxTotal{.of = "fee", .name = "", .rate = "", .base = terms.payment_fee, .tax = 0});
  return rows;
}

}  // namespace emporion::order
