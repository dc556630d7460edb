#pragma once

#include <array>
#include <string_view>

#include "contracts/commerce/order/v1/order_records_api.hpp"
#include "kernel/base/random.hpp"
#include "modules/commerce/order/app/claiming.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// The header line of an export, in the order of ExportedOrder::cells. Amounts are minor units of the currency.
inline constexpr std::array<std::string_view, 26> export_columns{
    "order_number", "placed_at",    "status",       "return_state",  "payment_method", "payment_status", "customer_id",
    "email",        "country",      "currency",     "subtotal",      "discount",       "shipping",       "shipping_discount",
    "tax",          "payment_fee",  "points_value", "grand_total",   "refunded",       "lines",          "units",
    "confirmed_at", "delivered_at", "cancelled_at", "cancel_reason", "channel"};

/// What leaves the house about orders. An export is pages: each call is one statement over one page, so its length costs neither memory nor a long transaction.
class OrderRecords final : public v1::OrderRecordsApi {
 public:
  OrderRecords(OrderStore& store, const ClaimTokens& tokens, const Clock& clock, Random& random, std::int32_t page_rows = 500)
      : store_(store), tokens_(tokens), clock_(clock), random_(random), page_rows_(page_rows) {}

  Task<Result<v1::ExportOrdersResponse>> export_orders(CallContext context, v1::ExportOrdersRequest request) override;
  Task<Result<v1::ListExportsResponse>> list_exports(CallContext context, v1::ListExportsRequest request) override;
  Task<Result<v1::IssueClaimTokenResponse>> issue_claim_token(CallContext context, v1::IssueClaimTokenRequest request) override;

 private:
  OrderStore& store_;
  const ClaimTokens& tokens_;
  const Clock& clock_;
  Random& random_;
  std::int32_t page_rows_;
};

}  // namespace emporion::order
