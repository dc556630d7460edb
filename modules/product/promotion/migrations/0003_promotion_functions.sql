-- What staff does to promotions, and what time does.

-- The campaign that these terms name: locked against a stop, and wide enough.
CREATE FUNCTION promotion_check_campaign(p_terms jsonb) RETURNS campaign LANGUAGE plpgsql AS $$
DECLARE
  c campaign;
BEGIN
  IF p_terms ->> 'campaign_id' IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO c FROM campaign x WHERE x.id = (p_terms ->> 'campaign_id')::uuid FOR SHARE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'CAMPAIGN_NOT_FOUND'); END IF;
  IF (p_terms ->> 'starts_at')::timestamptz < c.starts_at OR (p_terms ->> 'ends_at')::timestamptz > c.ends_at THEN
    PERFORM refuse('EM422', 'CONFIG_INVALID', '{"errors":[{"field":"ends_at","message":"outside of the campaign''s window"}]}');
  END IF;
  RETURN c;
END $$;

CREATE FUNCTION promotion_create(p_id uuid, p_terms jsonb, p_actor text, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  p promotion;
BEGIN
  PERFORM promotion_check_campaign(p_terms);
  INSERT INTO promotion (id, campaign_id, terms, limit_total, limit_per_customer, unit_quota, restore_on_cancel, starts_at, ends_at, created_at, updated_at)
  VALUES (p_id, (p_terms ->> 'campaign_id')::uuid, p_terms, (p_terms ->> 'limit_total')::bigint, (p_terms ->> 'limit_per_customer')::bigint, (p_terms ->> 'unit_quota')::bigint,
          coalesce((p_terms ->> 'restore_on_cancel')::boolean, true), (p_terms ->> 'starts_at')::timestamptz, (p_terms ->> 'ends_at')::timestamptz, p_now, p_now)
  RETURNING * INTO p;
  INSERT INTO promotion_revision VALUES (p_id, 1, p_terms, p_actor, p_now);
  PERFORM promotion_tell(p, 'created', p_trace);
  RETURN promotion_document(p);
END $$;

CREATE FUNCTION promotion_locked(p_id uuid, p_version bigint) RETURNS promotion LANGUAGE plpgsql AS $$
DECLARE
  p promotion;
BEGIN
  SELECT * INTO p FROM promotion x WHERE x.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'PROMOTION_NOT_FOUND'); END IF;
  IF p.version <> p_version THEN PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', p.version)); END IF;
  RETURN p;
END $$;

