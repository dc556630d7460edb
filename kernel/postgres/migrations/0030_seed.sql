-- How far a bulk seed has come here (kernel/module/seed.hpp, ADR 0043). Written in the commit of the rows that it counts, so that a seed which was killed goes on where it was.
CREATE TABLE seed_mark (
  rows_of    text PRIMARY KEY CHECK (rows_of IN ('promotions', 'skus', 'orders')),
  terms      text NOT NULL,  -- What the rows were derived from; others would not fit to them.
  done       bigint NOT NULL CHECK (done >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);
