-- The tree of categories, brands and attribute definitions. Source: product.md §1.
CREATE TABLE category (
  id                     uuid PRIMARY KEY,
  parent_id              uuid CONSTRAINT category_parent REFERENCES category,
  path                   uuid[] NOT NULL,  -- From the root down, itself included.
  name                   text NOT NULL,
  slug                   text NOT NULL CONSTRAINT category_slug UNIQUE,
  sort_order             integer NOT NULL DEFAULT 0,
  status                 text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  image                  text,
  seo                    jsonb,
  required_attributes    text[] NOT NULL DEFAULT '{}',
  optional_attributes    text[] NOT NULL DEFAULT '{}',
  is_strictly_restricted boolean NOT NULL DEFAULT false,
  version                bigint NOT NULL DEFAULT 1,
  CHECK (cardinality(path) BETWEEN 1 AND 5 AND path[cardinality(path)] = id)  -- CAT-7
);
CREATE INDEX category_children ON category (parent_id, id);
CREATE INDEX category_subtree ON category USING gin (path);

CREATE TABLE brand (
  id      uuid PRIMARY KEY,
  name    text NOT NULL,
  slug    text NOT NULL CONSTRAINT brand_slug UNIQUE,
  country text,
  logo    text,
  version bigint NOT NULL DEFAULT 1
);
CREATE INDEX brand_list ON brand (name, id);

CREATE TABLE attribute_definition (
  code          text PRIMARY KEY,
  name          text NOT NULL,
  data_type     text NOT NULL CHECK (data_type IN ('text', 'number', 'boolean', 'date', 'select', 'multiselect')),
  unit          text,
  options       text[] NOT NULL DEFAULT '{}',
  is_searchable boolean NOT NULL DEFAULT false,
  is_filterable boolean NOT NULL DEFAULT false,
  is_axis       boolean NOT NULL DEFAULT false,
  is_indexed    boolean,
  rules         jsonb NOT NULL DEFAULT '{}',
  version       bigint NOT NULL DEFAULT 1
);

CREATE FUNCTION json_time(p timestamptz) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END $$;
CREATE FUNCTION text_array(p jsonb) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN coalesce((SELECT array_agg(t.v ORDER BY t.n) FROM jsonb_array_elements_text(p) WITH ORDINALITY AS t(v, n)), '{}');
END $$;
CREATE FUNCTION check_version(p_is bigint, p_said bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_is <> p_said THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', p_is)); END IF;
END $$;

CREATE FUNCTION category_document(c category) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object('id', c.id, 'parent_id', c.parent_id, 'path', to_jsonb(c.path), 'depth', cardinality(c.path), 'name', c.name, 'slug', c.slug,
    'sort_order', c.sort_order, 'status', c.status, 'image', c.image, 'seo', c.seo,
    'template_attributes', jsonb_build_object('required', to_jsonb(c.required_attributes), 'optionals', to_jsonb(c.optional_attributes)),
    'is_strictly_restricted', c.is_strictly_restricted, 'version', c.version))::text;
END $$;
CREATE FUNCTION category_announce(p_topic text, c category, p_old_path uuid[], p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('catalog.category.' || p_topic, c.id::text, c.version, jsonb_build_object('category_id', c.id, 'path', to_jsonb(c.path),
    'old_path', to_jsonb(coalesce(p_old_path, '{}'::uuid[])), 'name', c.name, 'slug', c.slug, 'status', c.status, 'is_strictly_restricted', c.is_strictly_restricted,
    'required_attributes', to_jsonb(c.required_attributes), 'optional_attributes', to_jsonb(c.optional_attributes), 'version', c.version)::text, p_trace);
END $$;
-- CAT-7: whoever changes the tree's shape waits for the others.
CREATE FUNCTION category_tree_lock() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('catalog.category_tree'));
END $$;
CREATE FUNCTION category_path_below(p_parent uuid, p_id uuid) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  above uuid[];
BEGIN
  IF p_parent IS NULL THEN RETURN ARRAY[p_id]; END IF;
  SELECT path INTO above FROM category WHERE id = p_parent;
  IF NOT FOUND THEN PERFORM refuse('EM422', 'CATEGORY_NOT_FOUND', jsonb_build_object('category_id', p_parent)); END IF;
  IF p_id = ANY (above) THEN PERFORM refuse('EM409', 'CYCLE'); END IF;
  IF cardinality(above) >= 5 THEN PERFORM refuse('EM422', 'CATEGORY_DEPTH', '{"max":5}'); END IF;
  RETURN above || p_id;
END $$;

