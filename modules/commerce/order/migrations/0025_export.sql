-- Who took which orders out of the house. A row is written before the first line leaves.
CREATE TABLE order_export (
  id          uuid PRIMARY KEY,
  actor_id    uuid NOT NULL,
  address     text NOT NULL,
  filters     json NOT NULL,   -- As they were asked for, to the letter.
  started_at  timestamptz NOT NULL,
  order_count bigint NOT NULL DEFAULT 0,  -- That left, so far.
  finished_at timestamptz                 -- The last page was made; empty: it broke off, or still runs.
);
CREATE INDEX order_export_by_time ON order_export (started_at DESC, id DESC);
