-- Campaigns, promotions, coupons and what is counted against their limits. Source: product.md §3.
-- Whatever moves money of a promotion lies in `terms`, the contract's PromotionTerms; the columns beside it are taken from there for what SQL decides.

CREATE TABLE campaign (
  id              uuid PRIMARY KEY,
  terms           jsonb NOT NULL,
  starts_at       timestamptz NOT NULL,
  ends_at         timestamptz NOT NULL,
  budget_limit    bigint CHECK (budget_limit > 0),
  budget_currency text,
  budget_reserved bigint NOT NULL DEFAULT 0 CHECK (budget_reserved >= 0),
  budget_spent    bigint NOT NULL DEFAULT 0 CHECK (budget_spent >= 0),
  status          text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'scheduled', 'active', 'paused', 'exhausted', 'ended')),
  is_warned       boolean NOT NULL DEFAULT false,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT campaign_prm_10 CHECK (ends_at > starts_at),
  CONSTRAINT campaign_prm_2 CHECK (budget_reserved + budget_spent <= budget_limit),
  CHECK ((budget_limit IS NULL) = (budget_currency IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX campaign_starts ON campaign (starts_at) WHERE status = 'scheduled';
CREATE INDEX campaign_ends ON campaign (ends_at) WHERE status IN ('scheduled', 'active', 'paused', 'exhausted');

CREATE TABLE promotion (
  id                 uuid PRIMARY KEY,
  revision           integer NOT NULL DEFAULT 1,
  campaign_id        uuid REFERENCES campaign (id),
  terms              jsonb NOT NULL,
  limit_total        bigint CHECK (limit_total > 0),
  limit_per_customer bigint CHECK (limit_per_customer > 0),
  unit_quota         bigint CHECK (unit_quota > 0),
  restore_on_cancel  boolean NOT NULL,
  used               bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
  used_units         bigint NOT NULL DEFAULT 0 CHECK (used_units >= 0),
  starts_at          timestamptz NOT NULL,
  ends_at            timestamptz NOT NULL,
  status             text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'scheduled', 'active', 'paused', 'exhausted', 'ended')),
  is_stopped         boolean NOT NULL DEFAULT false,  -- Ended by staff: not even a fresh quote keeps it.
  paused_by_campaign boolean NOT NULL DEFAULT false,  -- The campaign's start takes it along again.
  version            bigint NOT NULL DEFAULT 1,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  CONSTRAINT promotion_prm_10 CHECK (ends_at > starts_at),
  CONSTRAINT promotion_limit CHECK (used <= limit_total),
  CONSTRAINT promotion_quota CHECK (used_units <= unit_quota)
) WITH (fillfactor = 70);
CREATE INDEX promotion_campaign ON promotion (campaign_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX promotion_starts ON promotion (starts_at) WHERE status = 'scheduled';
CREATE INDEX promotion_ends ON promotion (ends_at) WHERE status IN ('scheduled', 'active', 'paused', 'exhausted');

-- Redemptions keep the revision they were made with (PRM-9).
CREATE TABLE promotion_revision (
  promotion_id uuid NOT NULL,
  revision     integer NOT NULL,
  terms        jsonb NOT NULL,
  actor        text NOT NULL,
  at           timestamptz NOT NULL,
  PRIMARY KEY (promotion_id, revision)
);

CREATE TABLE coupon (
  id                 uuid PRIMARY KEY,
  promotion_id       uuid NOT NULL REFERENCES promotion (id),
  batch_id           uuid,
  code               text COLLATE "C" NOT NULL CHECK (code ~ '^[A-Z0-9-]{4,32}$'),
  terms              jsonb NOT NULL,
  customer_id        uuid,
  usage_limit        bigint CHECK (usage_limit > 0),
  limit_per_customer bigint CHECK (limit_per_customer > 0),
  used               bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
  starts_at          timestamptz,
  ends_at            timestamptz,
  status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'expired', 'used_up')),
  version            bigint NOT NULL DEFAULT 1,
  created_at         timestamptz NOT NULL,
  CONSTRAINT coupon_code UNIQUE (code),  -- For all time: a coupon is disabled, never removed (PRM-13).
  CONSTRAINT coupon_limit CHECK (used <= usage_limit),
  CHECK (ends_at > starts_at)
) WITH (fillfactor = 80);
CREATE INDEX coupon_promotion ON coupon (promotion_id, id);
CREATE INDEX coupon_batch_codes ON coupon (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX coupon_ends ON coupon (ends_at) WHERE status = 'active' AND ends_at IS NOT NULL;

CREATE TABLE coupon_batch (
  id           uuid PRIMARY KEY,
  promotion_id uuid NOT NULL REFERENCES promotion (id),
  count        integer NOT NULL CHECK (count > 0),
  prefix       text,
  created_at   timestamptz NOT NULL
);

-- Live redemptions by customer. `coupon_id` is nil for the promotion's own count. Written under the promotion's row lock only.
CREATE TABLE customer_counter (
  promotion_id uuid NOT NULL,
  coupon_id    uuid NOT NULL,
  customer_key text COLLATE "C" NOT NULL,
  used         bigint NOT NULL CHECK (used >= 0),
  PRIMARY KEY (promotion_id, coupon_id, customer_key)
) WITH (fillfactor = 80);

-- What replicas keep in memory belongs to one revision; it moves in every transaction that changes a promotion's or a campaign's terms or stops one.
CREATE TABLE active_set (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), revision bigint NOT NULL);
INSERT INTO active_set (revision) VALUES (1);
CREATE FUNCTION active_set_moved() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE active_set SET revision = revision + 1;
END $$;

