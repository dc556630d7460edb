-- What Promotion knows of SKUs and buyers, from its own copies (PRM-8).

CREATE TABLE product_fact (
  product_id uuid PRIMARY KEY,
  brand_id   uuid,
  seller_id  uuid,
  is_deleted boolean NOT NULL,
  version    bigint NOT NULL
);
CREATE TABLE product_sku (
  sku        text COLLATE "C" PRIMARY KEY,
  product_id uuid NOT NULL,
  version    bigint NOT NULL
);
-- From the root down.
CREATE TABLE product_path (
  product_id uuid NOT NULL,
  place      integer NOT NULL,
  path       uuid[] NOT NULL,
  PRIMARY KEY (product_id, place)
);
CREATE INDEX product_path_category ON product_path USING gin (path);
CREATE TABLE category_fact (category_id uuid PRIMARY KEY, version bigint NOT NULL);

-- Applies only if it is newer. `p_paths` holds the paths one after the other, `p_lengths` how long each is.
CREATE FUNCTION product_fact_apply(p_product uuid, p_version bigint, p_deleted boolean, p_brand uuid, p_seller uuid, p_skus text[], p_paths uuid[], p_lengths integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  at integer := 1;
BEGIN
  INSERT INTO product_fact AS f (product_id, brand_id, seller_id, is_deleted, version) VALUES (p_product, p_brand, p_seller, p_deleted, p_version)
  ON CONFLICT (product_id) DO UPDATE SET brand_id = excluded.brand_id, seller_id = excluded.seller_id, is_deleted = excluded.is_deleted, version = excluded.version
   WHERE f.version < excluded.version;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO product_sku AS s (sku, product_id, version) SELECT u.sku, p_product, p_version FROM unnest(p_skus) AS u(sku) ORDER BY u.sku
  ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id, version = excluded.version;
  DELETE FROM product_path x WHERE x.product_id = p_product;
  FOR i IN 1 .. cardinality(p_lengths) LOOP
    INSERT INTO product_path (product_id, place, path) VALUES (p_product, i, p_paths[at : at + p_lengths[i] - 1]);
    at := at + p_lengths[i];
  END LOOP;
END $$;

-- A category with all below it hangs elsewhere: the part of each path above it is another one.
CREATE FUNCTION category_moved(p_category uuid, p_version bigint, p_path uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO category_fact AS f (category_id, version) VALUES (p_category, p_version) ON CONFLICT (category_id) DO UPDATE SET version = excluded.version WHERE f.version < excluded.version;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE product_path x SET path = p_path || x.path[array_position(x.path, p_category) + 1 :] WHERE x.path @> ARRAY[p_category];
END $$;

-- Facts of these SKUs; one that Catalog never told of is left out.
CREATE FUNCTION sku_facts(p_skus text[]) RETURNS TABLE (sku text, product_id uuid, brand_id uuid, seller_id uuid, categories uuid[]) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT s.sku, s.product_id, f.brand_id, f.seller_id,
                      coalesce((SELECT array_agg(DISTINCT c ORDER BY c) FROM product_path p CROSS JOIN LATERAL unnest(p.path) AS c WHERE p.product_id = s.product_id), '{}')
    FROM product_sku s JOIN product_fact f ON f.product_id = s.product_id WHERE s.sku = ANY (p_skus);
END $$;

-- A customer by id, a guest by keyed hash. Segments and group come from Customer; an order that was confirmed is Promotion's own knowledge.
CREATE TABLE customer_fact (
  customer_key   text COLLATE "C" PRIMARY KEY,
  segments       text[] NOT NULL DEFAULT '{}',
  customer_group text,
  has_ordered    boolean NOT NULL DEFAULT false
);
CREATE FUNCTION customer_has_ordered(p_key text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customer_fact AS f (customer_key, has_ordered) VALUES (p_key, true) ON CONFLICT (customer_key) DO UPDATE SET has_ordered = true WHERE NOT f.has_ordered;
END $$;
CREATE FUNCTION customer_segment(p_key text, p_segment text, p_is_member boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customer_fact AS f (customer_key, segments) VALUES (p_key, CASE WHEN p_is_member THEN ARRAY[p_segment] ELSE '{}' END)
  ON CONFLICT (customer_key) DO UPDATE SET segments = array_remove(f.segments, p_segment) || CASE WHEN p_is_member THEN ARRAY[p_segment] ELSE '{}' END;
END $$;
