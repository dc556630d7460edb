-- Imports: checked rows wait here until a chunk takes them; a chunk's products and the job's progress are one commit, so a restart resumes without repeating.
CREATE TABLE import_job (
  id           uuid PRIMARY KEY,
  caller       text NOT NULL,
  key          text NOT NULL,
  request_hash uuid NOT NULL,
  trace        uuid NOT NULL,
  status       text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'completed_with_errors', 'failed', 'cancelled')),
  dry_run      boolean NOT NULL,
  atomic       boolean NOT NULL,
  rows         integer NOT NULL,
  created      integer NOT NULL DEFAULT 0,
  updated      integer NOT NULL DEFAULT 0,
  unchanged    integer NOT NULL DEFAULT 0,
  refused      integer NOT NULL,
  errors       jsonb NOT NULL,  -- {row, external_reference, reason, detail}; the first 1,000.
  created_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  UNIQUE (caller, key)
);
CREATE INDEX import_job_open ON import_job (created_at) WHERE status IN ('queued', 'running');
CREATE TABLE import_row (
  job_id             uuid NOT NULL REFERENCES import_job,
  row_no             integer NOT NULL,
  external_reference text NOT NULL,
  new_id             uuid NOT NULL,  -- Of the product, if the row makes one.
  data               jsonb NOT NULL,
  codes              jsonb NOT NULL,
  has_slug           boolean NOT NULL,
  publish            boolean NOT NULL,
  PRIMARY KEY (job_id, row_no)
);

CREATE FUNCTION import_job_document(j import_job) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_strip_nulls(jsonb_build_object('id', j.id, 'status', j.status, 'dry_run', j.dry_run, 'rows', j.rows, 'created', j.created, 'updated', j.updated, 'unchanged', j.unchanged,
    'refused', j.refused, 'errors', j.errors, 'created_at', json_time(j.created_at), 'finished_at', json_time(j.finished_at)))::text;
END $$;
CREATE FUNCTION import_job_finish(p_job uuid, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  j import_job;
BEGIN
  DELETE FROM import_row WHERE job_id = p_job;
  UPDATE import_job SET status = CASE WHEN refused > 0 THEN 'completed_with_errors' ELSE 'completed' END, finished_at = p_now WHERE id = p_job RETURNING * INTO j;
  PERFORM outbox_append('catalog.import.completed', j.id::text, 1, jsonb_build_object('job_id', j.id, 'created', j.created, 'updated', j.updated, 'unchanged', j.unchanged,
                        'refused', j.refused)::text, j.trace);
END $$;

-- One row: creates the product of that reference or replaces it, and publishes it if asked. Answers created, updated or unchanged.
CREATE FUNCTION import_apply(r import_row, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o record;
  hash text := md5(r.data::text || r.publish::text);
BEGIN
  SELECT id, version, status, import_hash INTO o FROM product WHERE external_reference = r.external_reference;
  IF o.status = 'deleted' THEN PERFORM refuse('EM409', 'PRODUCT_DELETED'); END IF;
  IF o.import_hash = hash THEN RETURN 'unchanged'; END IF;
  PERFORM product_save(coalesce(o.id, r.new_id), o.version, r.external_reference, r.data, text_array(r.codes), r.has_slug, p_now, p_trace, r.publish, hash);
  RETURN CASE WHEN o.id IS NULL THEN 'created' ELSE 'updated' END;
END $$;

-- Applies the next rows of a job, each on its own, or all at once if the job is atomic. Answers true when the job is over. Two runners of one job take turns.
CREATE FUNCTION import_job_step(p_job uuid, p_count integer, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  j import_job;
  r import_row;
  outcome text;
  faults jsonb := '[]';
  why text;
  what text;
  last_row integer;
BEGIN
  SELECT * INTO j FROM import_job WHERE id = p_job FOR UPDATE;
  IF NOT FOUND OR j.status NOT IN ('queued', 'running') THEN RETURN true; END IF;
  IF j.atomic AND j.refused > 0 THEN
    PERFORM import_job_finish(p_job, p_now);
    RETURN true;
  END IF;
  BEGIN
    FOR r IN SELECT * FROM import_row WHERE job_id = p_job ORDER BY row_no LIMIT CASE WHEN j.atomic THEN NULL ELSE p_count END LOOP
      last_row := r.row_no;
      BEGIN
        outcome := import_apply(r, p_now, j.trace);
        IF j.dry_run THEN RAISE EXCEPTION USING ERRCODE = 'EM000', MESSAGE = outcome; END IF;
      EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS why = MESSAGE_TEXT, what = PG_EXCEPTION_DETAIL;
        IF SQLSTATE = 'EM000' THEN
          outcome := why;
        ELSIF SQLSTATE LIKE 'EM%' OR SQLSTATE LIKE '22%' OR SQLSTATE LIKE '23%' THEN
          outcome := 'refused';
          faults := faults || jsonb_build_array(jsonb_build_object('row', r.row_no, 'external_reference', r.external_reference,
                      'reason', CASE WHEN SQLSTATE LIKE 'EM%' THEN why ELSE 'ROW_INVALID' END, 'detail', CASE WHEN SQLSTATE LIKE 'EM%' THEN coalesce(what, '') ELSE '' END));
        ELSE
          RAISE;
        END IF;
      END;
      j.created := j.created + (outcome = 'created')::integer;
      j.updated := j.updated + (outcome = 'updated')::integer;
      j.unchanged := j.unchanged + (outcome = 'unchanged')::integer;
      j.refused := j.refused + (outcome = 'refused')::integer;
    END LOOP;
    IF j.atomic AND j.refused > 0 THEN RAISE EXCEPTION USING ERRCODE = 'EM001', MESSAGE = 'atomic'; END IF;
  EXCEPTION WHEN SQLSTATE 'EM001' THEN  -- Undoes every row; what was found stays in the variables.
    j.created := 0;
    j.updated := 0;
    j.unchanged := 0;
  END;
  DELETE FROM import_row WHERE job_id = p_job AND row_no <= last_row;
  IF jsonb_array_length(j.errors) < 1000 THEN j.errors := j.errors || faults; END IF;
  UPDATE import_job SET status = 'running', created = j.created, updated = j.updated, unchanged = j.unchanged, refused = j.refused, errors = j.errors WHERE id = p_job;
  IF NOT EXISTS (SELECT FROM import_row WHERE job_id = p_job) THEN
    PERFORM import_job_finish(p_job, p_now);
    RETURN true;
  END IF;
  RETURN false;
END $$;

CREATE FUNCTION import_job_cancel(p_job uuid, p_now timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  j import_job;
BEGIN
  SELECT * INTO j FROM import_job WHERE id = p_job FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'IMPORT_JOB_NOT_FOUND'); END IF;
  IF j.status NOT IN ('queued', 'running', 'cancelled') THEN PERFORM refuse('EM409', 'IMPORT_JOB_FINISHED'); END IF;
  IF j.status <> 'cancelled' THEN
    DELETE FROM import_row WHERE job_id = p_job;
    UPDATE import_job SET status = 'cancelled', finished_at = p_now WHERE id = p_job RETURNING * INTO j;
  END IF;
  RETURN import_job_document(j);
END $$;
