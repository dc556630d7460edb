-- One row per fulfillment: what is searched by is a column, the whole (items, packages, address) is the contract's JSON, and so is its picklist.
CREATE SEQUENCE fulfillment_number;

CREATE TABLE fulfillment (
  id              uuid PRIMARY KEY,
  number          text NOT NULL UNIQUE DEFAULT 'FULF-' || to_char(now() AT TIME ZONE 'UTC', 'YYMM') || '-' || lpad(nextval('fulfillment_number')::text, 6, '0'),
  order_id        uuid NOT NULL,
  warehouse_id    uuid NOT NULL,
  generation      integer NOT NULL CHECK (generation > 0),
  status          text NOT NULL CHECK (status IN ('pending', 'planning', 'picking', 'pick_failed', 'picked', 'packing', 'packed', 'ready', 'shipped', 'completed', 'cancelled',
                                                  'on_hold', 'compensation_pending', 'compensated')),
  held_status     text,  -- what it was before on_hold
  facts           jsonb NOT NULL,  -- of the order: number, currency, customer, payment, method
  state           jsonb NOT NULL,  -- contract Fulfillment
  picklist_id     uuid UNIQUE,
  picklist        jsonb,  -- contract Picklist
  scans_open      integer NOT NULL DEFAULT 0 CHECK (scans_open >= 0),  -- picks that Warehouse has not confirmed yet
  labels_missing  integer NOT NULL DEFAULT 0,  -- packages without label
  version         bigint NOT NULL DEFAULT 1,
  trace           uuid,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (order_id, warehouse_id, generation),
  CHECK ((status = 'on_hold') = (held_status IS NOT NULL))
);
CREATE INDEX fulfillment_list ON fulfillment (id DESC);
CREATE INDEX fulfillment_in_house ON fulfillment (status, created_at) WHERE status NOT IN ('shipped', 'completed', 'cancelled', 'compensated');

-- One row per order that was heard of. Whoever makes or cancels fulfillments of an order locks it first.
CREATE TABLE order_book (
  order_id     uuid PRIMARY KEY,
  is_cancelled boolean NOT NULL DEFAULT false,
  is_started   boolean NOT NULL DEFAULT false,
  causes       text[] NOT NULL DEFAULT '{}',   -- cancellations already agreed to
  credits      jsonb NOT NULL DEFAULT '{}'     -- line → units agreed to, whose order.line.cancelled is yet to come
);

-- A scan of a picker. Recorded first, then told to Warehouse, then done.
CREATE TABLE pick_scan (
  fulfillment_id uuid NOT NULL REFERENCES fulfillment,
  line_no        integer NOT NULL,
  scan_id        text NOT NULL,
  order_line     integer NOT NULL,
  qty            integer NOT NULL CHECK (qty >= 0),
  short_qty      integer NOT NULL CHECK (short_qty >= 0),
  is_done        boolean NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (fulfillment_id, line_no, scan_id)
);
CREATE INDEX pick_scan_open ON pick_scan (created_at) WHERE NOT is_done;
