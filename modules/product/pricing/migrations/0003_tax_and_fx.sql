-- Tax zones, rates and settings, and exchange rates: small tables that each replica holds in memory, and a revision that tells it when they changed.
CREATE TABLE tables_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL DEFAULT 1
);
INSERT INTO tables_revision DEFAULT VALUES;
CREATE FUNCTION tables_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tables_revision SET revision = revision + 1;
  RETURN NULL;
END $$;

CREATE TABLE tax_zone (
  id         uuid PRIMARY KEY,
  name       text NOT NULL,
  country    text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  region     text,
  postcodes  text[] NOT NULL DEFAULT '{}',  -- '75001' or '75000..75999'
  priority   integer NOT NULL DEFAULT 0,
  version    bigint NOT NULL DEFAULT 1
);
CREATE INDEX tax_zone_list ON tax_zone (country, id);

CREATE TABLE tax_rule (
  id             uuid PRIMARY KEY,
  zone_id        uuid NOT NULL CONSTRAINT tax_rule_zone REFERENCES tax_zone,
  tax_class      text NOT NULL,
  customer_group text,
  name           text NOT NULL,
  type           text NOT NULL CHECK (type IN ('vat', 'gst', 'sales', 'duty', 'excise')),
  rate           text NOT NULL CHECK (rate::numeric BETWEEN 0 AND 10 AND scale(rate::numeric) <= 6),
  is_compound    boolean NOT NULL DEFAULT false,
  priority       integer NOT NULL DEFAULT 0,
  is_exempt      boolean NOT NULL DEFAULT false CHECK (NOT is_exempt OR (rate::numeric = 0 AND customer_group IS NOT NULL)),
  effective_from timestamptz,
  effective_to   timestamptz,
  version        bigint NOT NULL DEFAULT 1,
  CHECK (effective_to > effective_from),
  -- The same tax is levied once at a time.
  CONSTRAINT tax_rule_window EXCLUDE USING gist (zone_id WITH =, tax_class WITH =, (coalesce(customer_group, '')) WITH =, name WITH =, tstzrange(effective_from, effective_to) WITH &&)
);
CREATE INDEX tax_rule_list ON tax_rule (zone_id, id);

CREATE TABLE tax_settings (
  country            text PRIMARY KEY,
  prices_include_tax boolean NOT NULL,
  rounding           text NOT NULL CHECK (rounding IN ('line', 'total')),
  shipping_tax_class text NOT NULL,
  is_strict          boolean NOT NULL
);

CREATE TABLE fx_rate (
  id       uuid NOT NULL UNIQUE,
  base     text NOT NULL,
  quote    text NOT NULL CHECK (quote <> base),
  rate     text NOT NULL CHECK (rate::numeric > 0),
  provider text NOT NULL,
  as_of    timestamptz NOT NULL,
  version  bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (base, quote)
);

CREATE TRIGGER tax_zone_changed AFTER INSERT OR UPDATE OR DELETE ON tax_zone FOR EACH STATEMENT EXECUTE FUNCTION tables_changed();
CREATE TRIGGER tax_rule_changed AFTER INSERT OR UPDATE OR DELETE ON tax_rule FOR EACH STATEMENT EXECUTE FUNCTION tables_changed();
CREATE TRIGGER tax_settings_changed AFTER INSERT OR UPDATE OR DELETE ON tax_settings FOR EACH STATEMENT EXECUTE FUNCTION tables_changed();
CREATE TRIGGER fx_rate_changed AFTER INSERT OR UPDATE OR DELETE ON fx_rate FOR EACH STATEMENT EXECUTE FUNCTION tables_changed();

-- The forms of the contract, and each change as one function.
CREATE FUNCTION tax_zone_document(p tax_zone) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_build_object('id', p.id, 'version', p.version, 'terms', jsonb_strip_nulls(jsonb_build_object(
    'name', p.name, 'country', p.country, 'region', p.region, 'priority', p.priority,
    'postcodes', coalesce((SELECT jsonb_agg(CASE WHEN c LIKE '%..%' THEN jsonb_build_object('from', split_part(c, '..', 1), 'to', split_part(c, '..', 2))
                                                 ELSE jsonb_build_object('from', c) END) FROM unnest(p.postcodes) c), '[]'))))::text;
END $$;
CREATE FUNCTION tax_rule_document(p tax_rule) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_build_object('id', p.id, 'version', p.version, 'terms', jsonb_strip_nulls(jsonb_build_object(
    'zone_id', p.zone_id, 'tax_class', p.tax_class, 'customer_group', p.customer_group, 'name', p.name, 'type', p.type, 'rate', p.rate, 'is_compound', p.is_compound,
    'priority', p.priority, 'exempt', p.is_exempt, 'effective_from', json_time(p.effective_from), 'effective_to', json_time(p.effective_to))))::text;
