-- What staff does to campaigns. Every function locks the campaign before its promotions, and these by id.

CREATE FUNCTION campaign_create(p_id uuid, p_terms jsonb, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c campaign;
BEGIN
  INSERT INTO campaign (id, terms, starts_at, ends_at, budget_limit, budget_currency, created_at, updated_at)
  VALUES (p_id, p_terms, (p_terms ->> 'starts_at')::timestamptz, (p_terms ->> 'ends_at')::timestamptz, (p_terms #>> '{budget_limit,amount}')::bigint,
          p_terms #>> '{budget_limit,currency}', p_now, p_now) RETURNING * INTO c;
  PERFORM campaign_tell(c, 'created', p_trace);
  RETURN campaign_document(c);
END $$;

CREATE FUNCTION campaign_locked(p_id uuid, p_version bigint) RETURNS campaign LANGUAGE plpgsql AS $$
DECLARE
  c campaign;
BEGIN
  SELECT * INTO c FROM campaign x WHERE x.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'CAMPAIGN_NOT_FOUND'); END IF;
  IF c.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', c.version)); END IF;
  RETURN c;
END $$;

CREATE FUNCTION campaign_update(p_id uuid, p_version bigint, p_terms jsonb, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c campaign := campaign_locked(p_id, p_version);
  starts timestamptz := (p_terms ->> 'starts_at')::timestamptz;
  ends timestamptz := (p_terms ->> 'ends_at')::timestamptz;
  budget bigint := (p_terms #>> '{budget_limit,amount}')::bigint;
BEGIN
  IF c.status = 'ended' THEN PERFORM refuse('EM409', 'CAMPAIGN_STATE', '{"status":"ended"}'); END IF;
  IF EXISTS (SELECT FROM promotion x WHERE x.campaign_id = p_id AND x.status <> 'ended' AND (x.starts_at < starts OR x.ends_at > ends)) THEN
    PERFORM refuse('EM422', 'WINDOW_TOO_SMALL', '{"why":"a promotion of the campaign lies outside"}');
  END IF;
  IF c.budget_reserved + c.budget_spent > 0 AND (budget < c.budget_reserved + c.budget_spent OR p_terms #>> '{budget_limit,currency}' <> c.budget_currency) THEN
    PERFORM refuse('EM422', 'BUDGET_BELOW_USED', jsonb_build_object('used', c.budget_reserved + c.budget_spent));
  END IF;
  UPDATE campaign x SET terms = p_terms, starts_at = starts, ends_at = ends, budget_limit = budget, budget_currency = p_terms #>> '{budget_limit,currency}',
         is_warned = x.is_warned AND budget IS NOT DISTINCT FROM x.budget_limit,
         status = CASE WHEN x.status = 'active' AND starts > p_now THEN 'scheduled' WHEN x.status = 'scheduled' AND starts <= p_now THEN 'active'
                       WHEN x.status = 'exhausted' AND budget IS NULL THEN 'active' ELSE x.status END,
         version = x.version + 1, updated_at = p_now
   WHERE x.id = p_id RETURNING x.* INTO c;
  PERFORM campaign_tell(c, 'updated', p_trace);
  PERFORM limits_settle((SELECT array_agg(x.id) FROM promotion x WHERE x.campaign_id = p_id), '{}', p_now, p_trace);
  PERFORM active_set_moved();
  SELECT * INTO c FROM campaign x WHERE x.id = p_id;
  RETURN campaign_document(c);
END $$;

CREATE FUNCTION campaign_delete(p_id uuid, p_version bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  c campaign := campaign_locked(p_id, p_version);
BEGIN
  IF c.status <> 'draft' THEN PERFORM refuse('EM409', 'CAMPAIGN_STATE', jsonb_build_object('status', c.status)); END IF;
  DELETE FROM campaign x WHERE x.id = p_id;
EXCEPTION WHEN foreign_key_violation THEN
  PERFORM refuse('EM409', 'IN_USE');
END $$;

-- activate or deactivate; a repeat changes nothing. A stop takes all running promotions along (PRM-11), a start those that the stop had paused.
CREATE FUNCTION campaign_move(p_id uuid, p_version bigint, p_activate boolean, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c campaign := campaign_locked(p_id, p_version);
  p promotion;
BEGIN
  IF c.status = 'ended' OR (p_activate AND c.ends_at <= p_now) THEN PERFORM refuse('EM409', 'CAMPAIGN_STATE', jsonb_build_object('status', c.status)); END IF;
  IF p_activate = (c.status IN ('scheduled', 'active', 'exhausted')) THEN RETURN campaign_document(c); END IF;
  IF NOT p_activate AND c.status IN ('draft', 'paused') THEN RETURN campaign_document(c); END IF;
  UPDATE campaign x SET status = CASE WHEN NOT p_activate THEN 'paused' WHEN x.starts_at > p_now THEN 'scheduled' ELSE 'active' END, version = x.version + 1, updated_at = p_now
   WHERE x.id = p_id RETURNING x.* INTO c;
  PERFORM campaign_tell(c, CASE WHEN p_activate THEN 'activated' ELSE 'deactivated' END, p_trace);
  FOR p IN SELECT * FROM promotion x WHERE x.campaign_id = p_id
              AND CASE WHEN p_activate THEN x.status = 'paused' AND x.paused_by_campaign AND x.ends_at > p_now ELSE x.status IN ('scheduled', 'active', 'exhausted') END
            ORDER BY x.id FOR NO KEY UPDATE LOOP
    UPDATE promotion x SET status = CASE WHEN NOT p_activate THEN 'paused' WHEN x.starts_at > p_now THEN 'scheduled' ELSE 'active' END, paused_by_campaign = NOT p_activate,
           version = x.version + 1, updated_at = p_now
     WHERE x.id = p.id RETURNING x.* INTO p;
    PERFORM promotion_tell(p, CASE WHEN p_activate THEN 'activated' ELSE 'deactivated' END, p_trace);
  END LOOP;
  PERFORM limits_settle((SELECT array_agg(x.id) FROM promotion x WHERE x.campaign_id = p_id), '{}', p_now, p_trace);
  PERFORM active_set_moved();
  SELECT * INTO c FROM campaign x WHERE x.id = p_id;
  RETURN campaign_document(c);
END $$;
