#include "modules/product/catalog/api/module.hpp"

namespace emporion::catalog {

SeedPart seed_part() {
  return {
      .module = "catalog",
      .skus =
          {
              R"(INSERT INTO product (id, external_reference, slug, name, category_id, tax_class, is_featured, option_axes, attributes, content, status, published_at, version, created_at,
                updated_at)
SELECT s.product_id, 'seed:' || g.seed || ':' || s.n, s.slug, s.name, g.category_id, 'standard', false, '{}', '{}',
       jsonb_build_object('short_description', 'One of many.', 'category_ids', '[]'::jsonb, 'tags', '[]'::jsonb, 'translations', '{}'::jsonb, 'media',
         jsonb_build_array(jsonb_build_object('media_id', pg_temp.seeded_id('media', 1), 'url', '/api/v1/catalog/media/' || pg_temp.seeded_id('media', 1), 'alt', s.name,
                                              'content_type', 'image/svg+xml'))),
       'active', g.starts_at, 2, g.starts_at, g.starts_at
  FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
              R"(INSERT INTO variant (id, product_id, sku, options, attributes, weight_g, is_default, status, media, place)
SELECT s.variant_id, s.product_id, s.sku, '{}', '{}', 200, true, 'active', '[]', 1 FROM seeded_sku s ORDER BY s.n)",
              R"(INSERT INTO product_category (category_id, product_id) SELECT g.category_id, s.product_id FROM seeded_sku s CROSS JOIN seeded g ORDER BY s.n)",
              // One picture for all, kept with the first.
              R"(INSERT INTO media (id, product_id, content_type, etag, bytes, created_at)
SELECT pg_temp.seeded_id('media', 1), s.product_id, 'image/svg+xml', md5(p.bytes), p.bytes, g.starts_at FROM seeded_sku s CROSS JOIN seeded g
 CROSS JOIN (SELECT '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><rect width="200" height="200" rx="16" fill="#cde"/></svg>'::bytea AS bytes) p WHERE s.n = 1)",
              // The documents that readers get, by the function that every change of a product goes through.
              R"(SELECT count(product_render(p)) FROM product p WHERE p.id IN (SELECT s.product_id FROM seeded_sku s))",
          },
  };
}

}  // namespace emporion::catalog
