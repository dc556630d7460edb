#pragma once

#include <map>
#include <optional>
#include <vector>

#include "modules/commerce/order/domain/invoice_terms.hpp"

namespace emporion::order {

/// What an invoice states.
struct Invoiced {
  InvoiceTerms terms;
  std::vector<StatedLine> lines;
  std::vector<TaxTotal> taxes;
};

/// One credit note: what it takes back, as positive amounts. `lines` are the units that it names; its terms need not be their sum, `adjustment` says the
/// difference.
struct Credit {
  std::vector<StatedLine> lines;
  InvoiceTerms terms;
  std::vector<TaxTotal> taxes;
  bool is_last = false;  ///< Nothing of the invoice is left.
};

/// An invoice and what credit notes have taken back of it. Invariant: no term, no rate's tax, no line's units and not the total ever exceed the invoice's; a
/// last note brings each to it exactly.
class CreditedInvoice {
 public:
  explicit CreditedInvoice(Invoiced invoice) : invoice_(std::move(invoice)) {}

  /// Counts a note that was issued before.
  void take(const Credit& note);
  std::int64_t credited() const { return taken_.grand_total; }
  std::int64_t left() const { return invoice_.terms.grand_total - taken_.grand_total; }
  std::int64_t units_of(std::int32_t line_no) const;
  const Invoiced& invoice() const { return invoice_; }

  /// For cancelled units: `units` is how many of each line are cancelled in all. Each line is worth what its refund is (value_of_units). Nothing if no line has
  /// more than before.
  std::optional<Credit> credit_units(const std::map<std::int32_t, std::int64_t>& cancelled) const;
  /// For money that went back without naming lines: `amount` in (0, left]. Net and taxes are taken in proportion to what is left of them.
  Credit credit_amount(std::int64_t amount) const;
  /// All that is left.
  Credit credit_rest() const;

 private:
  StatedLine share(const StatedLine& line, std::int64_t from, std::int64_t to) const;
  std::vector<TaxTotal> taxes_left() const;

  Invoiced invoice_;
  InvoiceTerms taken_;
  std::vector<TaxTotal> taken_taxes_;
  std::map<std::int32_t, std::int64_t> taken_units_;
};

}  // namespace emporion::order
