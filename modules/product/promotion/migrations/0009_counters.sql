-- What counters say and what the redemptions that count add up to, where these differ: of one promotion with its coupons, customers and campaign, or of all.
CREATE FUNCTION counter_differences(p_promotion uuid) RETURNS TABLE (what text, id text, counter bigint, counted bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
    SELECT 'promotion.used', p.id::text, p.used, coalesce(l.uses, 0) FROM promotion p
      LEFT JOIN (SELECT x.promotion_id, count(*) AS uses FROM redemption_line x WHERE x.is_counted GROUP BY 1) AS l ON l.promotion_id = p.id
     WHERE (p_promotion IS NULL OR p.id = p_promotion) AND p.used <> coalesce(l.uses, 0)
    UNION ALL
    SELECT 'promotion.used_units', p.id::text, p.used_units, coalesce(l.units, 0)::bigint FROM promotion p
      LEFT JOIN (SELECT x.promotion_id, sum(x.units) AS units FROM redemption_line x WHERE x.is_counted GROUP BY 1) AS l ON l.promotion_id = p.id
     WHERE (p_promotion IS NULL OR p.id = p_promotion) AND p.used_units <> coalesce(l.units, 0)
    UNION ALL
    SELECT 'coupon.used', c.id::text, c.used, coalesce(l.uses, 0) FROM coupon c
      LEFT JOIN (SELECT x.coupon_id, count(*) AS uses FROM redemption_line x WHERE x.is_counted AND x.coupon_id IS NOT NULL GROUP BY 1) AS l ON l.coupon_id = c.id
     WHERE (p_promotion IS NULL OR c.promotion_id = p_promotion) AND c.used <> coalesce(l.uses, 0)
    UNION ALL
    SELECT 'customer', coalesce(k.promotion_id, l.promotion_id) || ' ' || coalesce(k.coupon_id, l.coupon_id) || ' ' || coalesce(k.customer_key, l.customer_key),
           coalesce(k.used, 0), coalesce(l.uses, 0)
      FROM customer_counter k
      FULL JOIN (SELECT x.promotion_id, o.coupon_id, r.customer_key COLLATE "C" AS customer_key, count(*) AS uses FROM redemption_line x JOIN redemption r ON r.id = x.redemption_id
                  CROSS JOIN LATERAL (VALUES (nil_id()), (x.coupon_id)) AS o(coupon_id)
                  WHERE x.is_counted AND r.customer_key IS NOT NULL AND o.coupon_id IS NOT NULL GROUP BY 1, 2, 3) AS l
        ON l.promotion_id = k.promotion_id AND l.coupon_id = k.coupon_id AND l.customer_key = k.customer_key
     WHERE (p_promotion IS NULL OR coalesce(k.promotion_id, l.promotion_id) = p_promotion) AND coalesce(k.used, 0) <> coalesce(l.uses, 0)
    UNION ALL
    SELECT b.what, c.id::text, b.counter, b.counted FROM campaign c
      LEFT JOIN (SELECT x.campaign_id, sum(x.discount) FILTER (WHERE r.status NOT IN ('confirmed', 'reversed')) AS reserved, sum(x.discount) FILTER (WHERE r.status = 'confirmed') AS spent
                   FROM redemption_line x JOIN redemption r ON r.id = x.redemption_id WHERE x.is_counted AND x.is_budgeted GROUP BY 1) AS l ON l.campaign_id = c.id
      CROSS JOIN LATERAL (VALUES ('campaign.budget_reserved', c.budget_reserved, coalesce(l.reserved, 0)::bigint), ('campaign.budget_spent', c.budget_spent, coalesce(l.spent, 0)::bigint))
        AS b(what, counter, counted)
     WHERE (p_promotion IS NULL OR c.id = (SELECT p.campaign_id FROM promotion p WHERE p.id = p_promotion)) AND b.counter <> b.counted;
END $$;

-- Sets the counters of one promotion right and answers what differed.
CREATE FUNCTION counters_repair(p_promotion uuid, p_now timestamptz) RETURNS TABLE (what text, id text, counter bigint, counted bigint) LANGUAGE plpgsql AS $$
DECLARE
  coupons uuid[];
  key text[];
BEGIN
  SELECT array_agg(c.id) INTO coupons FROM coupon c WHERE c.promotion_id = p_promotion;
  PERFORM limits_lock(ARRAY[p_promotion], coupons);
  FOR what, id, counter, counted IN SELECT d.* FROM counter_differences(p_promotion) d LOOP
    CASE what
      WHEN 'promotion.used' THEN UPDATE promotion x SET used = counters_repair.counted WHERE x.id = p_promotion;
      WHEN 'promotion.used_units' THEN UPDATE promotion x SET used_units = counters_repair.counted WHERE x.id = p_promotion;
      WHEN 'coupon.used' THEN UPDATE coupon x SET used = counters_repair.counted WHERE x.id = counters_repair.id::uuid;
      WHEN 'campaign.budget_reserved' THEN UPDATE campaign x SET budget_reserved = counters_repair.counted WHERE x.id = counters_repair.id::uuid;
      WHEN 'campaign.budget_spent' THEN UPDATE campaign x SET budget_spent = counters_repair.counted WHERE x.id = counters_repair.id::uuid;
      ELSE
        key := string_to_array(counters_repair.id, ' ');
        INSERT INTO customer_counter (promotion_id, coupon_id, customer_key, used) VALUES (key[1]::uuid, key[2]::uuid, key[3], counters_repair.counted)
        ON CONFLICT (promotion_id, coupon_id, customer_key) DO UPDATE SET used = excluded.used;
    END CASE;
    RETURN NEXT;
  END LOOP;
  PERFORM limits_settle(ARRAY[p_promotion], coupons, p_now, NULL);
END $$;
