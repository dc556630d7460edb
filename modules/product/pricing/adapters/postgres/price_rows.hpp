#pragma once

#include "kernel/postgres/rows.hpp"
#include "modules/product/pricing/domain/price.hpp"

namespace emporion::pricing {

/// The columns that `read_price` expects, in order, of a table called p.
#define EMP_PRICE_COLUMNS                                                                                                                             \
  "p.id, p.product_id, p.sku, p.warehouse_id, p.customer_group, p.currency, p.base_amount, p.is_free, p.tier_min_qty, p.tier_amount, p.sale_amount, " \
  "p.sale_starts_at, p.sale_ends_at, p.cost_amount, p.min_amount, p.tax_included, p.effective_from, p.effective_to"

/// One price from the columns that begin at `first`.
Price read_price(const postgres::Row& row, int first);

}  // namespace emporion::pricing
