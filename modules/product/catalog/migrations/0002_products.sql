-- Products, their variants and pictures. `document` and `summary` are the contract's JSON of the row as it stands, written with every change, so a read is one row.
CREATE TABLE product (
  id                 uuid PRIMARY KEY,
  external_reference text CONSTRAINT product_external_reference UNIQUE,
  slug               text NOT NULL,
  name               text NOT NULL,
  category_id        uuid CONSTRAINT product_category_fk REFERENCES category,
  brand_id           uuid CONSTRAINT product_brand_fk REFERENCES brand,
  seller_id          uuid,
  tax_class          text NOT NULL,
  is_featured        boolean NOT NULL,
  option_axes        text[] NOT NULL,
  attributes         jsonb NOT NULL,
  content            jsonb NOT NULL,  -- Texts, media, seo, translations, specifications, tags, category_ids: shown, not searched here.
  status             text NOT NULL CHECK (status IN ('draft', 'pending_review', 'rejected', 'scheduled', 'active', 'inactive', 'archived', 'deleted')),
  reject_reason      text,
  publish_at         timestamptz,
  published_at       timestamptz,
  version            bigint NOT NULL,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  import_hash        text,
  document           text NOT NULL DEFAULT '',
  summary            text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX product_slug ON product (slug) WHERE status <> 'deleted';  -- CAT-3
CREATE INDEX product_by_status ON product (status, id DESC);
CREATE INDEX product_by_brand ON product (brand_id, id DESC) WHERE brand_id IS NOT NULL;
CREATE INDEX product_by_seller ON product (seller_id, id DESC) WHERE seller_id IS NOT NULL;
CREATE INDEX product_featured ON product (id DESC) WHERE is_featured AND status = 'active';
CREATE INDEX product_attributes ON product USING gin (attributes);
CREATE INDEX product_due ON product (publish_at) WHERE status = 'scheduled';

-- Main and further categories: what a category's page lists, and what keeps a category from being deleted (CAT-8).
CREATE TABLE product_category (
  category_id uuid NOT NULL REFERENCES category,
  product_id  uuid NOT NULL REFERENCES product,
  PRIMARY KEY (category_id, product_id)
);
CREATE INDEX product_category_product ON product_category (product_id);

-- A removed variant keeps its row, for its SKU stays taken for ever (CAT-1).
CREATE TABLE variant (
  id         uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES product,
  sku        text NOT NULL CONSTRAINT variant_sku UNIQUE CHECK (sku ~ '^[A-Z0-9][A-Z0-9._-]{1,63}$'),
  barcode    text,
  options    jsonb NOT NULL,
  attributes jsonb NOT NULL,
  color      text GENERATED ALWAYS AS (coalesce(options ->> 'color', attributes ->> 'color')) STORED,
  size       text GENERATED ALWAYS AS (coalesce(options ->> 'size', attributes ->> 'size')) STORED,
  material   text GENERATED ALWAYS AS (coalesce(options ->> 'material', attributes ->> 'material')) STORED,
  gender     text GENERATED ALWAYS AS (coalesce(options ->> 'gender', attributes ->> 'gender')) STORED,
  age_group  text GENERATED ALWAYS AS (coalesce(options ->> 'age_group', attributes ->> 'age_group')) STORED,
  weight_g   integer,
  length_mm  integer,
  width_mm   integer,
  height_mm  integer,
  is_default boolean NOT NULL,
  status     text NOT NULL CHECK (status IN ('active', 'inactive')),
  media      jsonb NOT NULL,
  place      integer NOT NULL,
  is_removed boolean NOT NULL DEFAULT false
);
CREATE INDEX variant_product ON variant (product_id, place);
CREATE UNIQUE INDEX variant_options ON variant (product_id, options) WHERE NOT is_removed;  -- CAT-6
CREATE UNIQUE INDEX variant_default ON variant (product_id) WHERE is_default AND NOT is_removed;
CREATE INDEX variant_color ON variant (color, product_id) WHERE color IS NOT NULL AND NOT is_removed;
CREATE INDEX variant_size ON variant (size, product_id) WHERE size IS NOT NULL AND NOT is_removed;

CREATE TABLE slug_redirect (
  slug       text PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES product
);

CREATE TABLE media (
  id           uuid PRIMARY KEY,
  product_id   uuid NOT NULL REFERENCES product,
  content_type text NOT NULL,
  etag         text NOT NULL,
  bytes        bytea NOT NULL,
  created_at   timestamptz NOT NULL
);
ALTER TABLE media ALTER COLUMN bytes SET STORAGE EXTERNAL;  -- Pictures are compressed already.

-- Writes what every change leaves behind: status, version, times, and the two documents.
CREATE FUNCTION product_render(p product) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  all_variants jsonb;
  short_variants jsonb;
BEGIN
  SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'options', v.options,
           'attributes', CASE WHEN v.attributes <> '{}' THEN v.attributes END, 'weight_g', v.weight_g, 'length_mm', v.length_mm, 'width_mm', v.width_mm, 'height_mm', v.height_mm,
           'is_default', v.is_default, 'status', v.status, 'media', v.media)) ORDER BY v.place),
         jsonb_agg(jsonb_build_object('id', v.id, 'sku', v.sku, 'options', v.options, 'status', v.status) ORDER BY v.place)
    INTO all_variants, short_variants FROM variant v WHERE v.product_id = p.id AND NOT v.is_removed;
  UPDATE product SET
    status = p.status, version = p.version, updated_at = p.updated_at, published_at = p.published_at, reject_reason = p.reject_reason, import_hash = p.import_hash,
    document = (jsonb_strip_nulls(jsonb_build_object('id', p.id, 'slug', p.slug, 'name', p.name, 'category_id', p.category_id, 'brand_id', p.brand_id, 'seller_id', p.seller_id,
      'tax_class', p.tax_class, 'is_featured', p.is_featured, 'option_axes', to_jsonb(p.option_axes), 'attributes', CASE WHEN p.attributes <> '{}' THEN p.attributes END,
      'status', p.status, 'reject_reason', p.reject_reason, 'publish_at', json_time(p.publish_at), 'published_at', json_time(p.published_at), 'version', p.version,
      'created_at', json_time(p.created_at), 'updated_at', json_time(p.updated_at), 'external_reference', p.external_reference))
      || p.content || jsonb_build_object('variants', coalesce(all_variants, '[]')))::text,
    summary = jsonb_strip_nulls(jsonb_build_object('id', p.id, 'slug', p.slug, 'name', p.name, 'short_description', p.content -> 'short_description', 'category_id', p.category_id,
      'brand_id', p.brand_id, 'status', p.status, 'is_featured', p.is_featured, 'image', p.content #> '{media,0}', 'variants', coalesce(short_variants, '[]'), 'version', p.version))::text
   WHERE id = p.id;
END $$;

-- The product as it stands, to whoever listens.
CREATE FUNCTION product_announce(p_topic text, p product, p_reason text, p_changed text[], p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('catalog.product.' || p_topic, p.id::text, p.version, jsonb_strip_nulls(jsonb_build_object(
    'product_id', p.id, 'version', p.version, 'status', p.status, 'slug', p.slug, 'name', p.name, 'short_description', p.content -> 'short_description',
    'description', p.content -> 'description', 'tax_class', p.tax_class, 'seller_id', p.seller_id, 'tags', coalesce(p.content -> 'tags', '[]'),
    'category_ids', to_jsonb(array_remove(p.category_id || ARRAY(SELECT c.category_id FROM product_category c WHERE c.product_id = p.id AND c.category_id IS DISTINCT FROM p.category_id
                                                                  ORDER BY 1), NULL)),
    'category_paths', coalesce((SELECT jsonb_agg(jsonb_build_object('path', to_jsonb(c.path)) ORDER BY (c.id = p.category_id) DESC, c.id)
                                  FROM product_category pc JOIN category c ON c.id = pc.category_id WHERE pc.product_id = p.id), '[]'),
    'brand', (SELECT jsonb_build_object('id', b.id, 'name', b.name, 'slug', b.slug) FROM brand b WHERE b.id = p.brand_id),
    'variants', coalesce((SELECT jsonb_agg(jsonb_build_object('variant_id', v.id, 'sku', v.sku, 'status', v.status, 'options', v.options, 'weight_g', v.weight_g,
                                             'length_mm', v.length_mm, 'width_mm', v.width_mm, 'height_mm', v.height_mm) ORDER BY v.place)
                            FROM variant v WHERE v.product_id = p.id AND NOT v.is_removed), '[]'),
    'attributes', (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(p.attributes) e JOIN attribute_definition a ON a.code = e.key
                    WHERE coalesce(a.is_indexed, a.is_searchable OR a.is_filterable)),
    'main_image', p.content #> '{media,0,url}', 'published_at', json_time(p.published_at), 'reason', p_reason, 'changed', to_jsonb(coalesce(p_changed, '{}'::text[]))))::text, p_trace);
END $$;

-- CAT-4: what an active product still lacks.
CREATE FUNCTION product_missing(p product) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  missing text[] := '{}';
  path_ids uuid[];
BEGIN
  IF NOT EXISTS (SELECT FROM variant WHERE product_id = p.id AND status = 'active' AND NOT is_removed) THEN missing := missing || 'active_variant'::text; END IF;
  SELECT c.path INTO path_ids FROM category c WHERE c.id = p.category_id AND c.status = 'active';
  IF NOT FOUND THEN missing := missing || 'active_category'::text; END IF;
  IF coalesce(jsonb_array_length(p.content -> 'media'), 0) = 0 THEN missing := missing || 'image'::text; END IF;
  RETURN missing || ARRAY(
    SELECT DISTINCT 'attribute:' || code FROM category c CROSS JOIN unnest(c.required_attributes) AS code
     WHERE c.id = ANY (path_ids) AND NOT p.attributes ? code AND NOT code = ANY (p.option_axes)
       AND EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND v.status = 'active' AND NOT v.is_removed AND NOT v.attributes ? code) ORDER BY 1);
END $$;
CREATE FUNCTION product_check_complete(p product) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  missing text[] := product_missing(p);
BEGIN
  IF cardinality(missing) > 0 THEN PERFORM refuse('EM422', 'PRODUCT_INCOMPLETE', jsonb_build_object('missing', to_jsonb(missing))); END IF;
END $$;

-- Puts a product's variants into the form of `p_json`: known ones (by id, else by SKU) are replaced, new ones added, others removed.
CREATE FUNCTION product_put_variants(p_product uuid, p_status text, p_json jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  w record;
  o variant;
  kept uuid[] := '{}';
  next_id uuid;
BEGIN
  UPDATE variant SET is_default = false, is_removed = true WHERE product_id = p_product;  -- Undone below for those that stay; keeps the partial unique indexes out of the way.
  FOR w IN SELECT t.v, t.n FROM jsonb_array_elements(p_json) WITH ORDINALITY AS t(v, n) ORDER BY t.n LOOP
    o := NULL;
    SELECT * INTO o FROM variant x WHERE x.product_id = p_product
       AND (CASE WHEN w.v ->> 'id' IS NOT NULL THEN x.id = (w.v ->> 'id')::uuid ELSE x.sku = w.v ->> 'sku' END);
    IF o.id IS NULL THEN
      INSERT INTO variant (id, product_id, sku, barcode, options, attributes, weight_g, length_mm, width_mm, height_mm, is_default, status, media, place)
      VALUES (coalesce((w.v ->> 'id')::uuid, gen_random_uuid()), p_product, w.v ->> 'sku', w.v ->> 'barcode', coalesce(w.v -> 'options', '{}'), coalesce(w.v -> 'attributes', '{}'),
              (w.v ->> 'weight_g')::integer, (w.v ->> 'length_mm')::integer, (w.v ->> 'width_mm')::integer, (w.v ->> 'height_mm')::integer,
              coalesce((w.v ->> 'is_default')::boolean, false), coalesce(w.v ->> 'status', 'active'), coalesce(w.v -> 'media', '[]'), w.n);
      CONTINUE;
    END IF;
    IF o.sku <> w.v ->> 'sku' AND p_status <> 'draft' THEN  -- CAT-2
      PERFORM refuse('EM422', 'SKU_FIXED', jsonb_build_object('sku', o.sku));
    END IF;
    UPDATE variant SET sku = w.v ->> 'sku', barcode = w.v ->> 'barcode', options = coalesce(w.v -> 'options', '{}'), attributes = coalesce(w.v -> 'attributes', '{}'),
           weight_g = (w.v ->> 'weight_g')::integer, length_mm = (w.v ->> 'length_mm')::integer, width_mm = (w.v ->> 'width_mm')::integer, height_mm = (w.v ->> 'height_mm')::integer,
           is_default = coalesce((w.v ->> 'is_default')::boolean, false), status = coalesce(w.v ->> 'status', 'active'), media = coalesce(w.v -> 'media', '[]'), place = w.n, is_removed = false
     WHERE id = o.id;
  END LOOP;
END $$;

-- Creates (`p_version` null) or replaces a product from the checked and normalised JSON of a ProductInput, with event and document, in one transaction (CAT-9).
-- `p_codes` are all attribute codes it uses. Without a slug of its own a taken slug gets a suffix. `p_publish` also publishes a draft, as a version of its own.
CREATE FUNCTION product_save(p_id uuid, p_version bigint, p_external text, p_json jsonb, p_codes text[], p_has_slug boolean, p_now timestamptz, p_trace uuid,
                             p_publish boolean DEFAULT false, p_hash text DEFAULT NULL) RETURNS product
LANGUAGE plpgsql AS $$
DECLARE
  o product;
  p product;
  changed text[] := '{}';
  found_codes integer;
  conflict text;
BEGIN
  SELECT count(*) INTO found_codes FROM (SELECT FROM attribute_definition WHERE code = ANY (p_codes) FOR SHARE) x;
  IF found_codes <> cardinality(p_codes) THEN
    PERFORM refuse('EM422', 'ATTRIBUTE_INVALID', jsonb_build_object('unknown', to_jsonb(ARRAY(SELECT c FROM unnest(p_codes) c WHERE c NOT IN (SELECT code FROM attribute_definition)))));
  END IF;
  IF p_version IS NOT NULL THEN
    SELECT * INTO o FROM product x WHERE x.id = p_id FOR UPDATE;
    IF o.id IS NULL OR o.status = 'deleted' THEN PERFORM refuse('EM404', 'PRODUCT_NOT_FOUND'); END IF;
    PERFORM check_version(o.version, p_version);
  END IF;
  p := o;
  p.id := p_id;
  p.external_reference := coalesce(p_external, o.external_reference);
  p.slug := p_json ->> 'slug';
  IF NOT p_has_slug THEN
    IF o.id IS NOT NULL THEN
      p.slug := o.slug;
    ELSIF EXISTS (SELECT FROM product x WHERE x.slug = p.slug AND x.status <> 'deleted') THEN
      p.slug := left(p.slug, 110) || '-' || left(md5(p_id::text), 8);
    END IF;
  END IF;
  p.name := p_json ->> 'name';
  p.category_id := (p_json ->> 'category_id')::uuid;
  p.brand_id := (p_json ->> 'brand_id')::uuid;
  p.seller_id := (p_json ->> 'seller_id')::uuid;
  p.tax_class := coalesce(p_json ->> 'tax_class', 'standard');
  p.is_featured := coalesce((p_json ->> 'is_featured')::boolean, false);
  p.option_axes := text_array(p_json -> 'option_axes');
  p.attributes := coalesce(p_json -> 'attributes', '{}');
  p.publish_at := (p_json ->> 'publish_at')::timestamptz;
  p.content := jsonb_strip_nulls(jsonb_build_object('short_description', p_json -> 'short_description', 'description', p_json -> 'description', 'seo', p_json -> 'seo'))
            || jsonb_build_object('category_ids', coalesce(p_json -> 'category_ids', '[]'), 'tags', coalesce(p_json -> 'tags', '[]'), 'media', coalesce(p_json -> 'media', '[]'),
                                  'translations', coalesce(p_json -> 'translations', '{}'))
            || CASE WHEN p_json ? 'specifications' THEN jsonb_build_object('specifications', p_json -> 'specifications') ELSE '{}' END;
  p.updated_at := p_now;
  p.import_hash := p_hash;
  IF o.id IS NULL THEN
    p.status := 'draft';
    p.version := 1;
    p.created_at := p_now;
    INSERT INTO product (id, external_reference, slug, name, category_id, brand_id, seller_id, tax_class, is_featured, option_axes, attributes, content, status, publish_at, version,
                         created_at, updated_at)
    VALUES (p.id, p.external_reference, p.slug, p.name, p.category_id, p.brand_id, p.seller_id, p.tax_class, p.is_featured, p.option_axes, p.attributes, p.content, p.status,
            p.publish_at, 1, p_now, p_now);
  ELSE
    p.version := o.version + 1;
    changed := array_remove(ARRAY[CASE WHEN p.slug <> o.slug THEN 'slug' END, CASE WHEN p.name <> o.name THEN 'name' END, CASE WHEN p.content <> o.content THEN 'content' END,
                 CASE WHEN p.category_id IS DISTINCT FROM o.category_id THEN 'category_id' END, CASE WHEN p.brand_id IS DISTINCT FROM o.brand_id THEN 'brand_id' END,
                 CASE WHEN p.tax_class <> o.tax_class THEN 'tax_class' END, CASE WHEN p.attributes <> o.attributes THEN 'attributes' END], NULL);
    UPDATE product SET external_reference = p.external_reference, slug = p.slug, name = p.name, category_id = p.category_id, brand_id = p.brand_id, seller_id = p.seller_id,
           tax_class = p.tax_class, is_featured = p.is_featured, option_axes = p.option_axes, attributes = p.attributes, content = p.content, publish_at = p.publish_at,
           version = p.version WHERE id = p_id;
    IF p.slug <> o.slug THEN
      INSERT INTO slug_redirect (slug, product_id) VALUES (o.slug, p_id) ON CONFLICT (slug) DO UPDATE SET product_id = excluded.product_id;
    END IF;
    DELETE FROM product_category WHERE product_id = p_id;
  END IF;
  INSERT INTO product_category (category_id, product_id)
  SELECT DISTINCT c, p_id FROM unnest(p.category_id || text_array(p_json -> 'category_ids')::uuid[]) AS c WHERE c IS NOT NULL;
  PERFORM product_put_variants(p_id, coalesce(o.status, 'draft'), p_json -> 'variants');
  PERFORM product_announce(CASE WHEN o.id IS NULL THEN 'created' ELSE 'updated' END, p, NULL, changed, p_trace);
  IF p_publish AND p.status = 'draft' THEN
    p.status := 'active';
    p.version := p.version + 1;
    p.published_at := p_now;
    PERFORM product_announce('activated', p, NULL, ARRAY['status'], p_trace);
  END IF;
  IF p.status IN ('active', 'scheduled') THEN PERFORM product_check_complete(p); END IF;
  PERFORM product_render(p);
  RETURN p;
EXCEPTION
  WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS conflict = CONSTRAINT_NAME;
    CASE conflict
      WHEN 'variant_sku' THEN PERFORM refuse('EM409', 'SKU_TAKEN', jsonb_build_object('skus', to_jsonb(ARRAY(
             SELECT x ->> 'sku' FROM jsonb_array_elements(p_json -> 'variants') x JOIN variant v ON v.sku = x ->> 'sku' WHERE v.product_id <> p_id OR v.id::text IS DISTINCT FROM x ->> 'id'))));
      WHEN 'product_slug' THEN
        IF p_has_slug THEN PERFORM refuse('EM409', 'SLUG_TAKEN', jsonb_build_object('slug', p.slug)); END IF;
        -- Another product took the name's slug meanwhile.
        RETURN product_save(p_id, p_version, p_external, p_json || jsonb_build_object('slug', left(p_json ->> 'slug', 110) || '-' || left(md5(p_id::text), 8)), p_codes, true, p_now,
                            p_trace, p_publish, p_hash);
      WHEN 'product_external_reference' THEN PERFORM refuse('EM409', 'EXTERNAL_REFERENCE_TAKEN', jsonb_build_object('external_reference', p_external));
      WHEN 'variant_options' THEN PERFORM refuse('EM422', 'VARIANT_OPTIONS_INVALID');
      ELSE PERFORM refuse('EM409', 'ID_TAKEN');
    END CASE;
  WHEN foreign_key_violation THEN
    GET STACKED DIAGNOSTICS conflict = CONSTRAINT_NAME;
    PERFORM refuse('EM422', CASE WHEN conflict = 'product_brand_fk' THEN 'BRAND_NOT_FOUND' ELSE 'CATEGORY_NOT_FOUND' END);
END $$;

-- The same for one caller: answers the document.
CREATE FUNCTION product_write(p_id uuid, p_version bigint, p_external text, p_json jsonb, p_codes text[], p_has_slug boolean, p_now timestamptz, p_trace uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  p product;
BEGIN
  p := product_save(p_id, p_version, p_external, p_json, p_codes, p_has_slug, p_now, p_trace);
  RETURN (SELECT document FROM product WHERE id = p.id);
END $$;

-- Moves a product that the caller has locked to another status. Which moves there are is decided by the application's table.
CREATE FUNCTION product_move(p_id uuid, p_to text, p_check boolean, p_reason text, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o product;
  p product;
BEGIN
  SELECT * INTO o FROM product WHERE id = p_id FOR UPDATE;
  p := o;
  p.status := p_to;
  p.version := o.version + 1;
  p.updated_at := p_now;
  p.reject_reason := CASE WHEN p_to = 'rejected' THEN p_reason END;
  IF p_to = 'active' THEN p.published_at := coalesce(o.published_at, p_now); END IF;
  IF p_check THEN PERFORM product_check_complete(p); END IF;
  PERFORM product_render(p);
  PERFORM product_announce(CASE WHEN p_to = 'active' THEN 'activated' WHEN p_to = 'deleted' THEN 'deleted' WHEN o.status = 'active' THEN 'deactivated' ELSE 'updated' END,
                           p, p_reason, ARRAY['status'], p_trace);
  RETURN (SELECT document FROM product WHERE id = p_id);
END $$;

-- Scheduled products whose time has come. Two workers never take the same one. Answers how many were published.
CREATE FUNCTION product_publish_due(p_now timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  due uuid;
  published integer := 0;
BEGIN
  FOR due IN SELECT id FROM product WHERE status = 'scheduled' AND publish_at <= p_now ORDER BY publish_at LIMIT p_count FOR UPDATE SKIP LOCKED LOOP
    PERFORM product_move(due, 'active', false, 'due', p_now, NULL);
    published := published + 1;
  END LOOP;
  RETURN published;
END $$;

-- Stores a picture and adds it to its product. The same picture again changes nothing.
CREATE FUNCTION media_put(p_product uuid, p_media uuid, p_type text, p_etag text, p_bytes bytea, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p product;
  m media;
BEGIN
  SELECT * INTO p FROM product WHERE id = p_product FOR UPDATE;
  IF p.id IS NULL OR p.status = 'deleted' THEN PERFORM refuse('EM404', 'PRODUCT_NOT_FOUND'); END IF;
  SELECT * INTO m FROM media WHERE id = p_media;
  IF m.id IS NOT NULL AND (m.product_id <> p_product OR m.etag <> p_etag) THEN PERFORM refuse('EM409', 'MEDIA_TAKEN'); END IF;
  IF m.id IS NULL THEN INSERT INTO media (id, product_id, content_type, etag, bytes, created_at) VALUES (p_media, p_product, p_type, p_etag, p_bytes, p_now); END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements(p.content -> 'media') e WHERE e ->> 'media_id' = p_media::text) THEN RETURN; END IF;
  p.content := jsonb_set(p.content, '{media}', (p.content -> 'media') || jsonb_build_object('media_id', p_media, 'url', '/api/v1/catalog/media/' || p_media, 'content_type', p_type));
  p.version := p.version + 1;
  p.updated_at := p_now;
  UPDATE product SET content = p.content, version = p.version, updated_at = p_now WHERE id = p_product;
  PERFORM product_render(p);
  PERFORM product_announce('updated', p, NULL, ARRAY['media'], p_trace);
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('EM409', 'MEDIA_TAKEN');
END $$;

-- Whether any product or variant has a value of an attribute, or offers it as an axis.
CREATE FUNCTION attribute_in_use(p_code text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN EXISTS (SELECT FROM product WHERE attributes ? p_code) OR EXISTS (SELECT FROM product WHERE p_code = ANY (option_axes))
      OR EXISTS (SELECT FROM variant WHERE attributes ? p_code OR options ? p_code);
END $$;
CREATE FUNCTION attribute_option_in_use(p_code text, p_options text[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN EXISTS (SELECT FROM product WHERE attributes ? p_code AND (attributes ->> p_code = ANY (p_options) OR attributes -> p_code ?| p_options))
      OR EXISTS (SELECT FROM variant WHERE options ->> p_code = ANY (p_options) OR attributes ->> p_code = ANY (p_options) OR attributes -> p_code ?| p_options);
END $$;

-- Defines an attribute (`p_version` null) or changes its definition. The lock waits for products that are being saved with it.
CREATE FUNCTION attribute_save(p_code text, p_version bigint, p_json jsonb, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o attribute_definition;
  a attribute_definition;
  gone text[];
BEGIN
  SELECT * INTO o FROM attribute_definition WHERE code = p_code FOR UPDATE;
  IF p_version IS NULL AND o.code IS NOT NULL THEN PERFORM refuse('EM409', 'CODE_TAKEN', jsonb_build_object('code', p_code)); END IF;
  IF p_version IS NOT NULL AND o.code IS NULL THEN PERFORM refuse('EM404', 'ATTRIBUTE_NOT_FOUND'); END IF;
  a.code := p_code;
  a.name := p_json ->> 'name';
  a.data_type := p_json ->> 'data_type';
  a.unit := p_json ->> 'unit';
  a.options := text_array(p_json -> 'options');
  a.is_searchable := coalesce((p_json ->> 'is_searchable')::boolean, false);
  a.is_filterable := coalesce((p_json ->> 'is_filterable')::boolean, false);
  a.is_axis := coalesce((p_json ->> 'is_axis')::boolean, false);
  a.is_indexed := (p_json ->> 'is_indexed')::boolean;
  a.rules := coalesce(p_json -> 'rules', '{}');
  a.version := coalesce(o.version, 0) + 1;
  IF o.code IS NOT NULL THEN
    PERFORM check_version(o.version, p_version);
    gone := ARRAY(SELECT unnest(o.options) EXCEPT SELECT unnest(a.options));
    IF ((a.data_type <> o.data_type OR a.rules <> o.rules) AND attribute_in_use(p_code)) OR (cardinality(gone) > 0 AND attribute_option_in_use(p_code, gone)) THEN
      PERFORM refuse('EM409', 'IN_USE');
    END IF;
    UPDATE attribute_definition SET name = a.name, data_type = a.data_type, unit = a.unit, options = a.options, is_searchable = a.is_searchable, is_filterable = a.is_filterable,
           is_axis = a.is_axis, is_indexed = a.is_indexed, rules = a.rules, version = a.version WHERE code = p_code;
  ELSE
    INSERT INTO attribute_definition SELECT a.*;
  END IF;
  PERFORM attribute_announce(a, p_trace);
  RETURN attribute_document(a);
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('EM409', 'CODE_TAKEN', jsonb_build_object('code', p_code));
END $$;

CREATE FUNCTION attribute_delete(p_code text, p_version bigint, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o attribute_definition;
BEGIN
  SELECT * INTO o FROM attribute_definition WHERE code = p_code FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'ATTRIBUTE_NOT_FOUND'); END IF;
  PERFORM check_version(o.version, p_version);
  IF attribute_in_use(p_code) OR EXISTS (SELECT FROM category WHERE p_code = ANY (required_attributes || optional_attributes)) THEN PERFORM refuse('EM409', 'IN_USE'); END IF;
  DELETE FROM attribute_definition WHERE code = p_code;
  PERFORM outbox_append('catalog.attribute.deleted', p_code, o.version + 1, jsonb_build_object('code', p_code)::text, p_trace);
  RETURN '{}';
END $$;
