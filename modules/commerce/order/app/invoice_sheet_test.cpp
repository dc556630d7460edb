#include "modules/commerce/order/app/invoice_sheet.hpp"

#include <gtest/gtest.h>

namespace emporion::order {
namespace {

TEST(InvoiceSheet, AmountsAreWrittenAsTheirCurrencyAndReaderWant) {
  struct Case {
    std::int64_t amount;
    const char *currency, *locale, *wanted;
  };
  for (const Case& one : {Case{0, "VND", "en", "0"}, Case{1'234'567, "VND", "en", "1,234,567"}, Case{1'234'567, "VND", "vi-VN", "1.234.567"},
                          Case{5, "USD", "en", "0.05"}, Case{123'456'789, "USD", "en", "1,234,567.89"}, Case{123'456'789, "USD", "vi", "1.234.567,89"},
                          Case{1'500, "KWD", "en", "1.500"}, Case{-100'050, "USD", "en", "−1,000.50"}}) {
    EXPECT_EQ(readable_amount(Money(one.amount, Currency::of(one.currency)), one.locale), one.wanted);
  }
}

TEST(InvoiceSheet, RatesArePerCent) {
  EXPECT_EQ(readable_rate("0.1", "en"), "10%");
  EXPECT_EQ(readable_rate("0.0825", "en"), "8.25%");
  EXPECT_EQ(readable_rate("0.0825", "vi"), "8,25%");
  EXPECT_EQ(readable_rate("0.200000", "en"), "20%");
  EXPECT_EQ(readable_rate("0", "en"), "0%");
  EXPECT_EQ(readable_rate("1", "en"), "100%");
  EXPECT_EQ(readable_rate("0.005", "en"), "0.5%");
  EXPECT_EQ(readable_rate("reduced", "en"), "reduced");
}

}  // namespace
}  // namespace emporion::order
