-- Redemptions: uses of promotions by one checkout. A tombstone is the mark of a release that came before its reserve: it refuses the latter for ever.
CREATE TABLE redemption (
  id              uuid PRIMARY KEY,
  checkout_id     uuid NOT NULL,
  body            uuid,
  order_id        uuid,
  customer_key    text,
  currency        text,
  evaluation_hash text,
  status          text NOT NULL CHECK (status IN ('reserved', 'committed', 'confirmed', 'released', 'expired', 'reversed')),
  expires_at      timestamptz,
  is_tombstone    boolean NOT NULL DEFAULT false,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  CONSTRAINT redemption_checkout UNIQUE (checkout_id),  -- PRM-6
  CONSTRAINT redemption_expiry CHECK ((status = 'reserved') = (expires_at IS NOT NULL)),
  CONSTRAINT redemption_bound CHECK (status NOT IN ('committed', 'confirmed', 'reversed') OR order_id IS NOT NULL),
  CONSTRAINT redemption_tombstone CHECK (CASE WHEN is_tombstone THEN status = 'released' ELSE body IS NOT NULL AND currency IS NOT NULL AND evaluation_hash IS NOT NULL END)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX redemption_order ON redemption (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX redemption_overdue ON redemption (expires_at) WHERE status = 'reserved';
CREATE INDEX redemption_committed ON redemption (created_at) WHERE status = 'committed';
CREATE INDEX redemption_customer ON redemption (customer_key, id) WHERE customer_key IS NOT NULL;
CREATE INDEX redemption_age ON redemption (created_at);

-- One use of one promotion. `is_counted` while it counts against the limits; `is_budgeted` if its discount counts against the campaign's budget.
CREATE TABLE redemption_line (
  redemption_id     uuid NOT NULL,
  promotion_id      uuid NOT NULL,
  revision          integer NOT NULL,
  coupon_id         uuid,
  campaign_id       uuid,
  discount          bigint NOT NULL CHECK (discount > 0),
  units             bigint NOT NULL CHECK (units >= 0),
  restore_on_cancel boolean NOT NULL,
  is_budgeted       boolean NOT NULL,
  is_counted        boolean NOT NULL DEFAULT true,
  PRIMARY KEY (redemption_id, promotion_id)
) WITH (fillfactor = 80);
CREATE INDEX redemption_line_promotion ON redemption_line (promotion_id, redemption_id);
CREATE INDEX redemption_line_campaign ON redemption_line (campaign_id) WHERE campaign_id IS NOT NULL;

CREATE FUNCTION nil_id() RETURNS uuid LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN '00000000-0000-0000-0000-000000000000'::uuid;
END $$;

CREATE FUNCTION redemption_document(p_id uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT jsonb_strip_nulls(jsonb_build_object('id', r.id, 'checkout_id', r.checkout_id, 'order_id', r.order_id, 'currency', r.currency,
            'lines', (SELECT jsonb_agg(jsonb_build_object('promotion_id', l.promotion_id, 'revision', l.revision, 'coupon_id', l.coupon_id,
                                                          'discount', jsonb_build_object('amount', l.discount, 'currency', r.currency), 'units', l.units) ORDER BY l.promotion_id)
                        FROM redemption_line l WHERE l.redemption_id = r.id),
            'evaluation_hash', r.evaluation_hash, 'status', r.status, 'expires_at', json_time(r.expires_at), 'created_at', json_time(r.created_at), 'version', r.version))::text
            FROM redemption r WHERE r.id = p_id AND NOT r.is_tombstone);
END $$;

-- One event for each of these redemptions, after the change.
CREATE FUNCTION redemption_tell(p_ids uuid[], p_what text, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT 'promotion.redemption.' || p_what, r.id::text, r.version,
         jsonb_strip_nulls(jsonb_build_object('redemption_id', r.id, 'checkout_id', r.checkout_id, 'order_id', r.order_id, 'customer_key', r.customer_key, 'currency', r.currency,
           'lines', l.lines))::text, p_trace
    FROM redemption r
    JOIN (SELECT x.redemption_id, jsonb_agg(jsonb_build_object('promotion_id', x.promotion_id, 'coupon_id', x.coupon_id,
                   'discount', jsonb_build_object('amount', x.discount, 'currency', y.currency), 'units', x.units) ORDER BY x.promotion_id) AS lines
            FROM redemption_line x JOIN redemption y ON y.id = x.redemption_id WHERE x.redemption_id = ANY (p_ids) GROUP BY x.redemption_id) AS l ON l.redemption_id = r.id
   WHERE r.id = ANY (p_ids) ORDER BY r.id;
END $$;

-- Locks what these redemptions count against, in the one order that all writers keep: campaigns, promotions, coupons, each by id. Customers' counters are under
-- their promotion's lock.
CREATE FUNCTION limits_lock(p_promotions uuid[], p_coupons uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM campaign c WHERE c.id IN (SELECT p.campaign_id FROM promotion p WHERE p.id = ANY (p_promotions)) ORDER BY c.id FOR NO KEY UPDATE;
  PERFORM 1 FROM promotion p WHERE p.id = ANY (p_promotions) ORDER BY p.id FOR NO KEY UPDATE;
  PERFORM 1 FROM coupon c WHERE c.id = ANY (p_coupons) ORDER BY c.id FOR NO KEY UPDATE;
END $$;

-- Counts (`p_sign` 1) or gives back (-1) the uses of these locked redemptions; with `p_restorable` only those that a cancellation restores. Each use is counted or
-- given back once, whoever asks how often (PRM-7). What it counts against is locked already.
CREATE FUNCTION redemption_shift(p_ids uuid[], p_sign integer, p_restorable boolean, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  promotions uuid[];
  coupons uuid[];
BEGIN
  WITH moved AS (
    UPDATE redemption_line l SET is_counted = p_sign > 0 FROM redemption r
     WHERE r.id = l.redemption_id AND l.redemption_id = ANY (p_ids) AND l.is_counted = (p_sign < 0) AND (NOT p_restorable OR l.restore_on_cancel)
    RETURNING l.promotion_id, l.coupon_id, l.campaign_id, l.discount, l.units, l.is_budgeted, r.status = 'confirmed' AS is_spent, r.customer_key),
  of_campaigns AS (
    UPDATE campaign c SET budget_reserved = c.budget_reserved + p_sign * m.reserved, budget_spent = c.budget_spent + p_sign * m.spent
      FROM (SELECT campaign_id, coalesce(sum(discount) FILTER (WHERE NOT is_spent), 0) AS reserved, coalesce(sum(discount) FILTER (WHERE is_spent), 0) AS spent
              FROM moved WHERE is_budgeted GROUP BY 1) AS m WHERE c.id = m.campaign_id),
  of_promotions AS (
    UPDATE promotion p SET used = p.used + p_sign * m.uses, used_units = p.used_units + p_sign * m.units
      FROM (SELECT promotion_id, count(*) AS uses, sum(units) AS units FROM moved GROUP BY 1) AS m WHERE p.id = m.promotion_id),
  of_coupons AS (
    UPDATE coupon c SET used = c.used + p_sign * m.uses FROM (SELECT coupon_id, count(*) AS uses FROM moved WHERE coupon_id IS NOT NULL GROUP BY 1) AS m WHERE c.id = m.coupon_id),
  of_customers AS (
    UPDATE customer_counter k SET used = k.used + p_sign * m.uses
      FROM (SELECT promotion_id, o.coupon_id, customer_key, count(*) AS uses FROM moved CROSS JOIN LATERAL (VALUES (nil_id()), (moved.coupon_id)) AS o(coupon_id)
             WHERE customer_key IS NOT NULL AND o.coupon_id IS NOT NULL GROUP BY 1, 2, 3) AS m
     WHERE k.promotion_id = m.promotion_id AND k.coupon_id = m.coupon_id AND k.customer_key = m.customer_key)
  SELECT array_agg(DISTINCT promotion_id), array_agg(DISTINCT coupon_id) FILTER (WHERE coupon_id IS NOT NULL) INTO promotions, coupons FROM moved;
  PERFORM limits_settle(promotions, coupons, p_now, p_trace);
END $$;
