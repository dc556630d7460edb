CREATE SEQUENCE shipment_number;

CREATE TABLE shipment (
  id                  uuid PRIMARY KEY,
  number              text NOT NULL UNIQUE DEFAULT 'SHP-' || to_char(now() AT TIME ZONE 'UTC', 'YYMM') || '-' || lpad(nextval('shipment_number')::text, 6, '0'),
  direction           text NOT NULL CHECK (direction IN ('outbound', 'return', 'transfer')),
  order_id            uuid NOT NULL,
  order_number        text NOT NULL DEFAULT '',
  fulfillment_id      uuid,
  package_id          uuid NOT NULL,
  warehouse_id        uuid NOT NULL,
  customer_id         uuid,
  payment_id          uuid,
  carrier             text NOT NULL,
  service_level       text NOT NULL,
  quote_id            uuid,
  tracking_number     text,
  status              text NOT NULL CHECK (status IN ('draft', 'booking', 'booking_failed', 'booked', 'picked_up', 'in_transit', 'out_for_delivery', 'delivery_failed', 'delivered',
                                                      'returning', 'returned', 'lost', 'damaged', 'cancelled')),
  status_at           timestamptz NOT NULL DEFAULT now(),
  weight_g            integer NOT NULL CHECK (weight_g > 0),
  length_mm           integer,
  width_mm            integer,
  height_mm           integer,
  billed_weight_g     integer NOT NULL,
  address             jsonb NOT NULL,  -- contract Address
  items               jsonb NOT NULL,  -- contract [ShipmentItem]
  currency            text NOT NULL,
  cod_minor           bigint CHECK (cod_minor > 0),
  cod_collected_minor bigint,
  attempts            integer NOT NULL DEFAULT 0,
  dispatched_at       timestamptz,
  delivered_at        timestamptz,
  version             bigint NOT NULL DEFAULT 1,
  created_at          timestamptz NOT NULL DEFAULT now(),
  trace               uuid,
  -- Work for the carrier: what is due is done by a job, outside any transaction.
  tries               integer NOT NULL DEFAULT 0,
  due_at              timestamptz,  -- of the booking, while status is booking or booking_failed
  handed_over_at      timestamptz,  -- the warehouse gave it to the courier
  told_handover       boolean NOT NULL DEFAULT false,
  cancel_wanted       boolean NOT NULL DEFAULT false,  -- the carrier is to be told: cancel, or return it if it has it
  CONSTRAINT tracking_number_from_booked_on CHECK (tracking_number IS NOT NULL OR status IN ('draft', 'booking', 'booking_failed', 'cancelled')),
  CONSTRAINT delivered_has_its_time CHECK (status <> 'delivered' OR delivered_at IS NOT NULL),
  CONSTRAINT cod_within_what_was_asked CHECK (cod_collected_minor IS NULL OR cod_collected_minor BETWEEN 0 AND cod_minor)
);
CREATE UNIQUE INDEX shipment_tracking_number ON shipment (carrier, tracking_number);
CREATE UNIQUE INDEX shipment_live_per_package ON shipment (package_id) WHERE direction = 'outbound' AND status <> 'cancelled';
CREATE INDEX shipment_order ON shipment (order_id);
CREATE INDEX shipment_fulfillment ON shipment (fulfillment_id);
CREATE INDEX shipment_customer ON shipment (customer_id, id DESC);
CREATE INDEX shipment_to_book ON shipment (due_at) WHERE status IN ('booking', 'booking_failed');
CREATE INDEX shipment_to_tell ON shipment (id) WHERE (handed_over_at IS NOT NULL AND NOT told_handover) OR cancel_wanted;

-- All that the carrier ever said, once each.
CREATE TABLE tracking_event (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shipment_id uuid NOT NULL REFERENCES shipment,
  carrier     text NOT NULL,
  dedupe_key  text NOT NULL CHECK (dedupe_key <> ''),
  raw_status  text NOT NULL,
  status      text,  -- NULL: a status we do not know; it moves nothing
  at          timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  place       text,
  reason      text,
  is_applied  boolean NOT NULL,
  UNIQUE (carrier, dedupe_key)
);
CREATE INDEX tracking_event_shipment ON tracking_event (shipment_id, at);

-- Webhooks whose signature was good, as they came. A repeat is known by its dedupe key and not stored again.
CREATE TABLE webhook_receipt (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  carrier         text NOT NULL,
  dedupe_key      text NOT NULL,
  tracking_number text NOT NULL,
  body            bytea NOT NULL,
  signature       text NOT NULL,
  received_at     timestamptz NOT NULL DEFAULT now(),
  state           text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'orphan')),
  due_at          timestamptz NOT NULL DEFAULT now(),
  UNIQUE (carrier, dedupe_key)
);
CREATE INDEX webhook_receipt_due ON webhook_receipt (due_at) WHERE state = 'new';
CREATE INDEX webhook_receipt_age ON webhook_receipt (received_at);

-- The demo carrier's own book, beside ours because it runs in our process. Nothing of the module reads it but adapters/demo_carrier.
CREATE TABLE demo_carrier_parcel (
  tracking_number text PRIMARY KEY,
  reference       text NOT NULL,  -- the sender's; not unique, as with real carriers
  cod_minor       bigint,
  currency        text NOT NULL,
  stage           integer NOT NULL DEFAULT 0,
  plan            text NOT NULL DEFAULT 'delivered',  -- delivered, returned, cancelled
  next_at         timestamptz,    -- NULL: waits for the hand-over, or is over
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE SEQUENCE demo_carrier_number START 100000001;
CREATE INDEX demo_carrier_parcel_due ON demo_carrier_parcel (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX demo_carrier_parcel_reference ON demo_carrier_parcel (reference);
