#include "modules/product/pricing/adapters/postgres/price_rows.hpp"

namespace emporion::pricing {

Price read_price(const postgres::Row& row, int first) {
  Price price;
  int at = first;
  price.id = row.get<Uuid>(at++);
  price.product_id = row.get<std::optional<Uuid>>(at++);
  price.sku = row.get<std::optional<std::string>>(at++);
  price.warehouse_id = row.get<std::optional<Uuid>>(at++);
  price.customer_group = row.get<std::optional<std::string>>(at++);
  price.currency = Currency::of(row.get<std::string>(at++));
  price.base_amount = row.get<std::int64_t>(at++);
  price.is_free = row.get<bool>(at++);
  const auto quantities = row.get<std::vector<std::int32_t>>(at++);
  const auto amounts = row.get<std::vector<std::int64_t>>(at++);
  for (std::size_t i = 0; i < quantities.size(); ++i) price.tiers.push_back({quantities[i], amounts[i]});
  price.sale_amount = row.get<std::optional<std::int64_t>>(at++);
  price.sale_starts_at = row.get<std::optional<UtcTime>>(at++);
  price.sale_ends_at = row.get<std::optional<UtcTime>>(at++);
  price.cost_amount = row.get<std::optional<std::int64_t>>(at++);
  price.min_amount = row.get<std::optional<std::int64_t>>(at++);
  price.tax_included = row.get<bool>(at++);
  price.effective_from = row.get<UtcTime>(at++);
  price.effective_to = row.get<std::optional<UtcTime>>(at++);
  return price;
}

}  // namespace emporion::pricing
