-- How a redemption goes on and ends. Every function locks redemptions by checkout, then what they count against. The caller names each checkout once.

-- The redemptions' promotions and coupons, locked.
CREATE FUNCTION redemption_lock_limits(p_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  promotions uuid[];
  coupons uuid[];
BEGIN
  SELECT array_agg(DISTINCT l.promotion_id), array_agg(DISTINCT l.coupon_id) FILTER (WHERE l.coupon_id IS NOT NULL) INTO promotions, coupons
    FROM redemption_line l WHERE l.redemption_id = ANY (p_ids);
  PERFORM limits_lock(promotions, coupons);
END $$;

-- True if the limits still have room for all uses of this expired redemption.
CREATE FUNCTION redemption_fits(p_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM redemption_line l
      JOIN redemption r ON r.id = l.redemption_id
      JOIN promotion p ON p.id = l.promotion_id
      LEFT JOIN coupon c ON c.id = l.coupon_id
      LEFT JOIN campaign g ON g.id = l.campaign_id AND l.is_budgeted
      LEFT JOIN customer_counter k ON k.promotion_id = l.promotion_id AND k.coupon_id = nil_id() AND k.customer_key = r.customer_key
      LEFT JOIN customer_counter q ON q.promotion_id = l.promotion_id AND q.coupon_id = l.coupon_id AND q.customer_key = r.customer_key
     WHERE l.redemption_id = p_id
       AND (p.used + 1 > p.limit_total OR p.used_units + l.units > p.unit_quota OR c.used + 1 > c.usage_limit OR k.used + 1 > p.limit_per_customer OR q.used + 1 > c.limit_per_customer
            OR g.budget_reserved + g.budget_spent + (SELECT sum(o.discount) FROM redemption_line o WHERE o.redemption_id = p_id AND o.campaign_id = g.id AND o.is_budgeted) > g.budget_limit));
END $$;

-- outcome: committed (also on repeats, and when the order is confirmed), other_order, full (it expired and its uses are gone), state, absent.
CREATE FUNCTION redemption_commit_batch(checkouts uuid[], orders uuid[], traces uuid[], moment timestamptz) RETURNS TABLE (n integer, outcome text, status text, answer text) LANGUAGE plpgsql AS $$
DECLARE
  expired uuid[];
  taken uuid[] := '{}';
  r record;
BEGIN
  PERFORM 1 FROM redemption x WHERE x.checkout_id = ANY (checkouts) ORDER BY x.checkout_id FOR NO KEY UPDATE;
  SELECT array_agg(x.id) INTO expired FROM redemption x WHERE x.checkout_id = ANY (checkouts) AND x.status = 'expired';
  IF expired IS NOT NULL THEN PERFORM redemption_lock_limits(expired); END IF;
  FOR r IN SELECT x.id, x.status, l.order_id, x.checkout_id FROM unnest(checkouts, orders) WITH ORDINALITY AS l(checkout_id, order_id, n) JOIN redemption x ON x.checkout_id = l.checkout_id
            WHERE x.status IN ('reserved', 'expired') ORDER BY l.n LOOP
    IF r.status = 'expired' THEN
      CONTINUE WHEN NOT redemption_fits(r.id);
      PERFORM redemption_shift(ARRAY[r.id], 1, false, moment, traces[1]);
    END IF;
    UPDATE redemption x SET status = 'committed', expires_at = NULL, order_id = r.order_id, version = x.version + 1 WHERE x.id = r.id;
    taken := taken || r.id;
  END LOOP;
  PERFORM redemption_tell(taken, 'committed', traces[1]);
  RETURN QUERY
    SELECT l.n::integer,
           CASE WHEN x.id IS NULL THEN 'absent' WHEN x.order_id <> l.order_id THEN 'other_order' WHEN x.status IN ('committed', 'confirmed') THEN 'committed'
                WHEN x.status = 'expired' THEN 'full' ELSE 'state' END,
           coalesce(x.status, ''), CASE WHEN x.order_id = l.order_id THEN redemption_document(x.id) END
      FROM unnest(checkouts, orders) WITH ORDINALITY AS l(checkout_id, order_id, n) LEFT JOIN redemption x ON x.checkout_id = l.checkout_id ORDER BY l.n;
END $$;

-- Answers the status of each. A checkout that is not known yet is marked; one that lands at the same moment makes the batch be asked again.
CREATE FUNCTION redemption_release_batch(checkouts uuid[], new_ids uuid[], traces uuid[], moment timestamptz) RETURNS TABLE (n integer, status text) LANGUAGE plpgsql AS $$
DECLARE
  freed uuid[];
  missing integer;
  marked integer;
BEGIN
  PERFORM 1 FROM redemption x WHERE x.checkout_id = ANY (checkouts) ORDER BY x.checkout_id FOR NO KEY UPDATE;
  GET DIAGNOSTICS missing = ROW_COUNT;
  missing := cardinality(checkouts) - missing;
  IF missing > 0 THEN
    INSERT INTO redemption (id, checkout_id, status, is_tombstone, created_at)
    SELECT l.id, l.checkout_id, 'released', true, moment FROM unnest(new_ids, checkouts) AS l(id, checkout_id)
     WHERE NOT EXISTS (SELECT FROM redemption x WHERE x.checkout_id = l.checkout_id) ORDER BY l.checkout_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS marked = ROW_COUNT;
    IF marked <> missing THEN RAISE EXCEPTION 'a redemption was made meanwhile' USING ERRCODE = '40001'; END IF;
  END IF;
  SELECT array_agg(x.id) INTO freed FROM redemption x WHERE x.checkout_id = ANY (checkouts) AND x.status = 'reserved';
  IF freed IS NOT NULL THEN PERFORM redemption_end(freed, 'released', false, moment, traces[1]); END IF;
  RETURN QUERY SELECT l.n::integer, x.status FROM unnest(checkouts) WITH ORDINALITY AS l(checkout_id, n) JOIN redemption x ON x.checkout_id = l.checkout_id ORDER BY l.n;
END $$;

-- Moves these locked redemptions to released, expired or reversed and gives their uses back.
CREATE FUNCTION redemption_end(p_ids uuid[], p_ending text, p_restorable boolean, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM redemption_lock_limits(p_ids);
  PERFORM redemption_shift(p_ids, -1, p_restorable, p_now, p_trace);
  UPDATE redemption x SET status = p_ending, expires_at = NULL, version = x.version + 1 WHERE x.id = ANY (p_ids);
  PERFORM redemption_tell(p_ids, p_ending, p_trace);
END $$;

-- Answers how many were overdue.
CREATE FUNCTION redemption_expire(p_now timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  overdue uuid[];
BEGIN
  SELECT array_agg(x.id) INTO overdue FROM (SELECT y.id FROM redemption y WHERE y.status = 'reserved' AND y.expires_at <= p_now ORDER BY y.expires_at LIMIT p_count
                                             FOR NO KEY UPDATE SKIP LOCKED) AS x;
  IF overdue IS NULL THEN RETURN 0; END IF;
  PERFORM redemption_end(overdue, 'expired', false, p_now, NULL);
  RETURN cardinality(overdue);
END $$;

-- The order stands: what was reserved of budgets is spent. A redemption that ended before is left alone.
CREATE FUNCTION redemption_order_confirmed(p_order uuid, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found_id uuid;
BEGIN
  SELECT x.id INTO found_id FROM redemption x WHERE x.order_id = p_order AND x.status = 'committed' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM redemption_lock_limits(ARRAY[found_id]);
  UPDATE campaign c SET budget_reserved = c.budget_reserved - m.amount, budget_spent = c.budget_spent + m.amount
    FROM (SELECT l.campaign_id, sum(l.discount) AS amount FROM redemption_line l WHERE l.redemption_id = found_id AND l.is_budgeted AND l.is_counted GROUP BY 1) AS m WHERE c.id = m.campaign_id;
  UPDATE redemption x SET status = 'confirmed', version = x.version + 1 WHERE x.id = found_id;
  PERFORM redemption_tell(ARRAY[found_id], 'confirmed', p_trace);
END $$;

-- The order will not happen. The checkout is known by the saga even if the commit never came.
CREATE FUNCTION redemption_order_cancelled(p_order uuid, p_checkout uuid, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r redemption;
BEGIN
  SELECT * INTO r FROM redemption x WHERE (x.order_id = p_order OR x.checkout_id = p_checkout) AND x.status IN ('reserved', 'committed', 'confirmed')
   ORDER BY x.order_id = p_order DESC NULLS LAST LIMIT 1 FOR NO KEY UPDATE;
  IF NOT FOUND OR r.order_id <> p_order THEN RETURN; END IF;
  PERFORM redemption_end(ARRAY[r.id], CASE r.status WHEN 'reserved' THEN 'released' ELSE 'reversed' END, r.status <> 'reserved', p_now, p_trace);
END $$;
