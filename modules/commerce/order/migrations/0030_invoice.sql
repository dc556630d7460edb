-- Invoices and credit notes: what was sold, as it was sold. Numbered 1, 2, 3 … per series and year; ADR 0021.

-- Orders whose invoices may be behind: confirmed and not invoiced, or cancelled or refunded since. Rows are written by triggers in the transaction that makes them
-- due, so no path of the code can forget one, and go in the transaction that issues what they ask for.
CREATE TABLE invoice_due (
  order_id uuid PRIMARY KEY,
  bumps    bigint NOT NULL DEFAULT 1,  -- Rises with each cause: who worked on an older one leaves the row.
  since    timestamptz NOT NULL DEFAULT now(),
  tries    integer NOT NULL DEFAULT 0,
  next_at  timestamptz NOT NULL DEFAULT '-infinity',
  problem  text,                       -- Why the last try failed.
  is_mailed boolean NOT NULL DEFAULT true
);
CREATE INDEX invoice_due_next ON invoice_due (next_at, order_id);

CREATE FUNCTION invoice_order_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO invoice_due (order_id) VALUES (NEW.id)
  ON CONFLICT (order_id) DO UPDATE SET bumps = invoice_due.bumps + 1, tries = 0, next_at = '-infinity', problem = NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER invoice_order_is_due AFTER UPDATE ON order_header FOR EACH ROW
  WHEN (NEW.confirmed_at IS NOT NULL AND (OLD.confirmed_at IS NULL OR (NEW.status = 'cancelled' AND OLD.status <> 'cancelled') OR NEW.refunded_amount > OLD.refunded_amount))
  EXECUTE FUNCTION invoice_order_is_due();

-- Once per statement: an order of 2,000 lines is due once.
CREATE FUNCTION invoice_lines_are_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO invoice_due (order_id)
  SELECT DISTINCT n.order_id FROM now_lines n JOIN was_lines w USING (order_id, line_no) WHERE n.cancelled_qty > w.cancelled_qty ORDER BY 1
  ON CONFLICT (order_id) DO UPDATE SET bumps = invoice_due.bumps + 1, tries = 0, next_at = '-infinity', problem = NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER invoice_lines_are_due AFTER UPDATE ON order_line REFERENCING OLD TABLE AS was_lines NEW TABLE AS now_lines FOR EACH STATEMENT
  EXECUTE FUNCTION invoice_lines_are_due();

-- Orders from before this table: their buyers expect no mail any more.
INSERT INTO invoice_due (order_id, is_mailed) SELECT id, false FROM order_header WHERE confirmed_at IS NOT NULL;

-- Whose numbers begin so. A series belongs to one seller and one kind of document for ever; a seller may take a new one.
CREATE TABLE invoice_series (
  series    text PRIMARY KEY CHECK (series ~ '^[A-Z0-9]{1,16}$'),
  kind      text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  seller_id uuid                       -- Absent: the house.
);

-- The last number given. Locked by who gives the next, until its invoices are committed with it: a sequence would leave gaps when a transaction fails.
CREATE TABLE invoice_counter (
  series  text NOT NULL REFERENCES invoice_series,
  year    integer NOT NULL CHECK (year BETWEEN 2000 AND 9999),
  last    integer NOT NULL CHECK (last >= 0),
  last_at timestamptz NOT NULL,        -- A later number has no earlier date, whatever the clocks of the replicas say.
  PRIMARY KEY (series, year)
);

