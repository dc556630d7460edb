#pragma once

#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"

namespace emporion::order {

/// EM-YYMMDD-XXXXXXX: the UTC date and seven random characters of Crockford's base 32 (no I, L, O, U), so a number read aloud survives and tells nothing of the
/// volume. About 3.4 × 10^10 per day; the unique index decides, the caller draws again.
std::string make_order_number(UtcTime placed_at, Random& random);

/// As a customer types it: any case, I and L read as 1, O as 0, surrounding white space ignored. Empty if it cannot be an order number.
std::string canonical_order_number(std::string_view typed);

}  // namespace emporion::order
