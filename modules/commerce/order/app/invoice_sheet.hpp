#pragma once

#include <string>

#include "contracts/commerce/order/v1/invoice_api.hpp"
#include "kernel/pdf/sheet.hpp"

namespace emporion::order {

/// An amount as people read it: "1,234,500.50", in Vietnamese "1.234.500,50"; as many decimals as the currency has.
std::string readable_amount(const Money& money, std::string_view locale);
/// "0.0825" → "8.25%".
std::string readable_rate(std::string_view rate, std::string_view locale);
/// The document as a page: English, or Vietnamese for orders placed in it.
pdf::Sheet sheet_of(const v1::Invoice& invoice, std::string logo_png);

}  // namespace emporion::order
