-- What a module's database no longer needs leaves it, by the job `<module>.upkeep` (kernel/module/upkeep.hpp, ADR 0045).

-- The last place of the outbox that was dropped. Who has read some events, but not up to here, has missed some.
CREATE TABLE outbox_gone (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  xid      bigint NOT NULL DEFAULT 0,
  id       bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_gone DEFAULT VALUES;
CREATE FUNCTION outbox_forget(p_xid bigint, p_id bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE outbox_gone SET xid = p_xid, id = p_id WHERE (xid, id) < (p_xid, p_id);
$$;

-- Makes the partitions of the two weeks to come. A table of its own comes into the outbox without locking out those who write, but for the first week, whose events
-- lie in the rest: these wait a moment, and a long reader of the rest makes it give up (lock_timeout, an error). Safe to repeat. Where an older version made single
-- days, their week is left to them and to the rest.
CREATE FUNCTION outbox_weeks_ahead() RETURNS void LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  week date;
  name text;
BEGIN
  FOR i IN 1 .. 2 LOOP
    week := date_trunc('week', now() AT TIME ZONE 'UTC')::date + 7 * i;
    name := 'outbox_' || to_char(week, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING ALL EXCLUDING IDENTITY)', name);
      EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, week::text || ' 00:00:00+00', (week + 7)::text || ' 00:00:00+00');
    EXCEPTION WHEN invalid_object_definition OR check_violation THEN
      NULL;  -- Overlaps a day, or the rest has events of that week already.
    END;
  END LOOP;
END $$;

-- Makes the weeks to come, drops the partitions whose last day is older than `p_keep`, and of the rest at most `p_rows` events that are. Answers how many events of
-- the rest went. Whoever writes events waits for the drop, a moment; if somebody reads at length the drop gives up first (lock_timeout, an error). Safe to repeat.
DROP FUNCTION outbox_roll(interval, integer);  -- Of 0001, over days.
CREATE FUNCTION outbox_roll(p_keep interval, p_rows integer DEFAULT 5000) RETURNS bigint LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  part record;
  last record;
BEGIN
  PERFORM outbox_weeks_ahead();
  FOR part IN SELECT c.oid::regclass AS name FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
               WHERE inhparent = 'outbox'::regclass AND c.relname ~ '^outbox_[0-9]{8}$'
                 AND to_date(substr(c.relname, 8), 'YYYYMMDD') + 7 <= ((now() - p_keep) AT TIME ZONE 'UTC')::date ORDER BY c.relname LOOP
    EXECUTE format('SELECT xid::text::bigint AS xid, id FROM %s ORDER BY xid DESC, id DESC LIMIT 1', part.name) INTO last;
    IF last.xid IS NOT NULL THEN
      PERFORM outbox_forget(last.xid, last.id);
    END IF;
    EXECUTE format('DROP TABLE %s', part.name);
  END LOOP;
  WITH oldest AS MATERIALIZED (SELECT ctid AS row, occurred_at FROM outbox_rest ORDER BY xid, id LIMIT p_rows),
       gone AS (DELETE FROM outbox_rest WHERE ctid = ANY (ARRAY(SELECT row FROM oldest WHERE occurred_at < now() - p_keep)) RETURNING xid, id)
  SELECT g.xid::text::bigint AS xid, g.id, count(*) OVER () AS n INTO last FROM gone g ORDER BY g.xid DESC, g.id DESC LIMIT 1;
  IF last.xid IS NOT NULL THEN
    PERFORM outbox_forget(last.xid, last.id);
  END IF;
  RETURN coalesce(last.n, 0);
END $$;
