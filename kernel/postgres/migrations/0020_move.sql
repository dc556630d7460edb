-- Where the module serves, and how it moves to another process or another database while it is at work (ADR 0034). None of these is copied when the database
-- moves, but `module_move`, which carries the decision over.

CREATE TABLE module_place (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id       uuid NOT NULL DEFAULT gen_random_uuid(),
  shift    bigint NOT NULL DEFAULT 0,       -- Added to this server's transaction numbers in the outbox, so that places in it go on rising after a move.
  waits    boolean NOT NULL DEFAULT false   -- Being filled by a move: nobody serves from here before it is decided.
);
INSERT INTO module_place DEFAULT VALUES;

-- A row for each move. The one with the highest epoch that is `done` says who serves; where there is none, whoever the placement says.
CREATE TABLE module_move (
  epoch          bigint PRIMARY KEY,
  state          text NOT NULL CHECK (state IN ('announced', 'switching', 'done', 'aborted')),
  from_place     uuid NOT NULL,
  from_process   text NOT NULL,
  from_addresses text NOT NULL,             -- HOST:PORT of its replicas, separated by blanks.
  to_place       uuid NOT NULL,
  to_process     text NOT NULL,
  to_addresses   text NOT NULL,
  horizon        bigint,                    -- Places in the outbox of before the move are below it.
  sequences      jsonb,                     -- {"number_seq": [41, true]}: how far they were.
  announced_at   timestamptz NOT NULL DEFAULT now(),
  decided_at     timestamptz
);
CREATE UNIQUE INDEX module_move_under_way ON module_move ((true)) WHERE state IN ('announced', 'switching');

-- What each process makes of it.
CREATE TABLE module_seat (
  process text NOT NULL,
  replica integer NOT NULL,
  state   text NOT NULL CHECK (state IN ('serves', 'stands_by', 'away', 'ready_to_leave', 'stays')),
  epoch   bigint NOT NULL,
  note    text NOT NULL DEFAULT '',
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (process, replica)
);

-- Tables whose rows go along, parents of partitions only.
CREATE VIEW moving_table AS
  SELECT c.oid::regclass AS name, c.oid AS id, c.relkind FROM pg_class c
   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND c.relname NOT IN ('module_place', 'module_seat', 'schema_migration');

