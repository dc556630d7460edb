-- What Warehouse tells of an order's units may come before the order's confirmation, by as much as a day where staff review it; and the confirmation may know of it already.
ALTER TABLE order_book
  ADD COLUMN has_news            boolean NOT NULL DEFAULT false,  -- rows in early_news
  ADD COLUMN reservation_id      uuid,    -- the confirmation's allocations are those of this reservation
  ADD COLUMN reservation_version bigint;  -- at this version: what is told of an earlier one is in them. Absent: as it was when it was bound.

-- News of a reservation whose order is not confirmed yet, in the words of its event. Taken as the order is confirmed or cancelled.
CREATE TABLE early_news (
  event_id       uuid PRIMARY KEY,
  order_id       uuid NOT NULL,
  reservation_id uuid NOT NULL,
  version        bigint NOT NULL,
  topic          text NOT NULL CHECK (topic IN ('warehouse.reservation.resourced', 'warehouse.reservation.shorted')),
  data           text NOT NULL,
  trace          uuid
);
CREATE INDEX early_news_of_order ON early_news (order_id);
