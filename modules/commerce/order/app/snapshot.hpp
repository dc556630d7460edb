#pragma once

#include "contracts/commerce/order/v1/order_api.hpp"
#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/base/result.hpp"

namespace emporion::order {

/// What must hold of a new order: one currency, totals that re-derive (invariant 1), allocations that add up to each line's quantity, line numbers used once.
/// Errors: TOTAL_MISMATCH {field, expected, given}, CURRENCY_MISMATCH, ALLOCATION_MISMATCH {line_no}, DUPLICATE_LINE {line_no}.
Result<> check_snapshot(const v1::CreateOrderRequest& request);

/// What makes a repeat the same order: who buys what at which price. Deadlines and warehouses may be told anew, since stock can be re-sourced meanwhile.
Uuid digest_of(const v1::CreateOrderRequest& request);

/// The order as it stands right after its birth: what reading it back would give.
v1::Order born(const v1::CreateOrderRequest& request, const std::string& order_number, UtcTime placed_at);

/// What a guest may see of an order.
v1::TrackedOrder tracked(const v1::Order& order);

v1::OrderAddressChanged address_changed(const v1::Order& order, std::int32_t seq);

}  // namespace emporion::order
