-- Bulk upserts: rows wait here until a chunk takes them; a chunk's prices, history, events and the job's progress are one commit, so a restart resumes without repeating.
CREATE TABLE bulk_job (
  id             uuid PRIMARY KEY,
  caller         text NOT NULL,
  key            text NOT NULL,
  request_hash   uuid NOT NULL,
  actor          text NOT NULL,
  may_override   boolean NOT NULL,
  trace          uuid NOT NULL,
  status         text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'completed_with_errors', 'failed')),
  rows           integer NOT NULL,
  applied        integer NOT NULL DEFAULT 0,
  refused        integer NOT NULL DEFAULT 0,
  errors         jsonb NOT NULL DEFAULT '[]',  -- {row, sku, reason, detail}; the first 1,000.
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  UNIQUE (caller, key)
);
CREATE INDEX bulk_job_open ON bulk_job (created_at) WHERE status IN ('queued', 'running');
CREATE TABLE bulk_row (
  job_id uuid NOT NULL REFERENCES bulk_job,
  row_no integer NOT NULL,
  data   jsonb NOT NULL,
  PRIMARY KEY (job_id, row_no)
);

-- Stores a job with its good rows, once per key. Answers the job's id and whether the request is the one that made it.
CREATE FUNCTION bulk_job_begin(p_id uuid, p_caller text, p_key text, p_hash uuid, p_actor text, p_may_override boolean, p_trace uuid, p_rows integer, p_row_nos integer[],
                               p_data jsonb[], p_errors jsonb, p_refused integer, p_now timestamptz, OUT id uuid, OUT is_same boolean) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bulk_job (id, caller, key, request_hash, actor, may_override, trace, rows, refused, errors, created_at)
  VALUES (p_id, p_caller, p_key, p_hash, p_actor, p_may_override, p_trace, p_rows, p_refused, p_errors, p_now) ON CONFLICT (caller, key) DO NOTHING;
  IF FOUND THEN
    INSERT INTO bulk_row (job_id, row_no, data) SELECT p_id, u.row_no, u.data FROM unnest(p_row_nos, p_data) AS u(row_no, data);
  END IF;
  SELECT j.id, j.request_hash = p_hash INTO id, is_same FROM bulk_job j WHERE j.caller = p_caller AND j.key = p_key;
END $$;

-- One row: replaces the open-ended price of its scope, or creates it. An equal price is left as it is.
CREATE FUNCTION price_upsert(p_json jsonb, p_actor text, p_may_override boolean, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  o price;
  r price;
BEGIN
  r := price_of_json(p_json, p_now);
  SELECT p.* INTO o FROM price p
   WHERE p.is_active AND p.effective_to IS NULL AND p.scope = price_scope(r.sku, r.product_id, r.warehouse_id, r.customer_group, r.currency)
   FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM price_create(gen_random_uuid(), p_json, p_actor, p_may_override, p_now, p_trace);
    RETURN;
  END IF;
  IF (o.base_amount, o.is_free, o.tier_min_qty, o.tier_amount, o.sale_amount, o.sale_starts_at, o.sale_ends_at, o.cost_amount, o.min_amount, o.tax_included, o.effective_to)
     IS NOT DISTINCT FROM
     (r.base_amount, r.is_free, r.tier_min_qty, r.tier_amount, r.sale_amount, r.sale_starts_at, r.sale_ends_at, r.cost_amount, r.min_amount, r.tax_included, r.effective_to) THEN
    RETURN;
  END IF;
  PERFORM price_update(o.id, o.version, p_json, p_actor, p_may_override, p_now, p_trace);
END $$;

-- Applies the next rows of a job. Answers true when the job is finished. Two runners of one job take turns.
CREATE FUNCTION bulk_job_step(p_job uuid, p_count integer, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  j bulk_job;
  one record;
  done integer := 0;
  faults jsonb := '[]';
  why text;
  what text;
  last_row integer;
BEGIN
  SELECT * INTO j FROM bulk_job WHERE id = p_job FOR UPDATE;
  IF NOT FOUND OR j.status NOT IN ('queued', 'running') THEN RETURN true; END IF;
  FOR one IN SELECT row_no, data FROM bulk_row WHERE job_id = p_job ORDER BY row_no LIMIT p_count LOOP
    last_row := one.row_no;
    BEGIN
      PERFORM price_upsert(one.data, j.actor, j.may_override, p_now, j.trace);
      done := done + 1;
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE NOT LIKE 'EM%' AND SQLSTATE NOT LIKE '22%' AND SQLSTATE NOT LIKE '23%' THEN RAISE; END IF;
      GET STACKED DIAGNOSTICS why = MESSAGE_TEXT, what = PG_EXCEPTION_DETAIL;
      faults := faults || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('row', one.row_no, 'sku', one.data ->> 'sku',
                  'reason', CASE WHEN SQLSTATE LIKE 'EM%' THEN why ELSE 'PRICE_INVALID' END, 'detail', CASE WHEN SQLSTATE LIKE 'EM%' THEN coalesce(what, '') ELSE '' END)));
    END;
  END LOOP;
  DELETE FROM bulk_row WHERE job_id = p_job AND row_no <= last_row;
  j.applied := j.applied + done;
  j.refused := j.refused + jsonb_array_length(faults);
  IF jsonb_array_length(j.errors) < 1000 THEN j.errors := j.errors || faults; END IF;
  IF EXISTS (SELECT FROM bulk_row WHERE job_id = p_job) THEN
    j.status := 'running';
  ELSE
    j.status := CASE WHEN j.refused > 0 THEN 'completed_with_errors' ELSE 'completed' END;
    j.finished_at := p_now;
  END IF;
  UPDATE bulk_job SET status = j.status, applied = j.applied, refused = j.refused, errors = j.errors, finished_at = j.finished_at WHERE id = p_job;
  RETURN j.finished_at IS NOT NULL;
END $$;