CREATE TABLE invoice (
  id                uuid PRIMARY KEY,
  kind              text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  series            text NOT NULL,
  year              integer NOT NULL,  -- Of issued_on.
  no                integer NOT NULL CHECK (no >= 1),
  before_no         integer GENERATED ALWAYS AS (NULLIF(no - 1, 0)) STORED,
  number            text GENERATED ALWAYS AS (series || '-' || year::text || '-' || lpad(no::text, greatest(6, length(no::text)), '0')) STORED UNIQUE,
  order_id          uuid NOT NULL,
  seller_id         uuid,              -- Absent: the house.
  credits           uuid REFERENCES invoice,
  seq               integer NOT NULL CHECK (seq >= 0),  -- Of a credit note within its invoice, from 1.
  issued_at         timestamptz NOT NULL,
  issued_on         date NOT NULL,     -- At the seller's.
  currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  subtotal          bigint NOT NULL CHECK (subtotal >= 0),
  discount          bigint NOT NULL CHECK (discount >= 0),
  shipping          bigint NOT NULL CHECK (shipping >= 0),
  shipping_discount bigint NOT NULL CHECK (shipping_discount >= 0),
  shipping_tax      bigint NOT NULL CHECK (shipping_tax >= 0),
  tax               bigint NOT NULL CHECK (tax >= shipping_tax),
  payment_fee       bigint NOT NULL CHECK (payment_fee >= 0),
  points_value      bigint NOT NULL CHECK (points_value >= 0),
  adjustment        bigint NOT NULL,
  grand_total       bigint NOT NULL CHECK (grand_total >= 0),
  status            text NOT NULL DEFAULT 'issued' CHECK (status IN ('issued', 'credited')),
  credited          bigint NOT NULL DEFAULT 0,
  notes             integer NOT NULL DEFAULT 0 CHECK (notes >= 0),
  stated            jsonb NOT NULL,    -- The whole document as the contract's Invoice; what is a column here is not taken from it.
  UNIQUE (series, year, no),
  -- No gap can be committed: each number but the first stands on the one before it.
  CONSTRAINT invoice_has_predecessor FOREIGN KEY (series, year, before_no) REFERENCES invoice (series, year, no),
  CONSTRAINT invoice_counted FOREIGN KEY (series, year) REFERENCES invoice_counter,
  CONSTRAINT invoice_total_derives CHECK (grand_total = subtotal - discount + shipping - shipping_discount + tax + payment_fee - points_value + adjustment),
  CONSTRAINT invoice_credited_at_most CHECK (credited BETWEEN 0 AND grand_total),
  CONSTRAINT invoice_kind_fits CHECK (CASE kind WHEN 'invoice' THEN credits IS NULL AND seq = 0 AND adjustment = 0 ELSE credits IS NOT NULL AND seq >= 1 AND credited = 0 AND notes = 0 END)
);
CREATE UNIQUE INDEX invoice_once_per_seller ON invoice (order_id, COALESCE(seller_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE kind = 'invoice';
CREATE UNIQUE INDEX invoice_credit_seq ON invoice (credits, seq) WHERE kind = 'credit_note';
CREATE INDEX invoice_by_order ON invoice (order_id, issued_at);
CREATE INDEX invoice_by_issued ON invoice (issued_at DESC, id DESC);
CREATE INDEX invoice_by_seller ON invoice (COALESCE(seller_id, '00000000-0000-0000-0000-000000000000'::uuid), issued_at DESC, id DESC);

-- Only what credit notes have taken back may change. After the row is made: a generated column is not known before.
CREATE FUNCTION invoice_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_same invoice;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    v_same := NEW;
    v_same.status := OLD.status;
    v_same.credited := OLD.credited;
    v_same.notes := OLD.notes;
    IF v_same IS NOT DISTINCT FROM OLD AND NEW.credited >= OLD.credited AND (OLD.status = 'issued' OR NEW.status = 'credited') THEN
      RETURN NULL;
    END IF;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'INVOICE_IS_IMMUTABLE', DETAIL = json_build_object('number', OLD.number)::text;
END $$;
CREATE TRIGGER invoice_is_immutable AFTER UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_is_immutable();

CREATE FUNCTION invoice_counter_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'INVOICE_COUNTER_GOES_BACK', DETAIL = json_build_object('series', OLD.series, 'year', OLD.year)::text;
END $$;
CREATE TRIGGER invoice_counter_rises BEFORE UPDATE ON invoice_counter FOR EACH ROW WHEN (NEW.last < OLD.last OR NEW.series <> OLD.series OR NEW.year <> OLD.year)
  EXECUTE FUNCTION invoice_counter_rises();