-- Decides a move: one commit, after which this database takes no writes and answers no reads (where it is another database that the module moves to), and the
-- new place serves. Nobody can be writing: each table is locked before the right to it is taken away. Safe to repeat. Errors: MOVE_NOT_SWITCHING.
CREATE FUNCTION move_decide(p_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  this module_move;
  part record;
  marks jsonb := '{}';
BEGIN
  SELECT * INTO this FROM module_move WHERE epoch = p_epoch FOR UPDATE;
  IF this.state = 'done' THEN
    RETURN;
  ELSIF this.state IS DISTINCT FROM 'switching' THEN
    PERFORM refuse('EM409', 'MOVE_NOT_SWITCHING', '{}', format('move %s is %s', p_epoch, coalesce(this.state, 'unknown')));
  END IF;
  IF this.to_place <> this.from_place THEN
    FOR part IN SELECT name FROM moving_table WHERE name <> 'module_move'::regclass ORDER BY id LOOP
      EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', part.name);
    END LOOP;
    FOR part IN SELECT c.oid::regclass AS name, pg_get_userbyid(c.relowner) AS owner FROM pg_class c
                 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
                   AND c.relname NOT IN ('module_place', 'module_seat', 'schema_migration', 'module_move') LOOP
      EXECUTE format('REVOKE ALL ON %s FROM %I', part.name, part.owner);
    END LOOP;
    SELECT coalesce(jsonb_object_agg(sequencename, jsonb_build_array(coalesce(last_value, start_value), last_value IS NOT NULL)), '{}') INTO marks
      FROM pg_sequences WHERE schemaname = current_schema();
  END IF;
  -- The margin is for a reader that had passed the check of its right when the lock was taken: whatever place it was told is below.
  UPDATE module_move SET state = 'done', decided_at = clock_timestamp(), sequences = marks,
                  horizon = pg_current_xact_id()::text::bigint + (SELECT shift FROM module_place) + 1000000
   WHERE epoch = p_epoch;
END $$;

-- Opens this database after a move to it was decided: the rows are here, since the decision came after them in the same stream. Safe to repeat. Errors:
-- MOVE_NOT_DECIDED.
CREATE FUNCTION move_arrive(p_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  this module_move;
  here module_place;
  part record;
BEGIN
  SELECT * INTO here FROM module_place FOR UPDATE;
  SELECT * INTO this FROM module_move WHERE epoch = p_epoch;
  IF this.state IS DISTINCT FROM 'done' OR this.to_place <> here.id THEN
    PERFORM refuse('EM409', 'MOVE_NOT_DECIDED', '{}', format('move %s is %s', p_epoch, coalesce(this.state, 'unknown')));
  END IF;
  IF NOT here.waits THEN
    RETURN;
  END IF;
  FOR part IN SELECT c.oid::regclass AS name, pg_get_userbyid(c.relowner) AS owner FROM pg_class c
               WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') LOOP
    EXECUTE format('GRANT ALL ON %s TO %I', part.name, part.owner);
  END LOOP;
  PERFORM setval(format('%I.%I', current_schema(), key)::regclass, (value ->> 0)::bigint, (value ->> 1)::boolean) FROM jsonb_each(this.sequences);
  here.shift := greatest(0, this.horizon - pg_current_xact_id()::text::bigint);
  IF here.shift > 0 THEN
    EXECUTE format('ALTER TABLE outbox ALTER COLUMN xid SET DEFAULT ((pg_current_xact_id()::text::bigint + %s)::text::xid8)', here.shift);
  ELSE
    ALTER TABLE outbox ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
  END IF;
  -- Marks that a transaction of the old server left mean nothing here, and one of this server may get their number.
  FOR part IN SELECT a.attrelid::regclass AS name, a.attname FROM pg_attribute a JOIN moving_table t ON t.id = a.attrelid
               WHERE a.atttypid = 'xid8'::regtype AND t.name <> 'outbox'::regclass AND NOT a.attisdropped LOOP
    EXECUTE format('UPDATE %s SET %I = ''0''', part.name, part.attname);
  END LOOP;
  -- Whoever held a lease held it at the old place, which can no longer write.
  UPDATE feed_position SET lease_until = NULL WHERE lease_until IS NOT NULL;
  UPDATE job_lease SET until = NULL WHERE until IS NOT NULL;
  UPDATE saga SET lease_owner = NULL, lease_until = NULL, version = version + 1, last_save = NULL WHERE lease_until IS NOT NULL;
  UPDATE module_place SET waits = false, shift = here.shift;
END $$;

-- Empties this database for a move to it, but for what is known of moves: who stands by goes on knowing where the module is. Safe to repeat. Errors: MODULE_SERVES_HERE unless `p_owns_nothing`: whoever calls says that no process serves from it.
CREATE FUNCTION move_prepare(p_owns_nothing boolean) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  names text;
  part record;
  out uuid;
BEGIN
  IF NOT p_owns_nothing AND NOT (SELECT waits FROM module_place) THEN
    PERFORM refuse('EM409', 'MODULE_SERVES_HERE', '{}', 'this database is the one that the module serves from');
  END IF;
  UPDATE module_place SET waits = true RETURNING id INTO out;
  SELECT string_agg(name::text, ', ') INTO names FROM moving_table WHERE name <> 'module_move'::regclass;
  EXECUTE format('TRUNCATE %s', names);
  PERFORM outbox_roll(interval '1000 years');
  -- By a superuser, since a module that left has no right to its tables any more; they stay its own.
  FOR part IN SELECT c.oid::regclass AS name, pg_get_userbyid(o.relowner) AS owner FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                JOIN pg_class o ON o.oid = i.inhparent WHERE o.oid = 'outbox'::regclass AND c.relowner <> o.relowner LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', part.name, part.owner);
  END LOOP;
  RETURN out;
END $$;
