-- The record of what was bought. A snapshot: after confirmation only counters, the address before dispatch, payment facets and the status change. Source: commerce.md §2.

-- The edges of the state machine, the same table as modules/commerce/order/domain/transitions.cpp (a test compares them). The trigger below holds every writer to it.
CREATE TABLE order_transition (
  from_status text NOT NULL,
  to_status   text NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
INSERT INTO order_transition (from_status, to_status) VALUES
  ('pending_payment', 'confirmed'), ('pending_payment', 'fraud_review'), ('pending_payment', 'cancelled'),
  ('fraud_review', 'confirmed'), ('fraud_review', 'cancelled'),
  ('confirmed', 'processing'), ('confirmed', 'cancelled'),
  ('processing', 'cancelled'), ('processing', 'partially_shipped'), ('processing', 'shipped'),
  ('partially_shipped', 'shipped'),
  ('shipped', 'delivered'), ('shipped', 'delivery_failed'),
  ('delivery_failed', 'shipped'), ('delivery_failed', 'cancelled'),
  ('delivered', 'completed'), ('delivered', 'returned'),
  ('completed', 'returned');

CREATE TABLE order_header (
  id                uuid PRIMARY KEY,
  order_number      text NOT NULL UNIQUE,
  saga_id           uuid NOT NULL UNIQUE,
  session_id        uuid NOT NULL,
  origin            text NOT NULL CHECK (origin IN ('checkout', 'exchange')),
  customer_id       uuid,
  contact_email     text NOT NULL,
  contact_phone     text,
  currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  subtotal          bigint NOT NULL CHECK (subtotal >= 0),
  discount          bigint NOT NULL CHECK (discount >= 0),
  shipping          bigint NOT NULL CHECK (shipping >= 0),
  shipping_discount bigint NOT NULL CHECK (shipping_discount >= 0),
  shipping_tax      bigint NOT NULL CHECK (shipping_tax >= 0),
  tax               bigint NOT NULL CHECK (tax >= shipping_tax),
  payment_fee       bigint NOT NULL CHECK (payment_fee >= 0),
  points_value      bigint NOT NULL CHECK (points_value >= 0),
  grand_total       bigint NOT NULL CHECK (grand_total >= 0),
  line_count        integer NOT NULL CHECK (line_count > 0),
  unit_count        bigint NOT NULL CHECK (unit_count > 0),
  shipping_address  jsonb NOT NULL,
  billing_address   jsonb NOT NULL,
  reservation_id    uuid NOT NULL,
  pricing_quote_id  uuid,
  acting_staff_id   uuid,
  channel           text NOT NULL,
  locale            text NOT NULL,
  payment_method    text NOT NULL CHECK (payment_method IN ('none', 'card', 'paypal', 'vnpay', 'momo', 'cod', 'bank_transfer')),
  payment_provider  text,
  payment_id        uuid,
  payment_status    text NOT NULL CHECK (payment_status IN ('none', 'pending', 'authorized', 'captured', 'cod_pending', 'failed', 'voided', 'partially_refunded', 'refunded')),
  payment_attempt   integer NOT NULL DEFAULT 0,  -- Of the newest payment event seen; with payment_version it tells late news from new.
  payment_version   bigint NOT NULL DEFAULT 0,
  refunded_amount   bigint NOT NULL DEFAULT 0 CHECK (refunded_amount BETWEEN 0 AND grand_total),
  payment_deadline  timestamptz,
  status            text NOT NULL,
  return_state      text NOT NULL DEFAULT 'none' CHECK (return_state IN ('none', 'open', 'partial', 'full')),
  dispute_open      boolean NOT NULL DEFAULT false,
  assessment_id     uuid,
  review_decision   text CHECK (review_decision IN ('approve', 'reject')),
  cancel_reason     text,
  cancel_by         text,
  cancelled_at      timestamptz,
  placed_at         timestamptz NOT NULL,
  confirmed_at      timestamptz,
  paid_at           timestamptz,
  delivered_at      timestamptz,
  completed_at      timestamptz,
  history_seq       integer NOT NULL DEFAULT 1,
  edit_seq          integer NOT NULL DEFAULT 0,
  request_digest    uuid NOT NULL,               -- Of the CreateOrder request: the same saga with another body is refused.
  late_flagged_at   timestamptz,
  version           bigint NOT NULL DEFAULT 1,
  -- Invariant 1, at the header.
  CONSTRAINT order_total_derives CHECK (grand_total = subtotal - discount + shipping - shipping_discount + tax + payment_fee - points_value),
  -- Invariant 6: nothing is confirmed that is not paid, promised at the door, or free.
  CONSTRAINT order_confirmed_is_payable CHECK (confirmed_at IS NULL OR grand_total = 0 OR payment_id IS NOT NULL),
  CONSTRAINT order_cancelled_has_reason CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL) AND (cancelled_at IS NULL OR (cancel_reason IS NOT NULL AND cancel_by IS NOT NULL)))
);
-- Invariant 4. A cancelled try never blocks the next.
CREATE UNIQUE INDEX order_session_live ON order_header (session_id) WHERE status <> 'cancelled';
CREATE INDEX order_by_customer ON order_header (customer_id, placed_at DESC, id DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX order_by_placed ON order_header (placed_at DESC, id DESC);
-- What the jobs look for; each holds only unfinished rows.
CREATE INDEX order_pending ON order_header (payment_deadline) WHERE status = 'pending_payment';
CREATE INDEX order_delivered ON order_header (delivered_at) WHERE status = 'delivered';
CREATE INDEX order_waiting_dispatch ON order_header (confirmed_at) WHERE status = 'confirmed' AND late_flagged_at IS NULL;
CREATE INDEX order_cancel_unfinished ON order_header (cancelled_at) WHERE status = 'cancelled' AND payment_status IN ('pending', 'authorized', 'captured', 'cod_pending', 'partially_refunded');

CREATE FUNCTION order_status_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (SELECT FROM order_transition t WHERE t.from_status = OLD.status AND t.to_status = NEW.status) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'INVALID_TRANSITION', DETAIL = json_build_object('from', OLD.status, 'to', NEW.status)::text;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_status_guard BEFORE UPDATE OF status ON order_header FOR EACH ROW EXECUTE FUNCTION order_status_guard();

CREATE FUNCTION order_birth_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'INVALID_TRANSITION', DETAIL = json_build_object('to', NEW.status)::text;
END $$;
CREATE TRIGGER order_birth_guard BEFORE INSERT ON order_header FOR EACH ROW WHEN (NEW.status <> 'pending_payment') EXECUTE FUNCTION order_birth_guard();

-- The order's events carry the whole order. Their text was written once, at the birth, in the two parts around the payment; it holds until lines or address are edited, then
-- the row goes and the text is made from the rows again.
CREATE TABLE order_birth (
  order_id       uuid PRIMARY KEY,
  before_payment text NOT NULL,
  after_payment  text NOT NULL
);

-- Written with its header by create_orders_batch and by nobody else, hence no foreign key to check per line.
CREATE TABLE order_line (
  order_id        uuid NOT NULL,
  line_no         integer NOT NULL CHECK (line_no >= 1),
  product_id      uuid NOT NULL,
  sku             text NOT NULL,
  name            text NOT NULL,
  image           text,
  seller_id       uuid,
  unit_price      bigint NOT NULL CHECK (unit_price >= 0),
  qty             integer NOT NULL CHECK (qty > 0),
  cancelled_qty   integer NOT NULL DEFAULT 0 CHECK (cancelled_qty >= 0),
  shipped_qty     integer NOT NULL DEFAULT 0 CHECK (shipped_qty >= 0),
  delivered_qty   integer NOT NULL DEFAULT 0 CHECK (delivered_qty >= 0),
  undelivered_qty integer NOT NULL DEFAULT 0 CHECK (undelivered_qty >= 0),
  returned_qty    integer NOT NULL DEFAULT 0 CHECK (returned_qty >= 0),
  discount        bigint NOT NULL CHECK (discount >= 0),
  tax             bigint NOT NULL CHECK (tax >= 0),
  tax_breakdown   jsonb NOT NULL,
  total           bigint NOT NULL CHECK (total >= 0),
  allocations     jsonb NOT NULL,  -- [{warehouse_id, qty, reservation_id}]
  PRIMARY KEY (order_id, line_no),
  CONSTRAINT order_line_total_derives CHECK (total = unit_price * qty - discount + tax),
  -- Invariant 3.
  CONSTRAINT order_line_arrivals CHECK (cancelled_qty + undelivered_qty + delivered_qty <= qty),
  CONSTRAINT order_line_shipped CHECK (shipped_qty <= qty - cancelled_qty),
  CONSTRAINT order_line_returned CHECK (returned_qty <= delivered_qty)
);
CREATE INDEX order_line_by_sku ON order_line (sku, order_id);

-- What one warehouse sends together.
CREATE TABLE order_shipment_group (
  order_id         uuid NOT NULL,
  group_id         uuid NOT NULL,
  warehouse_id     uuid NOT NULL,
  seller_id        uuid,
  method_id        text NOT NULL,
  method_name      text NOT NULL,
  carrier          text,
  service_level    text,
  quote_id         uuid,
  fee              bigint NOT NULL CHECK (fee >= 0),
  status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'dispatched', 'delivered', 'undelivered', 'cancelled')),
  tracking_numbers text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (order_id, group_id)
);

