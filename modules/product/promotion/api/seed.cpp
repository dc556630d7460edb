#include "modules/product/promotion/api/module.hpp"

namespace emporion::promotion {

SeedPart seed_part() {
  return {
      .module = "promotion",
      // Ten percent off for whoever has the code; on until 2100.
      .promotions =
          {
              R"(INSERT INTO promotion (id, terms, restore_on_cancel, starts_at, ends_at, status, version, created_at, updated_at)
SELECT p.id, jsonb_build_object('kind', 'percentage', 'name', p.name, 'groups', '[]'::jsonb, 'amounts', '{}'::jsonb, 'starts_at', json_time(g.starts_at), 'ends_at',
         '2100-01-01T00:00:00.000000Z', 'segments', '[]'::jsonb, 'min_order', '{}'::jsonb, 'rule_type', 'cart', 'max_discount', '{}'::jsonb, 'percentage_bp', 1000,
         'requires_coupon', true, 'shipping_methods', '[]'::jsonb),
       true, g.starts_at, '2100-01-01T00:00:00Z', 'active', 2, g.starts_at, g.starts_at FROM seeded_promotion p CROSS JOIN seeded g ORDER BY p.n)",
              R"(INSERT INTO promotion_revision (promotion_id, revision, terms, actor, at)
SELECT x.id, 1, x.terms, 'seed', x.created_at FROM promotion x WHERE x.id IN (SELECT p.id FROM seeded_promotion p))",
              R"(INSERT INTO coupon (id, promotion_id, code, terms, created_at)
SELECT p.coupon_id, p.id, p.code, '{"type": "multi", "min_order": {}}', g.starts_at FROM seeded_promotion p CROSS JOIN seeded g ORDER BY p.n)",
              // Whoever has the running promotions in memory reads them again.
              R"(SELECT active_set_moved())",
          },
      .skus =
          {
              R"(INSERT INTO product_fact (product_id, is_deleted, version) SELECT s.product_id, false, 2 FROM seeded_sku s ORDER BY s.n)",
              R"(INSERT INTO product_sku (sku, product_id, version) SELECT s.sku, s.product_id, 2 FROM seeded_sku s ORDER BY s.n)",
              R"(INSERT INTO product_path (product_id, place, path) SELECT s.product_id, 1, ARRAY[g.category_id] FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
          },
      .orders =
          {
              R"(INSERT INTO redemption (id, checkout_id, body, order_id, customer_key, currency, evaluation_hash, status, version, created_at)
SELECT pg_temp.seeded_time_id('redemption', o.n, o.placed_at), o.saga_id, pg_temp.seeded_id('redemption body', o.n), o.id, o.customer_id::text, g.currency, md5(o.n::text),
       'confirmed', 3, o.placed_at FROM seeded_order o CROSS JOIN seeded g WHERE o.promotion_id IS NOT NULL ORDER BY o.n)",
              R"(INSERT INTO redemption_line (redemption_id, promotion_id, revision, coupon_id, discount, units, restore_on_cancel, is_budgeted)
SELECT pg_temp.seeded_time_id('redemption', o.n, o.placed_at), o.promotion_id, 1, o.coupon_id, o.discount, o.unit_count, true, false
  FROM seeded_order o WHERE o.promotion_id IS NOT NULL ORDER BY o.n)",
              R"(UPDATE promotion x SET used = x.used + u.uses, used_units = x.used_units + u.units
  FROM (SELECT o.promotion_id, count(*) AS uses, sum(o.unit_count) AS units FROM seeded_order o WHERE o.promotion_id IS NOT NULL GROUP BY 1) u WHERE x.id = u.promotion_id)",
              R"(UPDATE coupon x SET used = x.used + u.uses
  FROM (SELECT o.coupon_id, count(*) AS uses FROM seeded_order o WHERE o.coupon_id IS NOT NULL GROUP BY 1) u WHERE x.id = u.coupon_id)",
              R"(INSERT INTO customer_counter AS x (promotion_id, coupon_id, customer_key, used)
SELECT o.promotion_id, k.coupon_id, o.customer_id::text, count(*) FROM seeded_order o CROSS JOIN LATERAL (VALUES (nil_id()), (o.coupon_id)) AS k(coupon_id)
 WHERE o.promotion_id IS NOT NULL GROUP BY 1, 2, 3
ON CONFLICT (promotion_id, coupon_id, customer_key) DO UPDATE SET used = x.used + excluded.used)",
          },
  };
}

}  // namespace emporion::promotion
