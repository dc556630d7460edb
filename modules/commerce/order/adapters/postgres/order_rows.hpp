#pragma once

#include <vector>

#include "contracts/commerce/order/v1/order_api.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/commerce/order/domain/order_state.hpp"

namespace emporion::order {

/// The three statements that read a whole order: header, lines, groups.
std::vector<postgres::Bound> order_statements(const Uuid& id);
/// What they answered. The header's rows must not be empty.
v1::Order read_order(const postgres::Rows& header, const postgres::Rows& lines, const postgres::Rows& groups);

/// Locks the header and reads what rules look at.
std::vector<postgres::Bound> lock_statements(const Uuid& id);
OrderState read_state(const postgres::Rows& header, const postgres::Rows& lines);

/// JSON of a line's allocations, as the contract writes it.
std::string allocations_json(const std::vector<AllocatedUnits>& allocations);

}  // namespace emporion::order
