#include "modules/commerce/order/domain/invoice_terms.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/money/money.hpp"
#include "modules/commerce/order/testing/random_orders.hpp"

namespace emporion::order {
namespace {

std::int64_t tax_of(const std::vector<TaxTotal>& rows) {
  std::int64_t out = 0;
  for (const TaxTotal& row : rows) out += row.tax;
  return out;
}

TEST(InvoiceTerms, OneSellerStatesTheOrderAsItIs) {
  const std::vector<std::vector<StatedLine>> parts{
      {StatedLine{.line_no = 1, .unit_price = 100, .qty = 3, .discount = 10, .tax = 29, .total = 319, .taxes = {{"VAT", "0.1", 29}}}}};
  const Totals order{.subtotal = 300,
                     .discount = 10,
                     .shipping = 50,
                     .shipping_discount = 5,
                     .tax = 33,
                     .shipping_tax = 4,
                     .payment_fee = 7,
                     .points_value = 20,
                     .grand_total = 355};
  const auto terms = split_order(order, parts);
  ASSERT_EQ(terms.size(), 1u);
  EXPECT_EQ(terms[0], (InvoiceTerms{.subtotal = 300,
                                    .discount = 10,
                                    .shipping = 50,
                                    .shipping_discount = 5,
                                    .shipping_tax = 4,
                                    .tax = 33,
                                    .payment_fee = 7,
                                    .points_value = 20,
                                    .grand_total = 355}));
  EXPECT_EQ(tax_totals(parts[0], terms[0]), (std::vector<TaxTotal>{{"goods", "VAT", "0.1", 290, 29}, {"shipping", "", "", 45, 4}, {"fee", "", "", 7, 0}}));
}

TEST(InvoiceTerms, ShippingIsSplitByTheValueOfTheGoodsToTheLastUnit) {
  const auto line = [](std::int32_t no, std::int64_t price) { return StatedLine{.line_no = no, .unit_price = price, .qty = 1, .total = price}; };
  const std::vector<std::vector<StatedLine>> parts{{line(1, 100)}, {line(2, 100)}, {line(3, 100)}};
  const auto terms = split_order(Totals{.subtotal = 300, .shipping = 100, .grand_total = 400}, parts);
  EXPECT_EQ(terms[0].shipping, 34);  // Largest remainder, ties to the first.
  EXPECT_EQ(terms[1].shipping, 33);
  EXPECT_EQ(terms[2].shipping, 33);
}

TEST(InvoiceTerms, GoodsWithoutATaxAreARowOfTheirOwn) {
  const std::vector<StatedLine> lines{
      StatedLine{.line_no = 1, .unit_price = 100, .qty = 1, .total = 100},
      StatedLine{.line_no = 2, .unit_price = 100, .qty = 1, .tax = 8, .total = 108, .taxes = {{"State", "0.05", 5}, {"City", "0.03", 3}}}};
  EXPECT_EQ(tax_totals(lines, InvoiceTerms{}),
            (std::vector<TaxTotal>{{"goods", "", "0", 100, 0}, {"goods", "State", "0.05", 100, 5}, {"goods", "City", "0.03", 100, 3}}));
}

// VND, USD and KWD have 0, 2 and 3 decimals; the split works on minor units, and random amounts span what each has.
RC_GTEST_PROP(InvoiceTerms, TheInvoicesOfAnOrderAddUpToItTermByTerm, ()) {
  const RandomOrder order = *random_order();
  const auto parts = split_order(order.totals, order.by_seller);
  InvoiceTerms sum;
  for (const InvoiceTerms& terms : parts) {
    sum += terms;
    RC_ASSERT(terms.grand_total >= 0);
    RC_ASSERT(terms.grand_total == terms.without_adjustment());
    RC_ASSERT(terms.shipping >= 0 && terms.shipping_discount >= 0 && terms.payment_fee >= 0 && terms.points_value >= 0 && terms.tax >= terms.shipping_tax);
  }
  const Totals& t = order.totals;
  RC_ASSERT(sum ==
            (InvoiceTerms{t.subtotal, t.discount, t.shipping, t.shipping_discount, t.shipping_tax, t.tax, t.payment_fee, t.points_value, 0, t.grand_total}));
}

RC_GTEST_PROP(InvoiceTerms, TheTotalsPerRateAddUpToTheTax, ()) {
  const RandomOrder order = *random_order();
  const auto parts = split_order(order.totals, order.by_seller);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto rows = tax_totals(order.by_seller[i], parts[i]);
    RC_ASSERT(tax_of(rows) == parts[i].tax);
    // Each line is taxed once here, so the bases are what the goods, shipping and fee come to before tax.
    std::int64_t base = 0;
    for (const TaxTotal& row : rows) base += row.base;
    RC_ASSERT(base == parts[i].subtotal - parts[i].discount + parts[i].shipping - parts[i].shipping_discount + parts[i].payment_fee);
  }
}

}  // namespace
}  // namespace emporion::order
