-- One reservation holds all lines of one order. A tombstone is the mark of a release that came before its reserve: it refuses the latter for ever.
CREATE TABLE reservation (
  id             uuid PRIMARY KEY,
  body           uuid,
  reference      text CHECK (reference IN ('checkout', 'order', 'exchange', 'transfer', 'manual')),
  reference_id   uuid,
  attempt        integer,
  customer_id    uuid,
  guest_key      text,
  order_id       uuid,
  status         text NOT NULL CHECK (status IN ('active', 'confirmed', 'fulfilled', 'released', 'expired')),
  payment_method text NOT NULL DEFAULT 'none',
  ttl            interval NOT NULL DEFAULT interval '0',
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz,
  is_tombstone   boolean NOT NULL DEFAULT false,
  version        bigint NOT NULL DEFAULT 1,
  CONSTRAINT reservation_reference UNIQUE (reference_id, attempt),
  CONSTRAINT reservation_w_i9 CHECK ((status = 'active') = (expires_at IS NOT NULL) AND (expires_at IS NULL OR expires_at <= created_at + 2 * ttl)),
  CONSTRAINT reservation_bound CHECK (status NOT IN ('confirmed', 'fulfilled') OR order_id IS NOT NULL),
  CONSTRAINT reservation_tombstone CHECK (CASE WHEN is_tombstone THEN status = 'released' ELSE body IS NOT NULL AND reference IS NOT NULL AND reference_id IS NOT NULL AND attempt IS NOT NULL END)
) WITH (fillfactor = 80);
CREATE INDEX reservation_overdue ON reservation (expires_at) WHERE status = 'active';
CREATE INDEX reservation_confirmed ON reservation (created_at) WHERE status = 'confirmed';
CREATE INDEX reservation_order ON reservation (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX reservation_customer ON reservation (customer_id) WHERE status = 'active' AND customer_id IS NOT NULL;
CREATE INDEX reservation_guest ON reservation (guest_key) WHERE status = 'active' AND guest_key IS NOT NULL;

-- Units of an order's line in one warehouse. What is neither shipped nor released is open; each unit leaves `open` once.
-- `owed` are picked units that are cancelled: they are released when they are put back. No foreign keys: they would check row by row what the writing functions hold locked; the audit checks them.
CREATE TABLE reservation_line (
  reservation_id uuid NOT NULL,
  line_no        integer NOT NULL CHECK (line_no > 0),
  warehouse_id   uuid NOT NULL,
  sku            text COLLATE "C" NOT NULL,
  qty            integer NOT NULL CHECK (qty > 0),
  picked         integer NOT NULL DEFAULT 0 CHECK (picked >= 0),
  shipped        integer NOT NULL DEFAULT 0 CHECK (shipped >= 0),
  released       integer NOT NULL DEFAULT 0 CHECK (released >= 0),
  owed           integer NOT NULL DEFAULT 0 CHECK (owed >= 0),
  PRIMARY KEY (reservation_id, line_no, warehouse_id),
  CONSTRAINT reservation_line_owed CHECK (owed <= picked),
  CONSTRAINT reservation_line_w_i6 CHECK (picked + shipped + released <= qty)
) WITH (fillfactor = 80);

-- What was done to a line, once per cause: a repeated pick, short, ship or release of the same cause changes nothing.
CREATE TABLE reservation_step (
  reservation_id uuid NOT NULL,
  line_no        integer NOT NULL,
  warehouse_id   uuid NOT NULL,
  step           text NOT NULL CHECK (step IN ('pick', 'put_back', 'short', 'give_up', 'ship', 'release')),
  cause_id       text NOT NULL CHECK (cause_id <> ''),
  qty            integer NOT NULL CHECK (qty > 0),
  moved          integer NOT NULL DEFAULT 0 CHECK (moved BETWEEN 0 AND qty),
  occurred_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (reservation_id, line_no, warehouse_id, step, cause_id)
);
