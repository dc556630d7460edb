#pragma once

#include "apps/emporion/host.hpp"

namespace emporion::app::demo {

/// Fills an empty shop: categories, about 60 products with variants and pictures, prices in VND and USD, VAT, three warehouses (Ha Noi, Da Nang, Ho Chi Minh
/// City) with stock. Goes through the contracts, as staff would. Safe to repeat: what is there stays as it is. Errors: whatever a module refuses, with the
/// thing's name.
Task<Result<>> seed_shop(Host& host);

}  // namespace emporion::app::demo