-- Parcels that Shipping told of. Their units are counted once, at the first event of each kind, whatever the order of events.
CREATE TABLE order_shipment (
  shipment_id uuid PRIMARY KEY,
  order_id    uuid NOT NULL,
  status      text NOT NULL CHECK (status IN ('dispatched', 'delivered', 'undelivered'))
);
CREATE INDEX order_shipment_by_order ON order_shipment (order_id);

-- Append-only. `from_status` = `to_status`: an event was noted without effect.
CREATE TABLE order_status_history (
  order_id        uuid NOT NULL,
  seq             integer NOT NULL,
  from_status     text,
  to_status       text NOT NULL,
  actor_type      text NOT NULL,
  actor_id        uuid,
  reason          text,
  source_event_id uuid,
  at              timestamptz NOT NULL,
  PRIMARY KEY (order_id, seq)
);
CREATE UNIQUE INDEX order_history_once_per_event ON order_status_history (order_id, source_event_id, from_status, to_status) WHERE source_event_id IS NOT NULL;

CREATE TABLE order_edit_history (
  order_id   uuid NOT NULL,
  seq        integer NOT NULL,
  kind       text NOT NULL,
  before     jsonb NOT NULL,
  after      jsonb NOT NULL,
  actor_type text NOT NULL,
  actor_id   uuid,
  at         timestamptz NOT NULL,
  PRIMARY KEY (order_id, seq)
);

CREATE TABLE order_note (
  id        uuid PRIMARY KEY,
  order_id  uuid NOT NULL,
  note      text NOT NULL,
  author_id uuid NOT NULL,
  at        timestamptz NOT NULL
);
CREATE INDEX order_note_by_order ON order_note (order_id, at);

-- A cancellation that came before its order: the order is refused when it arrives.
CREATE TABLE order_tombstone (
  order_id uuid PRIMARY KEY,
  saga_id  uuid,
  at       timestamptz NOT NULL
);

-- Tries to look up a guest's order, per address.
CREATE TABLE order_track_try (
  address text NOT NULL,
  at      timestamptz NOT NULL
);
CREATE INDEX order_track_try_recent ON order_track_try (address, at);

CREATE FUNCTION order_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'order history is append-only';
END $$;
CREATE TRIGGER order_status_history_append_only BEFORE UPDATE OR DELETE ON order_status_history FOR EACH STATEMENT EXECUTE FUNCTION order_history_is_append_only();
CREATE TRIGGER order_edit_history_append_only BEFORE UPDATE OR DELETE ON order_edit_history FOR EACH STATEMENT EXECUTE FUNCTION order_history_is_append_only();
