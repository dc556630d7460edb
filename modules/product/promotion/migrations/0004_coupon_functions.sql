-- What staff does to coupons. `p_terms` is the contract's CouponTerms; a coupon of type single has one use.

CREATE FUNCTION coupon_limit_of(p_terms jsonb) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN p_terms ->> 'type' = 'single' THEN 1 ELSE (p_terms ->> 'limit')::bigint END;
END $$;

CREATE FUNCTION coupon_check_promotion(p_promotion uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p promotion;
BEGIN
  SELECT * INTO p FROM promotion x WHERE x.id = p_promotion FOR KEY SHARE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'PROMOTION_NOT_FOUND'); END IF;
  IF p.status = 'ended' THEN PERFORM refuse('EM409', 'PROMOTION_STATE', '{"status":"ended"}'); END IF;
  IF NOT coalesce((p.terms ->> 'requires_coupon')::boolean, false) THEN
    PERFORM refuse('EM422', 'CONFIG_INVALID', '{"errors":[{"field":"promotion_id","message":"the promotion applies without a coupon"}]}');
  END IF;
END $$;

CREATE FUNCTION coupon_create(p_id uuid, p_promotion uuid, p_code text, p_terms jsonb, p_now timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c coupon;
BEGIN
  PERFORM coupon_check_promotion(p_promotion);
  INSERT INTO coupon (id, promotion_id, code, terms, customer_id, usage_limit, limit_per_customer, starts_at, ends_at, created_at)
  VALUES (p_id, p_promotion, p_code, p_terms, (p_terms ->> 'customer_id')::uuid, coupon_limit_of(p_terms), (p_terms ->> 'limit_per_customer')::bigint,
          (p_terms ->> 'starts_at')::timestamptz, (p_terms ->> 'ends_at')::timestamptz, p_now) RETURNING * INTO c;
  RETURN coupon_document(c);
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('EM409', 'CODE_TAKEN');
END $$;

-- All codes or none; one that is taken makes the caller try again with others.
CREATE FUNCTION coupon_generate(p_batch uuid, p_promotion uuid, p_prefix text, p_ids uuid[], p_codes text[], p_terms jsonb, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM coupon_check_promotion(p_promotion);
  INSERT INTO coupon_batch (id, promotion_id, count, prefix, created_at) VALUES (p_batch, p_promotion, cardinality(p_codes), p_prefix, p_now);
  INSERT INTO coupon (id, promotion_id, batch_id, code, terms, customer_id, usage_limit, limit_per_customer, starts_at, ends_at, created_at)
  SELECT u.id, p_promotion, p_batch, u.code, p_terms, (p_terms ->> 'customer_id')::uuid, coupon_limit_of(p_terms), (p_terms ->> 'limit_per_customer')::bigint,
         (p_terms ->> 'starts_at')::timestamptz, (p_terms ->> 'ends_at')::timestamptz, p_now
    FROM unnest(p_ids, p_codes) AS u(id, code) ORDER BY u.code;
  PERFORM outbox_append('promotion.coupon.generated', p_batch::text, 1,
                        jsonb_build_object('promotion_id', p_promotion, 'batch_id', p_batch, 'count', cardinality(p_codes))::text, p_trace);
  RETURN coupon_batch_document(p_batch);
END $$;

CREATE FUNCTION coupon_batch_document(p_batch uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT jsonb_strip_nulls(jsonb_build_object('id', b.id, 'promotion_id', b.promotion_id, 'count', b.count, 'prefix', b.prefix,
            'used', (SELECT coalesce(sum(c.used), 0) FROM coupon c WHERE c.batch_id = b.id), 'created_at', json_time(b.created_at)))::text
            FROM coupon_batch b WHERE b.id = p_batch);
END $$;

CREATE FUNCTION coupon_update(p_id uuid, p_version bigint, p_terms jsonb, p_now timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c coupon;
BEGIN
  SELECT * INTO c FROM coupon x WHERE x.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'COUPON_NOT_FOUND'); END IF;
  IF c.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', c.version)); END IF;
  UPDATE coupon x SET terms = p_terms, customer_id = (p_terms ->> 'customer_id')::uuid, usage_limit = coupon_limit_of(p_terms),
         limit_per_customer = (p_terms ->> 'limit_per_customer')::bigint, starts_at = (p_terms ->> 'starts_at')::timestamptz, ends_at = (p_terms ->> 'ends_at')::timestamptz,
         status = CASE WHEN x.status = 'disabled' THEN x.status WHEN (p_terms ->> 'ends_at')::timestamptz <= p_now THEN 'expired' ELSE 'active' END, version = x.version + 1
   WHERE x.id = p_id;
  PERFORM limits_settle('{}', ARRAY[p_id], p_now, NULL);
  SELECT * INTO c FROM coupon x WHERE x.id = p_id;
  RETURN coupon_document(c);
EXCEPTION WHEN check_violation THEN
  PERFORM refuse('EM422', 'LIMIT_BELOW_USED');
END $$;

CREATE FUNCTION coupon_disable(p_id uuid, p_version bigint, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c coupon;
BEGIN
  SELECT * INTO c FROM coupon x WHERE x.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'COUPON_NOT_FOUND'); END IF;
  IF c.status = 'disabled' THEN RETURN coupon_document(c); END IF;
  IF c.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', c.version)); END IF;
  UPDATE coupon x SET status = 'disabled', version = x.version + 1 WHERE x.id = p_id RETURNING x.* INTO c;
  PERFORM outbox_append('promotion.coupon.disabled', c.id::text, c.version, jsonb_build_object('promotion_id', c.promotion_id, 'coupon_id', c.id, 'count', 1)::text, p_trace);
  RETURN coupon_document(c);
END $$;

-- Kept a quarter of an hour longer for quotes that still hold. Answers how many.
CREATE FUNCTION coupon_expire(p_now timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  expired integer;
BEGIN
  UPDATE coupon x SET status = 'expired' WHERE x.id IN (SELECT y.id FROM coupon y WHERE y.status = 'active' AND y.ends_at <= p_now - interval '15 minutes'
                                                         ORDER BY y.id LIMIT p_count FOR NO KEY UPDATE SKIP LOCKED);
  GET DIAGNOSTICS expired = ROW_COUNT;
  RETURN expired;
END $$;
