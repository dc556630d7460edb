#pragma once

#include <string_view>

#include "kernel/postgres/database.hpp"

namespace emporion::gateway {

/// The row that tells who did what; run it in the transaction of the change. `detail` is a JSON object.
postgres::Bound change_row(const CallContext& context, std::string_view action, std::string_view subject, std::string detail = "{}");

}  // namespace emporion::gateway
