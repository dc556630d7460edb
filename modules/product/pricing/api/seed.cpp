#include "modules/product/pricing/api/module.hpp"

namespace emporion::pricing {

SeedPart seed_part() {
  return {
      .module = "pricing",
      .skus =
          {
              R"(INSERT INTO sku_fact (sku, product_id, tax_class, version) SELECT s.sku, s.product_id, 'standard', 2 FROM seeded_sku s ORDER BY s.n)",
              R"(INSERT INTO price (id, sku, currency, base_amount, effective_from, created_at, updated_at)
SELECT pg_temp.seeded_time_id('price', s.n, g.starts_at), s.sku, g.currency, s.price, g.starts_at, g.starts_at, g.starts_at FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
              R"(INSERT INTO price_history (price_id, version, action, new_terms, actor, at)
SELECT pg_temp.seeded_time_id('price', s.n, g.starts_at), 1, 'created',
       jsonb_build_object('tiers', '[]'::jsonb, 'is_free', false, 'base_amount', pg_temp.seeded_money(s.price), 'tax_included', false, 'effective_from', json_time(g.starts_at))::text,
       'seed', g.starts_at FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
          },
  };
}

}  // namespace emporion::pricing
