#include "modules/commerce/order/domain/credit.hpp"

#include <algorithm>

#include "kernel/base/assert.hpp"
#include "kernel/money/money.hpp"

namespace emporion::order {
namespace {

/// What units from + 1 to `to` of `qty` carry of `total`: consecutive shares telescope to the total.
std::int64_t share_of(std::int64_t total, std::int64_t from, std::int64_t to, std::int64_t qty) {
  const auto first = [&](std::int64_t n) { return static_cast<std::int64_t>(static_cast<__int128>(total) * n / qty); };
  return first(to) - first(from);
}

void keep_within(std::vector<TaxTotal>& rows, const std::vector<TaxTotal>& limits) {
  for (TaxTotal& row : rows) {
    const auto limit = std::ranges::find_if(limits, [&](const TaxTotal& other) { return other.same_rate(row); });
    EMP_ASSERT(limit != limits.end());  // A note names only what its invoice names.
    row.tax = std::min(row.tax, limit->tax);
    row.base = std::min(row.base, limit->base);
  }
}

}  // namespace

void CreditedInvoice::take(const Credit& note) {
  taken_ += note.terms;
  for (const StatedLine& line : note.lines) taken_units_[line.line_no] += line.qty;
  for (const TaxTotal& row : note.taxes) {
    const auto found = std::ranges::find_if(taken_taxes_, [&](const TaxTotal& other) { return other.same_rate(row); });
    if (found == taken_taxes_.end()) {
      taken_taxes_.push_back(row);
    } else {
      found->base += row.base;
      found->tax += row.tax;
    }
  }
}

std::int64_t CreditedInvoice::units_of(std::int32_t line_no) const {
  const auto found = taken_units_.find(line_no);
  return found == taken_units_.end() ? 0 : found->second;
}

std::vector<TaxTotal> CreditedInvoice::taxes_left() const {
  std::vector<TaxTotal> left = invoice_.taxes;
  for (TaxTotal& row : left) {
    for (const TaxTotal& taken : taken_taxes_) {
      if (!taken.same_rate(row)) continue;
      row.base -= taken.base;
      row.tax -= taken.tax;
    }
  }
  return left;
}

StatedLine CreditedInvoice::share(const StatedLine& line, std::int64_t from, std::int64_t to) const {
  StatedLine out{.line_no = line.line_no, .unit_price = line.unit_price, .qty = to - from};
  out.discount = share_of(line.discount, from, to, line.qty);
  for (const StatedTax& part : line.taxes) {
    out.taxes.push_back(StatedTax{part.name, part.rate, share_of(part.amount, from, to, line.qty)});
    out.tax += out.taxes.back().amount;
  }
  out.total = out.net() + out.tax;
  return out;
}

std::optional<Credit> CreditedInvoice::credit_units(const std::map<std::int32_t, std::int64_t>& cancelled) const {
  Credit out;
  std::int64_t worth = 0;
  bool all_units = true;
  for (const StatedLine& line : invoice_.lines) {
    const std::int64_t from = units_of(line.line_no);
    const auto found = cancelled.find(line.line_no);
    const std::int64_t to = std::max(from, found == cancelled.end() ? 0 : std::min(found->second, line.qty));
    all_units = all_units && to == line.qty;
    if (to == from) continue;
    out.lines.push_back(share(line, from, to));
    worth += share_of(line.total, from, to, line.qty);
  }
  if (out.lines.empty()) return std::nullopt;
  for (const StatedLine& line : out.lines) {
    out.terms.subtotal += line.unit_price * line.qty;
    out.terms.discount += line.discount;
  }
  out.taxes = tax_totals(out.lines, InvoiceTerms{});
  keep_within(out.taxes, taxes_left());
  for (const TaxTotal& row : out.taxes) out.terms.tax += row.tax;
  out.terms.grand_total = std::min(worth, left());
  out.terms.adjustment = out.terms.grand_total - out.terms.without_adjustment();
  out.is_last = out.terms.grand_total == left() && (left() > 0 || all_units);
  return out;
}

Credit CreditedInvoice::credit_amount(std::int64_t amount) const {
  EMP_ASSERT(amount > 0 && amount <= left());
  Credit out;
  out.taxes = taxes_left();
  std::int64_t taxes = 0, bases = 0;
  std::vector<std::int64_t> weights, base_weights;
  for (const TaxTotal& row : out.taxes) {
    weights.push_back(row.tax);
    taxes += row.tax;
    base_weights.push_back(std::max<std::int64_t>(0, row.base));
    bases += base_weights.back();
  }
  weights.push_back(std::max<std::int64_t>(0, left() - taxes));  // The net. Their sum is at least what is left, so no part exceeds what is left of it.
  const std::vector<std::int64_t> parts = allocate(amount, weights);
  const std::int64_t net = std::min(parts.back(), bases);
  const std::vector<std::int64_t> nets = bases > 0 ? allocate(net, base_weights) : std::vector<std::int64_t>(out.taxes.size());
  for (std::size_t i = 0; i < out.taxes.size(); ++i) {
    out.taxes[i].tax = parts[i];
    out.taxes[i].base = nets[i];
    out.terms.tax += parts[i];
    if (out.taxes[i].of == "shipping") out.terms.shipping_tax += parts[i];
  }
  std::erase_if(out.taxes, [](const TaxTotal& row) { return row.base == 0 && row.tax == 0; });
  out.terms.grand_total = amount;
  out.terms.adjustment = amount - out.terms.tax;
  out.is_last = amount == left();
  return out;
}

Credit CreditedInvoice::credit_rest() const {
  Credit out;
  for (const StatedLine& line : invoice_.lines) {
    const std::int64_t from = units_of(line.line_no);
    if (from < line.qty) out.lines.push_back(share(line, from, line.qty));
  }
  out.terms = invoice_.terms;
  out.terms -= taken_;  // Term by term, so that all notes together state the invoice again.
  out.taxes = taxes_left();
  std::erase_if(out.taxes, [](const TaxTotal& row) { return row.base == 0 && row.tax == 0; });
  out.is_last = true;
  return out;
}

}  // namespace emporion::order
