-- Where goods lie. A warehouse takes part in plans while it is active.
CREATE TABLE warehouse (
  id                  uuid PRIMARY KEY,
  code                text NOT NULL CONSTRAINT warehouse_code UNIQUE,
  name                text NOT NULL,
  type                text NOT NULL CHECK (type IN ('fulfillment', 'store', 'dark_store', 'returns', 'supplier')),
  status              text NOT NULL CHECK (status IN ('draft', 'active', 'draining', 'offline', 'closed')),
  status_since        timestamptz NOT NULL DEFAULT clock_timestamp(),
  priority            integer NOT NULL CHECK (priority >= 0),
  location_id         uuid,
  lat                 integer CHECK (lat BETWEEN -900000000 AND 900000000),
  lng                 integer CHECK (lng BETWEEN -1800000000 AND 1800000000),
  country             text NOT NULL CHECK (length(country) = 2),
  address             jsonb NOT NULL,
  timezone            text NOT NULL,
  accepts_returns     boolean NOT NULL,
  handling_cost_minor bigint NOT NULL CHECK (handling_cost_minor >= 0),
  pick_cost_minor     bigint NOT NULL CHECK (pick_cost_minor >= 0),
  currency            text NOT NULL CHECK (length(currency) = 3),
  version             bigint NOT NULL DEFAULT 1,
  created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT warehouse_coordinates CHECK ((lat IS NULL) = (lng IS NULL))
);
CREATE INDEX warehouse_listed ON warehouse (priority, code);

-- The places a warehouse delivers to, with everything below them. Without a row it delivers nowhere. No service level means all.
CREATE TABLE coverage (
  warehouse_id   uuid NOT NULL REFERENCES warehouse,
  location_id    uuid NOT NULL,
  service_levels text[] NOT NULL,
  transit_hours  integer NOT NULL CHECK (transit_hours >= 0),
  PRIMARY KEY (warehouse_id, location_id)
);

-- Counts every change of status or coverage, so that planners know when to read again.
CREATE TABLE topology (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version  bigint NOT NULL
);
INSERT INTO topology (version) VALUES (1);
