-- Judges a batch of reserve commands in arrival order against rows locked in one order (all or nothing per command) and writes all that was accepted at once.
--
-- The caller gives each checkout once, and each promotion, coupon and customer counter once. Uses of command i are use_from[i] .. use_from[i + 1] - 1; use_promotion,
-- use_coupon, use_counter and use_coupon_counter point into the lists before them (0: none).
-- outcome: accepted; stored (this checkout with this body was answered before); differs (with another body); released (before it came); stale (the terms that were
-- evaluated are not those of now); limit or budget, with `detail` = promotion id and what is used up: total, units, customer, coupon, coupon_customer, budget.
CREATE FUNCTION redemption_reserve_batch(
  ids uuid[], checkouts uuid[], bodies uuid[], keys text[], currencies text[], hashes text[], set_revisions bigint[], traces uuid[], ttl_seconds integer, moment timestamptz,
  promotions uuid[], coupons uuid[], counter_promotion uuid[], counter_coupon uuid[], counter_key text[],
  use_from integer[], use_owner integer[], use_promotion integer[], use_revision integer[], use_coupon integer[], use_coupon_version bigint[],
  use_counter integer[], use_coupon_counter integer[], use_discount bigint[], use_units bigint[])
RETURNS TABLE (n integer, outcome text, detail text) LANGUAGE plpgsql AS $$
DECLARE
  unlimited constant bigint := 9000000000000000000;
  commands constant integer := cardinality(ids);
  outcomes text[] := array_fill(NULL::text, ARRAY[cardinality(ids)]);
  details text[] := array_fill(NULL::text, ARRAY[cardinality(ids)]);
  is_open boolean[] := array_fill(false, ARRAY[cardinality(promotions)]);
  revisions integer[] := array_fill(0, ARRAY[cardinality(promotions)]);
  uses_left bigint[] := array_fill(0::bigint, ARRAY[cardinality(promotions)]);
  units_left bigint[] := array_fill(0::bigint, ARRAY[cardinality(promotions)]);
  customer_max bigint[] := array_fill(0::bigint, ARRAY[cardinality(promotions)]);
  campaign_of integer[] := array_fill(0, ARRAY[cardinality(promotions)]);
  restores boolean[] := array_fill(true, ARRAY[cardinality(promotions)]);
  campaigns uuid[];
  budgets bigint[];
  budget_currencies text[];
  is_coupon_open boolean[] := array_fill(false, ARRAY[cardinality(coupons)]);
  coupon_versions bigint[] := array_fill(0::bigint, ARRAY[cardinality(coupons)]);
  coupon_left bigint[] := array_fill(0::bigint, ARRAY[cardinality(coupons)]);
  coupon_customer_max bigint[] := array_fill(0::bigint, ARRAY[cardinality(coupons)]);
  counted bigint[] := array_fill(0::bigint, ARRAY[cardinality(counter_key)]);
  set_revision bigint;
  why text;
  last integer;
  accepted integer := 0;
  p integer; c integer; g integer; k integer; q integer;
  r record;
