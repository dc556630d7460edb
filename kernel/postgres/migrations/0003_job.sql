-- Leases of periodic jobs (kernel/module/jobs.cpp). `fencing` grows whenever the lease changes hands.

-- Takes or renews a lease for `p_span_ms` and answers its fencing number, or NULL when another owner holds it or, unless `p_at_once`, when the job succeeded
-- less than `p_rest_ms` ago. Safe to repeat.
CREATE FUNCTION job_take(p_name text, p_owner text, p_span_ms bigint, p_rest_ms bigint, p_at_once boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  taken bigint;
BEGIN
  INSERT INTO job_lease AS l (name, owner, until, fencing) VALUES (p_name, p_owner, now() + p_span_ms * interval '1 millisecond', 1)
  ON CONFLICT (name) DO UPDATE
     SET owner = excluded.owner, until = excluded.until, fencing = CASE WHEN l.owner = excluded.owner THEN l.fencing ELSE l.fencing + 1 END
   WHERE (l.owner = excluded.owner OR l.until IS NULL OR l.until < now())
     AND (p_at_once OR l.last_success_at IS NULL OR l.last_success_at < now() - p_rest_ms * interval '1 millisecond')
  RETURNING fencing INTO taken;
  RETURN taken;
END $$;

-- Notes a success, and gives the lease back if wanted. Answers false when the lease has changed hands meanwhile. Safe to repeat.
CREATE FUNCTION job_finish(p_name text, p_owner text, p_fencing bigint, p_succeeded boolean, p_give_back boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job_lease SET last_success_at = CASE WHEN p_succeeded THEN now() ELSE last_success_at END, until = CASE WHEN p_give_back THEN NULL ELSE until END
   WHERE name = p_name AND owner = p_owner AND fencing = p_fencing;
  RETURN FOUND;
END $$;
