#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_product() {
  return {
      {.module = "catalog",
       .invariant = "CAT-4 an active product has an active variant",
       .sql = "UPDATE variant SET status = 'inactive' WHERE product_id = (SELECT id FROM product WHERE status = 'active' LIMIT 1) RETURNING product_id::text"},
      {.module = "catalog",
       .invariant = "CAT-6 a product that is not deleted has one default variant",
       .sql = "UPDATE variant SET is_default = false WHERE product_id = (SELECT id FROM product WHERE status <> 'deleted' LIMIT 1) RETURNING product_id::text"},
      {.module = "catalog",
       .invariant = "CAT-7 a category's path is its parent's and itself",
       .sql = "UPDATE category c SET path = gen_random_uuid() || path WHERE id = (SELECT l.id FROM category l WHERE NOT EXISTS"
              " (SELECT FROM category k WHERE k.parent_id = l.id) LIMIT 1) RETURNING id::text"},
      {.module = "catalog",
       .invariant = "CAT-9 a product's document is its row",
       .sql = "UPDATE product SET version = version + 1 WHERE id = (SELECT id FROM product LIMIT 1) RETURNING id::text"},
      {.module = "catalog",
       .invariant = "CAT-9 a product's document is its row",
       .sql = "UPDATE product SET document = '{}' WHERE id = (SELECT id FROM product LIMIT 1) RETURNING id::text"},
      {.module = "pricing",
       .invariant = "PRC-1 an active price is above 0 unless it is free",
       .sql = "UPDATE price SET base_amount = 0, sale_amount = NULL WHERE id = (SELECT id FROM price WHERE is_active LIMIT 1) RETURNING id::text",
       .held_by = {"price_check1"}},
      {.module = "pricing",
       .invariant = "PRC-2 no two active prices of one scope overlap",
       .sql = "INSERT INTO price_history (price_id, version, action, actor, at) VALUES ('00000000-0000-0000-0000-000000000000', 1, 'created', 'nobody', now());"
              "INSERT INTO price (id, sku, product_id, currency, base_amount, effective_from, created_at, updated_at)"
              " SELECT '00000000-0000-0000-0000-000000000000', sku, product_id, currency, base_amount, effective_from, created_at, updated_at FROM price WHERE "
              "is_active LIMIT 1 RETURNING id::text",
       .held_by = {"price_window"}},
      {.module = "pricing",
       .invariant = "PRC-5 every price has the history of its creation",
       .sql = "DELETE FROM price_history WHERE version = 1 AND price_id = (SELECT id FROM price LIMIT 1) RETURNING price_id::text"},
      {.module = "pricing",
       .invariant = "PRC-7 a quote's totals add up",
       .sql = "UPDATE quote SET body = jsonb_set(body::jsonb, '{totals,grand_total,amount}', to_jsonb((body::jsonb #>> '{totals,grand_total,amount}')::bigint "
              "+ 1))::text"
              " WHERE id = (SELECT id FROM quote LIMIT 1) RETURNING id::text"},
      {.module = "pricing",
       .invariant = "PRC-7 a quote's totals add up",
       .sql = "UPDATE quote SET body = (body::jsonb #- '{totals,shipping}')::text WHERE id = (SELECT id FROM quote LIMIT 1) RETURNING id::text"},
  };
}

}  // namespace emporion::audit