BEGIN
  PERFORM limits_lock(promotions, coupons);
  -- Read after the locks: who held them before us has committed by now.
  SELECT a.revision INTO set_revision FROM active_set a;
  SELECT array_agg(x.id), array_agg(coalesce(x.budget_limit - x.budget_reserved - x.budget_spent, unlimited)), array_agg(coalesce(x.budget_currency, ''))
    INTO campaigns, budgets, budget_currencies FROM campaign x WHERE x.id IN (SELECT y.campaign_id FROM promotion y WHERE y.id = ANY (promotions));
  FOR r IN SELECT l.n::integer AS n, x.* FROM unnest(promotions) WITH ORDINALITY AS l(id, n) JOIN promotion x ON x.id = l.id LOOP
    is_open[r.n] := r.status IN ('scheduled', 'active', 'exhausted') OR (r.status = 'ended' AND NOT r.is_stopped);
    revisions[r.n] := r.revision;
    uses_left[r.n] := coalesce(r.limit_total - r.used, unlimited);
    units_left[r.n] := coalesce(r.unit_quota - r.used_units, unlimited);
    customer_max[r.n] := coalesce(r.limit_per_customer, unlimited);
    campaign_of[r.n] := coalesce(array_position(campaigns, r.campaign_id), 0);
    restores[r.n] := r.restore_on_cancel;
  END LOOP;
  FOR r IN SELECT l.n::integer AS n, x.* FROM unnest(coupons) WITH ORDINALITY AS l(id, n) JOIN coupon x ON x.id = l.id LOOP
    is_coupon_open[r.n] := r.status <> 'disabled';
    coupon_versions[r.n] := r.version;
    coupon_left[r.n] := coalesce(r.usage_limit - r.used, unlimited);
    coupon_customer_max[r.n] := coalesce(r.limit_per_customer, unlimited);
  END LOOP;
  FOR r IN SELECT l.n::integer AS n, x.used FROM unnest(counter_promotion, counter_coupon, counter_key) WITH ORDINALITY AS l(promotion_id, coupon_id, customer_key, n)
             JOIN customer_counter x USING (promotion_id, coupon_id, customer_key) LOOP
    counted[r.n] := r.used;
  END LOOP;
  FOR r IN SELECT l.n::integer AS n, x.is_tombstone, x.status = 'released' AS is_released, x.body = l.body AS is_same
             FROM unnest(checkouts, bodies) WITH ORDINALITY AS l(checkout_id, body, n) JOIN redemption x ON x.checkout_id = l.checkout_id LOOP
    outcomes[r.n] := CASE WHEN r.is_tombstone OR r.is_released THEN 'released' WHEN r.is_same THEN 'stored' ELSE 'differs' END;
  END LOOP;

  FOR i IN 1 .. commands LOOP
    CONTINUE WHEN outcomes[i] IS NOT NULL;
    why := CASE WHEN set_revisions[i] <> set_revision THEN 'stale' END;
    last := use_from[i] - 1;
    IF why IS NULL THEN
      FOR j IN use_from[i] .. use_from[i + 1] - 1 LOOP
        p := use_promotion[j]; c := use_coupon[j]; g := campaign_of[p]; k := use_counter[j]; q := use_coupon_counter[j];
        -- Taken first and given back below if anything is short: two uses may share a budget.
        last := j;
        IF g > 0 THEN budgets[g] := budgets[g] - use_discount[j]; END IF;
        uses_left[p] := uses_left[p] - 1;
        units_left[p] := units_left[p] - use_units[j];
        IF c > 0 THEN coupon_left[c] := coupon_left[c] - 1; END IF;
        IF k > 0 THEN counted[k] := counted[k] + 1; END IF;
        IF q > 0 THEN counted[q] := counted[q] + 1; END IF;
        IF NOT is_open[p] OR revisions[p] <> use_revision[j] THEN why := 'stale';
        ELSIF c > 0 AND (NOT is_coupon_open[c] OR coupon_versions[c] <> use_coupon_version[j]) THEN why := 'stale';
        ELSIF g > 0 AND budget_currencies[g] NOT IN ('', currencies[i]) THEN why := 'stale';
        ELSIF k = 0 AND customer_max[p] < unlimited THEN why := 'stale';
        ELSIF g > 0 AND budgets[g] < 0 THEN why := 'budget';
        ELSIF uses_left[p] < 0 THEN why := 'total';
        ELSIF units_left[p] < 0 THEN why := 'units';
        ELSIF c > 0 AND coupon_left[c] < 0 THEN why := 'coupon';
        ELSIF k > 0 AND counted[k] > customer_max[p] THEN why := 'customer';
        ELSIF q > 0 AND counted[q] > coupon_customer_max[c] THEN why := 'coupon_customer';
        END IF;
        EXIT WHEN why IS NOT NULL;
      END LOOP;
    END IF;
    IF why IS NULL THEN
      outcomes[i] := 'accepted';
      accepted := accepted + 1;
      CONTINUE;
    END IF;
    FOR j IN use_from[i] .. last LOOP
      p := use_promotion[j]; c := use_coupon[j]; g := campaign_of[p]; k := use_counter[j]; q := use_coupon_counter[j];
      IF g > 0 THEN budgets[g] := budgets[g] + use_discount[j]; END IF;
      uses_left[p] := uses_left[p] + 1;
      units_left[p] := units_left[p] + use_units[j];
      IF c > 0 THEN coupon_left[c] := coupon_left[c] + 1; END IF;
      IF k > 0 THEN counted[k] := counted[k] - 1; END IF;
      IF q > 0 THEN counted[q] := counted[q] - 1; END IF;
    END LOOP;
    outcomes[i] := CASE why WHEN 'stale' THEN 'stale' WHEN 'budget' THEN 'budget' ELSE 'limit' END;
    details[i] := CASE WHEN last >= use_from[i] THEN promotions[use_promotion[last]] || ' ' || why END;
  END LOOP;

  IF accepted > 0 THEN
    -- In checkout order, so that two processes given the same checkouts wait instead of deadlocking. A conflict is a checkout that another process reserved or
    -- released meanwhile: the batch is asked again.
    INSERT INTO redemption (id, checkout_id, body, customer_key, currency, evaluation_hash, status, expires_at, created_at)
    SELECT x.id, x.checkout_id, x.body, x.key, x.currency, x.hash, 'reserved', moment + make_interval(secs => ttl_seconds), moment
      FROM unnest(ids, checkouts, bodies, keys, currencies, hashes, outcomes) AS x(id, checkout_id, body, key, currency, hash, outcome)
     WHERE x.outcome = 'accepted' ORDER BY x.checkout_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS p = ROW_COUNT;
    IF p <> accepted THEN RAISE EXCEPTION 'a redemption was made meanwhile' USING ERRCODE = '40001'; END IF;
    INSERT INTO redemption_line (redemption_id, promotion_id, revision, coupon_id, campaign_id, discount, units, restore_on_cancel, is_budgeted)
    SELECT ids[u.owner], promotions[u.promotion], u.revision, CASE WHEN u.coupon > 0 THEN coupons[u.coupon] END, CASE WHEN campaign_of[u.promotion] > 0 THEN campaigns[campaign_of[u.promotion]] END,
           u.discount, u.units, restores[u.promotion], campaign_of[u.promotion] > 0 AND budget_currencies[campaign_of[u.promotion]] <> ''
      FROM unnest(use_owner, use_promotion, use_revision, use_coupon, use_discount, use_units) AS u(owner, promotion, revision, coupon, discount, units)
     WHERE outcomes[u.owner] = 'accepted';
    UPDATE campaign x SET budget_reserved = x.budget_reserved + d.amount
      FROM (SELECT l.campaign_id, sum(l.discount) AS amount FROM redemption_line l
             WHERE l.is_budgeted AND l.redemption_id IN (SELECT y.id FROM unnest(ids, outcomes) AS y(id, outcome) WHERE y.outcome = 'accepted') GROUP BY 1) AS d WHERE x.id = d.campaign_id;
    UPDATE promotion x SET used = x.used + d.uses, used_units = x.used_units + d.units
      FROM (SELECT promotions[u.promotion] AS id, count(*) AS uses, sum(u.units) AS units FROM unnest(use_owner, use_promotion, use_units) AS u(owner, promotion, units)
             WHERE outcomes[u.owner] = 'accepted' GROUP BY 1) AS d WHERE x.id = d.id;
    UPDATE coupon x SET used = x.used + d.uses
      FROM (SELECT coupons[u.coupon] AS id, count(*) AS uses FROM unnest(use_owner, use_coupon) AS u(owner, coupon) WHERE u.coupon > 0 AND outcomes[u.owner] = 'accepted' GROUP BY 1) AS d
     WHERE x.id = d.id;
    INSERT INTO customer_counter AS x (promotion_id, coupon_id, customer_key, used)
    SELECT l.promotion_id, l.coupon_id, l.customer_key, d.uses
      FROM (SELECT o.counter, count(*) AS uses FROM unnest(use_owner, use_counter, use_coupon_counter) AS u(owner, counter, coupon_counter)
             CROSS JOIN LATERAL (VALUES (u.counter), (u.coupon_counter)) AS o(counter) WHERE o.counter > 0 AND outcomes[u.owner] = 'accepted' GROUP BY 1) AS d
      JOIN unnest(counter_promotion, counter_coupon, counter_key) WITH ORDINALITY AS l(promotion_id, coupon_id, customer_key, n) ON l.n = d.counter
     ORDER BY 1, 2, 3
    ON CONFLICT (promotion_id, coupon_id, customer_key) DO UPDATE SET used = x.used + excluded.used;
    PERFORM redemption_tell((SELECT array_agg(y.id) FROM unnest(ids, outcomes) AS y(id, outcome) WHERE y.outcome = 'accepted'), 'reserved', traces[1]);
    PERFORM limits_settle(promotions, coupons, moment, traces[1]);
  END IF;
  RETURN QUERY SELECT x.n::integer, x.outcome, x.detail FROM unnest(outcomes, details) WITH ORDINALITY AS x(outcome, detail, n) ORDER BY x.n;
END $$;
