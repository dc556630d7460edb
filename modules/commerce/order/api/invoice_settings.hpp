#pragma once

#include "kernel/config/settings.hpp"
#include "modules/commerce/order/app/invoice_sellers.hpp"

namespace emporion::order {

/// Reads order.invoice.house.* and order.invoice.sellers.<id>.*: name, address (a list of lines), tax_id, email, phone, time_zone, series, credit_series, logo
/// (a PNG file). Errors: INVOICE_CONFIG_INVALID, which says what to change.
Result<InvoiceSellers> invoice_sellers(const config::Settings& settings);

}  // namespace emporion::order