CREATE FUNCTION json_time(p timestamptz) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END $$;

-- The contract's documents.
CREATE FUNCTION campaign_document(c campaign) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_build_object('id', c.id, 'terms', c.terms, 'status', c.status, 'budget_reserved', c.budget_reserved, 'budget_spent', c.budget_spent,
                            'version', c.version, 'created_at', json_time(c.created_at), 'updated_at', json_time(c.updated_at))::text;
END $$;
CREATE FUNCTION promotion_document(p promotion) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_build_object('id', p.id, 'revision', p.revision, 'terms', p.terms, 'status', p.status, 'used', p.used, 'used_units', p.used_units,
                            'version', p.version, 'created_at', json_time(p.created_at), 'updated_at', json_time(p.updated_at))::text;
END $$;
CREATE FUNCTION coupon_document(c coupon) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object('id', c.id, 'promotion_id', c.promotion_id, 'batch_id', c.batch_id, 'code', c.code, 'terms', c.terms, 'used', c.used,
                                              'status', c.status, 'version', c.version, 'created_at', json_time(c.created_at)))::text;
END $$;

-- The events about one campaign or promotion: its state after the change.
CREATE FUNCTION campaign_tell(c campaign, p_what text, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('promotion.campaign.' || p_what, c.id::text, c.version, jsonb_strip_nulls(jsonb_build_object(
    'campaign_id', c.id, 'name', c.terms ->> 'name', 'type', c.terms ->> 'type', 'status', c.status, 'starts_at', json_time(c.starts_at),
    'ends_at', json_time(c.ends_at), 'budget_limit', c.terms -> 'budget_limit', 'version', c.version))::text, p_trace);
END $$;
CREATE FUNCTION promotion_tell(p promotion, p_what text, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('promotion.promotion.' || p_what, p.id::text, p.version, jsonb_strip_nulls(jsonb_build_object(
    'promotion_id', p.id, 'revision', p.revision, 'status', p.status, 'definition', p.terms, 'starts_at', json_time(p.starts_at), 'ends_at', json_time(p.ends_at),
    'campaign_id', p.campaign_id, 'version', p.version))::text, p_trace);
END $$;

CREATE FUNCTION promotion_is_used_up(p promotion) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN coalesce(p.used >= p.limit_total, false) OR coalesce(p.used_units >= p.unit_quota, false);
END $$;

-- Brings the status of these locked promotions, their campaigns and coupons in line with what is counted: used up, or usable again.
CREATE FUNCTION limits_settle(p_promotions uuid[], p_coupons uuid[], p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  c campaign;
  p promotion;
  used_bp bigint;
BEGIN
  FOR c IN SELECT * FROM campaign x WHERE x.budget_limit IS NOT NULL AND x.id IN (SELECT y.campaign_id FROM promotion y WHERE y.id = ANY (p_promotions)) ORDER BY x.id LOOP
    IF (c.status = 'active' AND c.budget_reserved + c.budget_spent >= c.budget_limit) OR (c.status = 'exhausted' AND c.budget_reserved + c.budget_spent < c.budget_limit) THEN
      UPDATE campaign x SET status = CASE x.status WHEN 'active' THEN 'exhausted' ELSE 'active' END, version = x.version + 1, updated_at = p_now
       WHERE x.id = c.id RETURNING x.* INTO c;
      PERFORM campaign_tell(c, 'updated', p_trace);
    END IF;
    used_bp := ((c.budget_reserved + c.budget_spent)::numeric * 10000 / c.budget_limit)::bigint;
    IF used_bp >= 8000 AND NOT c.is_warned THEN
      UPDATE campaign x SET is_warned = true, version = x.version + 1 WHERE x.id = c.id RETURNING x.* INTO c;
      PERFORM outbox_append('promotion.budget.warned', c.id::text, c.version, jsonb_build_object('campaign_id', c.id, 'used_bp', used_bp)::text, p_trace);
    END IF;
  END LOOP;
  FOR p IN SELECT * FROM promotion x WHERE x.id = ANY (p_promotions) AND x.status IN ('active', 'exhausted') AND promotion_is_used_up(x) <> (x.status = 'exhausted') ORDER BY x.id LOOP
    UPDATE promotion x SET status = CASE x.status WHEN 'active' THEN 'exhausted' ELSE 'active' END, version = x.version + 1, updated_at = p_now
     WHERE x.id = p.id RETURNING x.* INTO p;
    PERFORM promotion_tell(p, CASE p.status WHEN 'exhausted' THEN 'exhausted' ELSE 'activated' END, p_trace);
  END LOOP;
  UPDATE coupon x SET status = CASE x.status WHEN 'active' THEN 'used_up' ELSE 'active' END
   WHERE x.id = ANY (p_coupons) AND x.status IN ('active', 'used_up') AND coalesce(x.used >= x.usage_limit, false) <> (x.status = 'used_up');
END $$;
