#pragma once

#include <string_view>

#include "modules/commerce/payment/app/report_gateway.hpp"

namespace emporion::payment::stripe {

/// Reads a page of balance transactions: charges, refunds and disputes by what they are of. Source: https://docs.stripe.com/api/balance_transactions/list
Result<ReportPage> read_balance_page(int status, std::string_view body);

}  // namespace emporion::payment::stripe