-- Whatever moves money makes a new revision (PRM-9); the name and the limits do not.
CREATE FUNCTION promotion_update(p_id uuid, p_version bigint, p_terms jsonb, p_actor text, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  p promotion;
  quiet constant text[] := ARRAY['name', 'limit_total', 'limit_per_customer', 'unit_quota', 'restore_on_cancel'];
BEGIN
  PERFORM promotion_check_campaign(p_terms);
  p := promotion_locked(p_id, p_version);
  IF p.status = 'ended' THEN PERFORM refuse('EM409', 'PROMOTION_STATE', '{"status":"ended"}'); END IF;
  IF p.status <> 'draft' AND (p_terms ->> 'campaign_id')::uuid IS DISTINCT FROM p.campaign_id THEN
    PERFORM refuse('EM422', 'CONFIG_INVALID', '{"errors":[{"field":"campaign_id","message":"only a draft changes its campaign"}]}');
  END IF;
  UPDATE promotion x SET revision = x.revision + (x.terms - quiet IS DISTINCT FROM p_terms - quiet)::integer, terms = p_terms, campaign_id = (p_terms ->> 'campaign_id')::uuid,
         limit_total = (p_terms ->> 'limit_total')::bigint, limit_per_customer = (p_terms ->> 'limit_per_customer')::bigint, unit_quota = (p_terms ->> 'unit_quota')::bigint,
         restore_on_cancel = coalesce((p_terms ->> 'restore_on_cancel')::boolean, true), starts_at = (p_terms ->> 'starts_at')::timestamptz,
         ends_at = (p_terms ->> 'ends_at')::timestamptz,
         status = CASE WHEN x.status IN ('scheduled', 'active', 'exhausted') THEN CASE WHEN (p_terms ->> 'starts_at')::timestamptz > p_now THEN 'scheduled' ELSE 'active' END ELSE x.status END,
         version = x.version + 1, updated_at = p_now
   WHERE x.id = p_id RETURNING x.* INTO p;
  INSERT INTO promotion_revision VALUES (p_id, p.revision, p_terms, p_actor, p_now) ON CONFLICT (promotion_id, revision) DO UPDATE SET terms = excluded.terms;
  PERFORM promotion_tell(p, 'updated', p_trace);
  PERFORM limits_settle(ARRAY[p_id], '{}', p_now, p_trace);
  PERFORM active_set_moved();
  SELECT * INTO p FROM promotion x WHERE x.id = p_id;
  RETURN promotion_document(p);
EXCEPTION WHEN check_violation THEN
  PERFORM refuse('EM422', 'LIMIT_BELOW_USED');
END $$;

CREATE FUNCTION promotion_delete(p_id uuid, p_version bigint, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p promotion := promotion_locked(p_id, p_version);
BEGIN
  IF p.status <> 'draft' THEN PERFORM refuse('EM409', 'PROMOTION_STATE', jsonb_build_object('status', p.status)); END IF;
  DELETE FROM promotion x WHERE x.id = p_id;
  p.version := p.version + 1;
  PERFORM promotion_tell(p, 'deleted', p_trace);
EXCEPTION WHEN foreign_key_violation THEN
  PERFORM refuse('EM409', 'IN_USE');
END $$;

-- activate, pause or end; a repeat changes nothing.
CREATE FUNCTION promotion_move(p_id uuid, p_version bigint, p_action text, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  p promotion;
  c campaign;
  is_running boolean;
BEGIN
  SELECT x.* INTO c FROM campaign x JOIN promotion y ON y.campaign_id = x.id WHERE y.id = p_id FOR SHARE OF x;
  p := promotion_locked(p_id, p_version);
  is_running := p.status IN ('scheduled', 'active', 'exhausted');
  IF (p_action = 'activate' AND is_running) OR (p_action = 'pause' AND p.status = 'paused' AND NOT p.paused_by_campaign) OR (p_action = 'end' AND p.status = 'ended' AND p.is_stopped) THEN
    RETURN promotion_document(p);
  END IF;
  IF (p.status = 'ended' AND p_action <> 'end') OR (p_action = 'pause' AND p.status = 'draft') OR (p_action = 'activate' AND p.ends_at <= p_now) THEN
    PERFORM refuse('EM409', 'PROMOTION_STATE', jsonb_build_object('status', p.status));
  END IF;
  IF p_action = 'activate' AND c.status IN ('draft', 'paused', 'ended') THEN PERFORM refuse('EM409', 'CAMPAIGN_STATE', jsonb_build_object('status', c.status)); END IF;
  UPDATE promotion x SET status = CASE p_action WHEN 'end' THEN 'ended' WHEN 'pause' THEN 'paused' ELSE CASE WHEN x.starts_at > p_now THEN 'scheduled' ELSE 'active' END END,
         is_stopped = p_action = 'end', paused_by_campaign = false, version = x.version + 1, updated_at = p_now
   WHERE x.id = p_id RETURNING x.* INTO p;
  IF is_running OR p_action <> 'pause' THEN
    PERFORM promotion_tell(p, CASE WHEN p_action = 'end' THEN 'ended' WHEN p_action = 'pause' THEN 'deactivated' WHEN p.status = 'scheduled' THEN 'updated' ELSE 'activated' END, p_trace);
  END IF;
  PERFORM limits_settle(ARRAY[p_id], '{}', p_now, p_trace);
  PERFORM active_set_moved();
  SELECT * INTO p FROM promotion x WHERE x.id = p_id;
  RETURN promotion_document(p);
END $$;

-- Campaigns and promotions whose window opened or closed. Evaluations do not wait for this: they look at the window itself. Answers how many moved.
CREATE FUNCTION window_boundaries(p_now timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  c campaign;
  p promotion;
  moved integer := 0;
BEGIN
  FOR c IN SELECT * FROM campaign x WHERE (x.status = 'scheduled' AND x.starts_at <= p_now) OR (x.status IN ('scheduled', 'active', 'paused', 'exhausted') AND x.ends_at <= p_now)
            ORDER BY x.id LIMIT p_count FOR NO KEY UPDATE SKIP LOCKED LOOP
    UPDATE campaign x SET status = CASE WHEN x.ends_at <= p_now THEN 'ended' ELSE 'active' END, version = x.version + 1, updated_at = p_now WHERE x.id = c.id RETURNING x.* INTO c;
    PERFORM campaign_tell(c, CASE c.status WHEN 'ended' THEN 'ended' ELSE 'activated' END, NULL);
    moved := moved + 1;
  END LOOP;
  FOR p IN SELECT * FROM promotion x WHERE (x.status = 'scheduled' AND x.starts_at <= p_now) OR (x.status IN ('scheduled', 'active', 'paused', 'exhausted') AND x.ends_at <= p_now)
            ORDER BY x.id LIMIT p_count FOR NO KEY UPDATE SKIP LOCKED LOOP
    UPDATE promotion x SET status = CASE WHEN x.ends_at <= p_now THEN 'ended' ELSE 'active' END, is_stopped = x.ends_at <= p_now AND x.status = 'paused',
           version = x.version + 1, updated_at = p_now WHERE x.id = p.id RETURNING x.* INTO p;
    PERFORM promotion_tell(p, CASE p.status WHEN 'ended' THEN 'ended' ELSE 'activated' END, NULL);
    moved := moved + 1;
  END LOOP;
  RETURN moved;
END $$;
