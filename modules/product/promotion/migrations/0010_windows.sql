-- What is due is found by its own time: looking for either bound in one condition, in the order of the keys, read every campaign and every promotion each second.
CREATE OR REPLACE FUNCTION window_boundaries(p_now timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  c campaign;
  p promotion;
  due uuid[];
  moved integer := 0;
BEGIN
  due := ARRAY(SELECT x.id FROM campaign x WHERE x.status = 'scheduled' AND x.starts_at <= p_now ORDER BY x.starts_at LIMIT p_count)
      || ARRAY(SELECT x.id FROM campaign x WHERE x.status IN ('scheduled', 'active', 'paused', 'exhausted') AND x.ends_at <= p_now ORDER BY x.ends_at LIMIT p_count);
  FOR c IN SELECT * FROM campaign x
            WHERE x.id = ANY (due) AND ((x.status = 'scheduled' AND x.starts_at <= p_now) OR (x.status IN ('scheduled', 'active', 'paused', 'exhausted') AND x.ends_at <= p_now))
            ORDER BY x.id FOR NO KEY UPDATE SKIP LOCKED LOOP
    UPDATE campaign x SET status = CASE WHEN x.ends_at <= p_now THEN 'ended' ELSE 'active' END, version = x.version + 1, updated_at = p_now WHERE x.id = c.id RETURNING x.* INTO c;
    PERFORM campaign_tell(c, CASE c.status WHEN 'ended' THEN 'ended' ELSE 'activated' END, NULL);
    moved := moved + 1;
  END LOOP;
  due := ARRAY(SELECT x.id FROM promotion x WHERE x.status = 'scheduled' AND x.starts_at <= p_now ORDER BY x.starts_at LIMIT p_count)
      || ARRAY(SELECT x.id FROM promotion x WHERE x.status IN ('scheduled', 'active', 'paused', 'exhausted') AND x.ends_at <= p_now ORDER BY x.ends_at LIMIT p_count);
  FOR p IN SELECT * FROM promotion x
            WHERE x.id = ANY (due) AND ((x.status = 'scheduled' AND x.starts_at <= p_now) OR (x.status IN ('scheduled', 'active', 'paused', 'exhausted') AND x.ends_at <= p_now))
            ORDER BY x.id FOR NO KEY UPDATE SKIP LOCKED LOOP
    UPDATE promotion x SET status = CASE WHEN x.ends_at <= p_now THEN 'ended' ELSE 'active' END, is_stopped = x.ends_at <= p_now AND x.status = 'paused',
           version = x.version + 1, updated_at = p_now WHERE x.id = p.id RETURNING x.* INTO p;
    PERFORM promotion_tell(p, CASE p.status WHEN 'ended' THEN 'ended' ELSE 'activated' END, NULL);
    moved := moved + 1;
  END LOOP;
  RETURN moved;
END $$;

SELECT plan_functions(ARRAY['window_boundaries'], 'SET enable_seqscan = off');