-- Creates a category (`p_version` null) or replaces one; its place stays then.
CREATE FUNCTION category_save(p_id uuid, p_version bigint, p_parent uuid, p_json jsonb, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c category;
  unknown text[];
BEGIN
  PERFORM category_tree_lock();
  c.required_attributes := text_array(p_json #> '{template_attributes,required}');
  c.optional_attributes := text_array(p_json #> '{template_attributes,optionals}');
  PERFORM FROM attribute_definition WHERE code = ANY (c.required_attributes || c.optional_attributes) FOR SHARE;
  unknown := ARRAY(SELECT code FROM unnest(c.required_attributes || c.optional_attributes) AS code WHERE code NOT IN (SELECT a.code FROM attribute_definition a));
  IF cardinality(unknown) > 0 THEN PERFORM refuse('EM422', 'ATTRIBUTE_UNKNOWN', jsonb_build_object('codes', to_jsonb(unknown))); END IF;
  IF p_version IS NULL THEN
    INSERT INTO category (id, parent_id, path, name, slug, sort_order, status, image, seo, required_attributes, optional_attributes, is_strictly_restricted)
    VALUES (p_id, p_parent, category_path_below(p_parent, p_id), p_json ->> 'name', p_json ->> 'slug', coalesce((p_json ->> 'sort_order')::integer, 0),
            coalesce(p_json ->> 'status', 'active'), p_json ->> 'image', p_json -> 'seo', c.required_attributes, c.optional_attributes,
            coalesce((p_json ->> 'is_strictly_restricted')::boolean, false))
    RETURNING * INTO c;
    PERFORM category_announce('created', c, NULL, p_trace);
    RETURN category_document(c);
  END IF;
  PERFORM FROM category WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'CATEGORY_NOT_FOUND'); END IF;
  PERFORM check_version((SELECT version FROM category WHERE id = p_id), p_version);
  UPDATE category SET name = p_json ->> 'name', slug = p_json ->> 'slug', sort_order = coalesce((p_json ->> 'sort_order')::integer, 0), status = coalesce(p_json ->> 'status', 'active'),
         image = p_json ->> 'image', seo = p_json -> 'seo', required_attributes = c.required_attributes, optional_attributes = c.optional_attributes,
         is_strictly_restricted = coalesce((p_json ->> 'is_strictly_restricted')::boolean, false), version = version + 1
   WHERE id = p_id RETURNING * INTO c;
  PERFORM category_announce('updated', c, NULL, p_trace);
  RETURN category_document(c);
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('EM409', CASE WHEN SQLERRM LIKE '%category_pkey%' THEN 'ID_TAKEN' ELSE 'SLUG_TAKEN' END, jsonb_build_object('slug', p_json ->> 'slug'));
END $$;

CREATE FUNCTION category_move(p_id uuid, p_version bigint, p_parent uuid, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o category;
  c category;
  above uuid[];
BEGIN
  PERFORM category_tree_lock();
  SELECT * INTO o FROM category WHERE id = p_id;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'CATEGORY_NOT_FOUND'); END IF;
  above := category_path_below(p_parent, p_id);
  PERFORM check_version(o.version, p_version);
  IF (SELECT max(cardinality(path)) FROM category WHERE path @> ARRAY[p_id]) - cardinality(o.path) + cardinality(above) > 5 THEN
    PERFORM refuse('EM422', 'CATEGORY_DEPTH', '{"max":5}');
  END IF;
  FOR c IN UPDATE category SET path = above || path[cardinality(o.path) + 1:], parent_id = CASE WHEN id = p_id THEN p_parent ELSE parent_id END, version = version + 1
            WHERE path @> ARRAY[p_id] RETURNING * LOOP
    PERFORM category_announce('moved', c, o.path || c.path[cardinality(above) + 1:], p_trace);
  END LOOP;
  SELECT * INTO c FROM category WHERE id = p_id;
  RETURN category_document(c);
END $$;

CREATE FUNCTION category_delete(p_id uuid, p_version bigint, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c category;
BEGIN
  PERFORM category_tree_lock();
  SELECT * INTO c FROM category WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'CATEGORY_NOT_FOUND'); END IF;
  PERFORM check_version(c.version, p_version);
  DELETE FROM category WHERE id = p_id;
  c.version := c.version + 1;
  PERFORM category_announce('deleted', c, NULL, p_trace);
  RETURN '{}';
EXCEPTION WHEN foreign_key_violation THEN
  PERFORM refuse('EM409', 'IN_USE');
END $$;

CREATE FUNCTION brand_document(b brand) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(to_jsonb(b))::text;
END $$;
CREATE FUNCTION brand_create(p_id uuid, p_name text, p_slug text, p_country text, p_logo text, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  b brand;
BEGIN
  INSERT INTO brand (id, name, slug, country, logo) VALUES (p_id, p_name, p_slug, p_country, p_logo) RETURNING * INTO b;
  PERFORM outbox_append('catalog.brand.updated', b.id::text, b.version, jsonb_build_object('id', b.id, 'name', b.name, 'slug', b.slug, 'version', b.version)::text, p_trace);
  RETURN brand_document(b);
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('EM409', CASE WHEN SQLERRM LIKE '%brand_pkey%' THEN 'ID_TAKEN' ELSE 'SLUG_TAKEN' END, jsonb_build_object('slug', p_slug));
END $$;

CREATE FUNCTION attribute_document(a attribute_definition) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object('code', a.code, 'name', a.name, 'data_type', a.data_type, 'unit', a.unit, 'options', to_jsonb(a.options), 'is_searchable', a.is_searchable,
    'is_filterable', a.is_filterable, 'is_axis', a.is_axis, 'effective_indexed', coalesce(a.is_indexed, a.is_searchable OR a.is_filterable), 'rules', a.rules, 'version', a.version))::text;
END $$;
CREATE FUNCTION attribute_announce(a attribute_definition, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('catalog.attribute.reconfigured', a.code, a.version, jsonb_build_object('code', a.code, 'data_type', a.data_type,
    'effective_indexed', coalesce(a.is_indexed, a.is_searchable OR a.is_filterable), 'searchable', a.is_searchable, 'filterable', a.is_filterable,
    'options', to_jsonb(a.options), 'version', a.version)::text, p_trace);
END $$;
