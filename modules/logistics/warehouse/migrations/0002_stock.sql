-- Units of one SKU in one warehouse. `sku` sorts bytewise: every writer locks rows in (sku, warehouse_id) order, so no two can deadlock.
CREATE TABLE stock (
  sku             text COLLATE "C" NOT NULL CHECK (length(sku) BETWEEN 1 AND 64),
  warehouse_id    uuid NOT NULL REFERENCES warehouse,
  on_hand         integer NOT NULL DEFAULT 0,
  reserved        integer NOT NULL DEFAULT 0,
  picked          integer NOT NULL DEFAULT 0,
  buffer          integer NOT NULL DEFAULT 0 CHECK (buffer >= 0),
  damaged         integer NOT NULL DEFAULT 0 CHECK (damaged >= 0),
  reorder_point   integer NOT NULL DEFAULT 0 CHECK (reorder_point >= 0),
  is_low_told     boolean NOT NULL DEFAULT false,
  unit_cost_minor bigint NOT NULL DEFAULT 0 CHECK (unit_cost_minor >= 0),
  version         bigint NOT NULL DEFAULT 0,
  updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (sku, warehouse_id),
  CONSTRAINT stock_w_i1 CHECK (on_hand >= reserved AND reserved >= picked AND picked >= 0)
) WITH (fillfactor = 60);
CREATE INDEX stock_warehouse ON stock (warehouse_id, sku);
CREATE INDEX stock_watched ON stock (sku, warehouse_id) WHERE reorder_point > 0;

-- What is known of a SKU beside its numbers: hot SKUs are held for minutes only; `is_depleted` is what was last told to others.
CREATE TABLE sku_state (
  sku         text COLLATE "C" PRIMARY KEY,
  is_hot      boolean NOT NULL DEFAULT false,
  is_depleted boolean NOT NULL DEFAULT true,
  version     bigint NOT NULL DEFAULT 0
);

-- The ledger of on_hand: append-only; each row starts where the pair's last one ended. Reserving moves no goods and writes no row.
CREATE TABLE movement (
  number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku             text COLLATE "C" NOT NULL,
  warehouse_id    uuid NOT NULL,
  type            text NOT NULL CHECK (type IN ('receipt', 'adjustment', 'shipment', 'short', 'return_receipt')),
  on_hand_delta   integer NOT NULL CHECK (on_hand_delta <> 0),
  before          integer NOT NULL,
  after           integer NOT NULL,
  reason          text,
  cause_type      text NOT NULL,
  cause_id        text NOT NULL CHECK (cause_id <> ''),
  line_no         integer NOT NULL,
  actor           text NOT NULL,
  unit_cost_minor bigint NOT NULL,
  occurred_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT movement_w_i3 CHECK (after = before + on_hand_delta AND before >= 0 AND after >= 0),
  CONSTRAINT movement_w_i10 UNIQUE (cause_id, cause_type, line_no, type, sku, warehouse_id)
);
CREATE INDEX movement_pair ON movement (sku, warehouse_id, number);

-- Shelves to be counted because units were not where the ledger says.
CREATE TABLE count_task (
  number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku          text NOT NULL,
  warehouse_id uuid NOT NULL,
  reason       text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
