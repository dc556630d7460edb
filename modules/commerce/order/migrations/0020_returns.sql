-- Returns that Order was told of, each once and in whatever order its news come. `open` holds the order's completion (O16); `completed` has its units counted on the lines;
-- `ended` is a return that came to nothing (rejected, cancelled, expired).
CREATE TABLE order_return (
  return_id uuid PRIMARY KEY,
  order_id  uuid NOT NULL,
  status    text NOT NULL CHECK (status IN ('open', 'completed', 'ended')),
  at        timestamptz NOT NULL
);
CREATE INDEX order_return_by_order ON order_return (order_id);