END $$;
CREATE FUNCTION tax_rule_announce(p tax_rule, p_version bigint, p_removed boolean, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('pricing.tax_rate.updated', p.id::text, p_version, jsonb_strip_nulls(jsonb_build_object(
    'tax_rule_id', p.id, 'zone_id', p.zone_id, 'tax_class', p.tax_class, 'customer_group', p.customer_group, 'name', p.name, 'type', p.type, 'rate', p.rate,
    'is_compound', p.is_compound, 'priority', p.priority, 'removed', p_removed))::text, p_trace);
END $$;

CREATE FUNCTION tax_rule_create(p_id uuid, p_json jsonb, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r tax_rule;
BEGIN
  r := jsonb_populate_record(NULL::tax_rule, p_json);
  r.id := p_id;
  r.version := 1;
  INSERT INTO tax_rule SELECT r.*;
  PERFORM tax_rule_announce(r, 1, false, p_trace);
  RETURN tax_rule_document(r);
EXCEPTION
  WHEN exclusion_violation THEN PERFORM refuse('EM409', 'WINDOW_OVERLAP');
  WHEN foreign_key_violation THEN PERFORM refuse('EM404', 'TAX_ZONE_NOT_FOUND');
END $$;

-- Replaces a rule, or removes it when `p_json` is null.
CREATE FUNCTION tax_rule_change(p_id uuid, p_version bigint, p_json jsonb, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o tax_rule;
  r tax_rule;
BEGIN
  SELECT * INTO o FROM tax_rule WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'TAX_RULE_NOT_FOUND'); END IF;
  IF o.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', o.version)); END IF;
  IF p_json IS NULL THEN
    DELETE FROM tax_rule WHERE id = p_id;
    PERFORM tax_rule_announce(o, o.version + 1, true, p_trace);
    RETURN '{}';
  END IF;
  r := jsonb_populate_record(NULL::tax_rule, p_json);
  r.id := o.id;
  r.version := o.version + 1;
  UPDATE tax_rule SET zone_id = r.zone_id, tax_class = r.tax_class, customer_group = r.customer_group, name = r.name, type = r.type, rate = r.rate, is_compound = r.is_compound,
         priority = r.priority, is_exempt = r.is_exempt, effective_from = r.effective_from, effective_to = r.effective_to, version = r.version WHERE id = p_id;
  PERFORM tax_rule_announce(r, r.version, false, p_trace);
  RETURN tax_rule_document(r);
EXCEPTION
  WHEN exclusion_violation THEN PERFORM refuse('EM409', 'WINDOW_OVERLAP');
  WHEN foreign_key_violation THEN PERFORM refuse('EM404', 'TAX_ZONE_NOT_FOUND');
END $$;

CREATE FUNCTION tax_zone_create(p_id uuid, p_json jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r tax_zone;
BEGIN
  r := jsonb_populate_record(NULL::tax_zone, p_json);
  r.id := p_id;
  r.version := 1;
  INSERT INTO tax_zone SELECT r.*;
  RETURN tax_zone_document(r);
END $$;

CREATE FUNCTION tax_zone_change(p_id uuid, p_version bigint, p_json jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o tax_zone;
  r tax_zone;
BEGIN
  SELECT * INTO o FROM tax_zone WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'TAX_ZONE_NOT_FOUND'); END IF;
  IF o.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', o.version)); END IF;
  IF p_json IS NULL THEN
    DELETE FROM tax_zone WHERE id = p_id;
    RETURN '{}';
  END IF;
  r := jsonb_populate_record(NULL::tax_zone, p_json);
  r.id := o.id;
  r.version := o.version + 1;
  UPDATE tax_zone SET name = r.name, country = r.country, region = r.region, postcodes = r.postcodes, priority = r.priority, version = r.version WHERE id = p_id;
  RETURN tax_zone_document(r);
EXCEPTION
  WHEN foreign_key_violation THEN PERFORM refuse('EM409', 'IN_USE');
END $$;

CREATE FUNCTION fx_rate_put(p_id uuid, p_base text, p_quote text, p_rate text, p_provider text, p_as_of timestamptz, p_trace uuid) RETURNS SETOF fx_rate LANGUAGE plpgsql AS $$
DECLARE
  o fx_rate;
  r fx_rate;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('pricing.fx_rate'), hashtext(p_base || p_quote));
  SELECT * INTO o FROM fx_rate f WHERE f.base = p_base AND f.quote = p_quote;
  IF FOUND AND o.as_of > p_as_of THEN PERFORM refuse('EM409', 'STALE_RATE', jsonb_build_object('as_of', json_time(o.as_of))); END IF;
  IF FOUND AND o.as_of = p_as_of AND o.rate = p_rate AND o.provider = p_provider THEN
    RETURN NEXT o;
    RETURN;
  END IF;
  INSERT INTO fx_rate AS f (id, base, quote, rate, provider, as_of) VALUES (p_id, p_base, p_quote, p_rate, p_provider, p_as_of)
  ON CONFLICT (base, quote) DO UPDATE SET id = excluded.id, rate = excluded.rate, provider = excluded.provider, as_of = excluded.as_of, version = f.version + 1
  RETURNING * INTO r;
  PERFORM outbox_append('pricing.fx_rate.updated', p_base || '/' || p_quote, r.version,
                        jsonb_build_object('base', r.base, 'quote', r.quote, 'rate', r.rate, 'as_of', json_time(r.as_of))::text, p_trace);
  RETURN NEXT r;
END $$;
