#include "modules/commerce/order/domain/credit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "modules/commerce/order/testing/random_orders.hpp"

namespace emporion::order {
namespace {

Invoiced an_invoice() {
  Invoiced out;
  out.lines = {StatedLine{.line_no = 1, .unit_price = 1000, .qty = 3, .discount = 100, .tax = 290, .total = 3190, .taxes = {{"VAT", "0.1", 290}}},
               StatedLine{.line_no = 2, .unit_price = 500, .qty = 1, .total = 500}};
  out.terms = InvoiceTerms{.subtotal = 3500, .discount = 100, .shipping = 200, .tax = 290, .grand_total = 3890};
  out.taxes = tax_totals(out.lines, out.terms);
  return out;
}

TEST(Credit, CancelledUnitsAreWorthTheirRefund) {
  CreditedInvoice books(an_invoice());
  const auto note = books.credit_units({{1, 1}});
  ASSERT_TRUE(note);
  const LineMoney line{.unit_price = 1000, .qty = 3, .discount = 100, .tax = 290, .total = 3190};
  EXPECT_EQ(note->terms.grand_total, value_of_units(line, 0, 1));
  EXPECT_EQ(note->lines[0].qty, 1);
  EXPECT_EQ(note->terms.tax, 96);
  EXPECT_FALSE(note->is_last);
  books.take(*note);
  EXPECT_FALSE(books.credit_units({{1, 1}})) << "told twice is credited once";
  const auto second = books.credit_units({{1, 3}});
  ASSERT_TRUE(second);
  EXPECT_EQ(note->terms.grand_total + second->terms.grand_total, 3190);
  EXPECT_EQ(note->terms.tax + second->terms.tax, 290);
}

TEST(Credit, ARefundTakesNetAndTaxesInProportion) {
  CreditedInvoice books(an_invoice());
  const Credit note = books.credit_amount(389);
  EXPECT_EQ(note.terms.grand_total, 389);
  EXPECT_EQ(note.terms.tax, 29);
  EXPECT_EQ(note.terms.adjustment, 360);
  EXPECT_FALSE(note.is_last);
}

TEST(Credit, TheRestAfterAllStatesTheInvoiceAgain) {
  CreditedInvoice books(an_invoice());
  InvoiceTerms sum;
  const auto add = [&](const Credit& note) {
    sum += note.terms;
    books.take(note);
  };
  add(*books.credit_units({{1, 2}}));
  add(books.credit_amount(700));
  const Credit rest = books.credit_rest();
  EXPECT_TRUE(rest.is_last);
  EXPECT_EQ(rest.lines.size(), 2u);
  add(rest);
  EXPECT_EQ(sum, an_invoice().terms);
  EXPECT_EQ(books.left(), 0);
}

// Any cancellations and refunds, in any order, then the rest.
RC_GTEST_PROP(Credit, NotesNeverExceedTheInvoiceAndAddUpToIt, ()) {
  const auto order = *random_order();
  const auto terms = split_order(order.totals, order.by_seller);
  const CreditedInvoice whole(Invoiced{terms[0], order.by_seller[0], tax_totals(order.by_seller[0], terms[0])});
  CreditedInvoice books = whole;
  InvoiceTerms sum;
  std::vector<Credit> notes;
  const auto add = [&](const Credit& note) {
    sum += note.terms;
    books.take(note);
    notes.push_back(note);
    RC_ASSERT(note.terms.grand_total >= 0 && note.terms.tax >= 0 && note.terms.discount >= 0);
    RC_ASSERT(note.terms.grand_total == note.terms.without_adjustment() + note.terms.adjustment);
    std::int64_t tax = 0;
    for (const TaxTotal& row : note.taxes) {
      RC_ASSERT(row.tax >= 0);
      tax += row.tax;
    }
    RC_ASSERT(tax == note.terms.tax);
    RC_ASSERT(sum.grand_total <= whole.invoice().terms.grand_total && sum.tax <= whole.invoice().terms.tax && sum.subtotal <= whole.invoice().terms.subtotal);
  };
  const int steps = *rc::gen::inRange(0, 5);
  for (int i = 0; i < steps; ++i) {
    if (*rc::gen::arbitrary<bool>()) {
      std::map<std::int32_t, std::int64_t> cancelled;
      for (const StatedLine& line : whole.invoice().lines) cancelled[line.line_no] = *rc::gen::inRange<std::int64_t>(0, line.qty + 1);
      if (const auto note = books.credit_units(cancelled)) add(*note);
    } else if (books.left() > 0) {
      add(books.credit_amount(*rc::gen::inRange<std::int64_t>(1, books.left() + 1)));
    }
  }
  add(books.credit_rest());
  RC_ASSERT(books.left() == 0);
  RC_ASSERT(sum == whole.invoice().terms);
}

}  // namespace
}  // namespace emporion::order
