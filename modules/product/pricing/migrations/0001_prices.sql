-- Price lists, their history, and what Pricing knows of each SKU. Source: product.md §2.
CREATE EXTENSION IF NOT EXISTS btree_gist;  -- Trusted since PostgreSQL 13: the database's owner may.

-- From Catalog's events: which product a SKU belongs to and how it is taxed. `version` is the product's.
CREATE TABLE sku_fact (
  sku        text PRIMARY KEY,
  product_id uuid NOT NULL,
  tax_class  text NOT NULL,
  is_deleted boolean NOT NULL DEFAULT false,
  version    bigint NOT NULL
);
CREATE INDEX sku_fact_product ON sku_fact (product_id);

CREATE FUNCTION sku_fact_apply(p_product uuid, p_version bigint, p_tax_class text, p_skus text[], p_deleted boolean[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sku_fact AS f (sku, product_id, tax_class, is_deleted, version)
  SELECT u.sku, p_product, p_tax_class, u.deleted, p_version FROM unnest(p_skus, p_deleted) AS u(sku, deleted) ORDER BY u.sku
  ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id, tax_class = excluded.tax_class, is_deleted = excluded.is_deleted, version = excluded.version
   WHERE f.version < excluded.version;
END $$;

-- Who and what a price is for; there is one active price per scope and instant (PRC-2).
CREATE FUNCTION price_scope(p_sku text, p_product uuid, p_warehouse uuid, p_group text, p_currency text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN p_sku IS NULL THEN 'p|' || p_product ELSE 's|' || p_sku END || '|' || coalesce(p_warehouse::text, '') || '|' || coalesce(p_group, '') || '|' || p_currency;
END $$;

CREATE TABLE price (
  id             uuid PRIMARY KEY,
  product_id     uuid,
  sku            text,
  warehouse_id   uuid,
  customer_group text,
  currency       text NOT NULL CHECK (length(currency) = 3),
  base_amount    bigint NOT NULL CHECK (base_amount BETWEEN 0 AND 1000000000000000),
  is_free        boolean NOT NULL DEFAULT false,
  tier_min_qty   integer[] NOT NULL DEFAULT '{}',
  tier_amount    bigint[] NOT NULL DEFAULT '{}',
  sale_amount    bigint,
  sale_starts_at timestamptz,
  sale_ends_at   timestamptz,
  cost_amount    bigint,
  min_amount     bigint,
  tax_included   boolean NOT NULL DEFAULT false,
  effective_from timestamptz NOT NULL,
  effective_to   timestamptz,
  is_active      boolean NOT NULL DEFAULT true,
  version        bigint NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  sale_is_on     boolean NOT NULL DEFAULT false,  -- As told by the last sale event.
  boundary_at    timestamptz,                     -- When the window worker looks at the sale next.
  scope          text NOT NULL GENERATED ALWAYS AS (price_scope(sku, product_id, warehouse_id, customer_group, currency)) STORED,
  CHECK (sku IS NOT NULL OR product_id IS NOT NULL),
  CHECK (base_amount > 0 OR is_free),                                               -- PRC-1
  CHECK (sale_amount >= 0 AND sale_amount < base_amount),
  CHECK (sale_ends_at > sale_starts_at),
  CHECK (effective_to > effective_from),
  CHECK (cardinality(tier_min_qty) = cardinality(tier_amount)),
  CONSTRAINT price_window EXCLUDE USING gist (scope WITH =, tstzrange(effective_from, effective_to) WITH &&) WHERE (is_active)
);
CREATE INDEX price_by_sku ON price (sku) WHERE is_active AND sku IS NOT NULL;
CREATE INDEX price_by_product ON price (product_id) WHERE is_active AND sku IS NULL;
CREATE INDEX price_by_scope ON price (scope, effective_from) WHERE is_active;
CREATE INDEX price_boundary ON price (boundary_at) WHERE is_active AND boundary_at IS NOT NULL;
CREATE INDEX price_product_list ON price (product_id, id DESC);
CREATE INDEX price_sku_list ON price (sku, id DESC);
CREATE INDEX price_warehouse_list ON price (warehouse_id, id DESC) WHERE warehouse_id IS NOT NULL;

-- Append-only: every change of a price (PRC-5).
CREATE TABLE price_history (
  price_id  uuid NOT NULL,
  version   bigint NOT NULL,
  action    text NOT NULL CHECK (action IN ('created', 'updated', 'deleted')),
  old_terms text,
  new_terms text,
  actor     text NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (price_id, version)
);

-- The forms of the contract: an instant, an amount, a price's terms, a price, and the facts of its events.
CREATE FUNCTION json_time(p timestamptz) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END $$;
CREATE FUNCTION json_money(p_amount bigint, p_currency text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN p_amount IS NULL THEN NULL ELSE jsonb_build_object('amount', p_amount, 'currency', p_currency) END;
END $$;
CREATE FUNCTION price_tiers(p price) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN coalesce((SELECT jsonb_agg(jsonb_build_object('min_qty', t.q, 'unit_amount', json_money(t.a, p.currency)) ORDER BY t.q)
                     FROM unnest(p.tier_min_qty, p.tier_amount) AS t(q, a)), '[]');
END $$;
CREATE FUNCTION price_terms(p price) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object(
    'base_amount', json_money(p.base_amount, p.currency), 'tiers', price_tiers(p), 'sale_amount', json_money(p.sale_amount, p.currency),
    'sale_starts_at', json_time(p.sale_starts_at), 'sale_ends_at', json_time(p.sale_ends_at), 'cost_amount', json_money(p.cost_amount, p.currency),
    'min_amount', json_money(p.min_amount, p.currency), 'is_free', p.is_free, 'tax_included', p.tax_included,
    'effective_from', json_time(p.effective_from), 'effective_to', json_time(p.effective_to)));
END $$;
CREATE FUNCTION price_document(p price) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object(
    'id', p.id, 'product_id', p.product_id, 'sku', p.sku, 'warehouse_id', p.warehouse_id, 'customer_group', p.customer_group, 'currency', p.currency,
    'terms', price_terms(p), 'is_active', p.is_active, 'version', p.version, 'updated_at', json_time(p.updated_at)))::text;
END $$;
CREATE FUNCTION price_level(p price) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN p.sku IS NOT NULL THEN 'sku' ELSE 'product' END || CASE WHEN p.warehouse_id IS NOT NULL THEN '_warehouse' ELSE '' END;
END $$;
CREATE FUNCTION price_facts(p price, p_previous_base bigint, p_previous_sale bigint, p_actor text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_build_object('price', jsonb_strip_nulls(jsonb_build_object(
    'price_id', p.id, 'level', price_level(p), 'product_id', p.product_id, 'sku', p.sku, 'warehouse_id', p.warehouse_id, 'group', p.customer_group,
    'currency', p.currency, 'base', json_money(p.base_amount, p.currency), 'tiers', price_tiers(p), 'sale', json_money(p.sale_amount, p.currency),
    'sale_starts_at', json_time(p.sale_starts_at), 'sale_ends_at', json_time(p.sale_ends_at),
    'standard_base', json_money(p.base_amount, p.currency), 'standard_sale', json_money(p.sale_amount, p.currency),
    'effective_from', json_time(p.effective_from), 'effective_to', json_time(p.effective_to),
    'previous_base', json_money(p_previous_base, p.currency), 'previous_sale', json_money(p_previous_sale, p.currency), 'actor', p_actor, 'version', p.version)))::text;
END $$;

-- PRC-6: a base that moves by more than half, or lies below cost, needs a permission.
CREATE FUNCTION price_check_override(p price, p_previous_base bigint, p_may_override boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_may_override THEN RETURN; END IF;
  IF p.base_amount < p.cost_amount THEN
    PERFORM refuse('EM422', 'OVERRIDE_REQUIRED', '{"why":"below cost"}');
  END IF;
  IF 2 * abs(p.base_amount - p_previous_base) > p_previous_base THEN
    PERFORM refuse('EM422', 'OVERRIDE_REQUIRED', jsonb_build_object('why', 'more than 50 %', 'previous', p_previous_base));
  END IF;
END $$;

-- Writes one change: the row, its history and its event. `p_new` holds every column but scope; `p_old` is null for a new price.
CREATE FUNCTION price_write(p_new price, p_old price, p_action text, p_actor text, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_action = 'created' THEN
    INSERT INTO price (id, product_id, sku, warehouse_id, customer_group, currency, base_amount, is_free, tier_min_qty, tier_amount, sale_amount, sale_starts_at, sale_ends_at,
                       cost_amount, min_amount, tax_included, effective_from, effective_to, is_active, version, created_at, updated_at, sale_is_on, boundary_at)
    VALUES (p_new.id, p_new.product_id, p_new.sku, p_new.warehouse_id, p_new.customer_group, p_new.currency, p_new.base_amount, p_new.is_free, p_new.tier_min_qty,
            p_new.tier_amount, p_new.sale_amount, p_new.sale_starts_at, p_new.sale_ends_at, p_new.cost_amount, p_new.min_amount, p_new.tax_included, p_new.effective_from,
            p_new.effective_to, true, 1, p_new.updated_at, p_new.updated_at, false, p_new.boundary_at);
  ELSE
    UPDATE price SET base_amount = p_new.base_amount, is_free = p_new.is_free, tier_min_qty = p_new.tier_min_qty, tier_amount = p_new.tier_amount,
           sale_amount = p_new.sale_amount, sale_starts_at = p_new.sale_starts_at, sale_ends_at = p_new.sale_ends_at, cost_amount = p_new.cost_amount,
           min_amount = p_new.min_amount, tax_included = p_new.tax_included, effective_from = p_new.effective_from, effective_to = p_new.effective_to,
           is_active = p_new.is_active, version = p_new.version, updated_at = p_new.updated_at, boundary_at = p_new.boundary_at
     WHERE id = p_new.id;
  END IF;
  INSERT INTO price_history (price_id, version, action, old_terms, new_terms, actor, at)
  VALUES (p_new.id, p_new.version, p_action, CASE WHEN p_action <> 'created' THEN price_terms(p_old)::text END,
          CASE WHEN p_action <> 'deleted' THEN price_terms(p_new)::text END, p_actor, p_new.updated_at);
  PERFORM outbox_append('pricing.price.' || p_action, p_new.id::text, p_new.version,
                        price_facts(p_new, CASE WHEN p_action <> 'created' THEN p_old.base_amount END, CASE WHEN p_action <> 'created' THEN p_old.sale_amount END, p_actor), p_trace);
END $$;

-- Reads the flat JSON that the application makes of checked terms.
CREATE FUNCTION price_of_json(p jsonb, p_now timestamptz) RETURNS price LANGUAGE plpgsql AS $$
DECLARE
  r price;
BEGIN
  r := jsonb_populate_record(NULL::price, p);
  r.effective_from := coalesce(r.effective_from, p_now);
  r.updated_at := p_now;
  r.is_active := true;
  r.boundary_at := CASE WHEN r.sale_amount IS NOT NULL THEN greatest(p_now, coalesce(r.sale_starts_at, p_now)) END;
  RETURN r;
END $$;

CREATE FUNCTION price_create(p_id uuid, p_json jsonb, p_actor text, p_may_override boolean, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r price;
  previous bigint;
BEGIN
  r := price_of_json(p_json, p_now);
  r.id := p_id;
  r.version := 1;
  IF r.sku IS NOT NULL AND r.product_id IS NOT NULL AND EXISTS (SELECT FROM sku_fact f WHERE f.sku = r.sku AND f.product_id <> r.product_id) THEN
    PERFORM refuse('EM422', 'PRICE_INVALID', '{"rule":"the SKU belongs to another product"}');
  END IF;
  SELECT p.base_amount INTO previous FROM price p
   WHERE p.is_active AND p.scope = price_scope(r.sku, r.product_id, r.warehouse_id, r.customer_group, r.currency) AND p.effective_from <= r.effective_from
   ORDER BY p.effective_from DESC LIMIT 1;
  PERFORM price_check_override(r, previous, p_may_override);
  PERFORM price_write(r, NULL, 'created', p_actor, p_trace);
  RETURN price_document(r);
EXCEPTION WHEN exclusion_violation THEN
  PERFORM refuse('EM409', 'WINDOW_OVERLAP');
END $$;

CREATE FUNCTION price_update(p_id uuid, p_version bigint, p_json jsonb, p_actor text, p_may_override boolean, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o price;
  r price;
BEGIN
  SELECT * INTO o FROM price WHERE id = p_id AND is_active FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'PRICE_NOT_FOUND'); END IF;
  IF o.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', o.version)); END IF;
  r := price_of_json(p_json || jsonb_build_object('product_id', o.product_id, 'sku', o.sku, 'warehouse_id', o.warehouse_id, 'customer_group', o.customer_group)
                     || CASE WHEN p_json ->> 'effective_from' IS NULL THEN jsonb_build_object('effective_from', o.effective_from) ELSE '{}' END, p_now);
  IF r.currency <> o.currency THEN PERFORM refuse('EM422', 'PRICE_INVALID', '{"rule":"a price keeps its currency"}'); END IF;
  r.id := o.id;
  r.version := o.version + 1;
  r.boundary_at := CASE WHEN o.sale_is_on THEN p_now ELSE r.boundary_at END;
  PERFORM price_check_override(r, o.base_amount, p_may_override);
  PERFORM price_write(r, o, 'updated', p_actor, p_trace);
  RETURN price_document(r);
EXCEPTION WHEN exclusion_violation THEN
  PERFORM refuse('EM409', 'WINDOW_OVERLAP');
END $$;

CREATE FUNCTION price_delete(p_id uuid, p_version bigint, p_actor text, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  o price;
  r price;
BEGIN
  SELECT * INTO o FROM price WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'PRICE_NOT_FOUND'); END IF;
  IF NOT o.is_active AND o.version = p_version + 1 THEN RETURN; END IF;  -- The same deletion again.
  IF NOT o.is_active THEN PERFORM refuse('EM404', 'PRICE_NOT_FOUND'); END IF;
  IF o.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', o.version)); END IF;
  r := o;
  r.is_active := false;
  r.version := o.version + 1;
  r.updated_at := p_now;
  r.boundary_at := NULL;
  PERFORM price_write(r, o, 'deleted', p_actor, p_trace);
END $$;

-- Sale windows that opened or closed since they were last looked at. Answers how many rows were looked at.
CREATE FUNCTION price_sale_boundaries(p_now timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  o price;
  seen integer := 0;
  starts timestamptz;
  ends timestamptz;
  is_on boolean;
  facts text;
BEGIN
  FOR o IN SELECT * FROM price WHERE is_active AND boundary_at <= p_now ORDER BY boundary_at LIMIT p_count FOR UPDATE SKIP LOCKED LOOP
    seen := seen + 1;
    starts := greatest(o.effective_from, o.sale_starts_at);
    ends := least(o.effective_to, o.sale_ends_at);
    is_on := o.sale_amount IS NOT NULL AND starts <= p_now AND (ends IS NULL OR p_now < ends);
    facts := jsonb_strip_nulls(jsonb_build_object('price_id', o.id, 'sku', o.sku, 'warehouse_id', o.warehouse_id, 'currency', o.currency,
               'sale', json_money(coalesce(o.sale_amount, o.base_amount), o.currency), 'list', json_money(o.base_amount, o.currency)))::text;
    IF is_on <> o.sale_is_on THEN
      PERFORM outbox_append(CASE WHEN is_on THEN 'pricing.sale.started' ELSE 'pricing.sale.ended' END, o.id::text, o.version + 1, facts, NULL);
    END IF;
    UPDATE price SET sale_is_on = is_on, version = version + (is_on <> o.sale_is_on)::integer,
           boundary_at = CASE WHEN o.sale_amount IS NULL THEN NULL WHEN starts > p_now THEN starts WHEN ends > p_now THEN ends END
     WHERE id = o.id;
  END LOOP;
  RETURN seen;
END $$;
