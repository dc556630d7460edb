-- Gift cards and store credit: what the shop owes, and tender for orders. A ledger beside that of the payments. Source: ADR 0016.

CREATE TABLE credit_account (
  id              uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('gift_card', 'store_credit')),
  status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'expired')),
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  balance         bigint NOT NULL DEFAULT 0 CONSTRAINT credit_balance_not_negative CHECK (balance >= 0),  -- What can be spent.
  held            bigint NOT NULL DEFAULT 0 CONSTRAINT credit_held_not_negative CHECK (held >= 0),        -- For orders that do not stand yet.
  code_sha256     bytea CONSTRAINT credit_code_once UNIQUE,  -- Of a gift card's code, in its canonical form; the code itself is nowhere.
  last4           text,
  customer_id     uuid,
  expires_at      timestamptz,
  recipient_email text,
  note            text,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  CONSTRAINT credit_account_owner CHECK ((kind = 'gift_card') = (code_sha256 IS NOT NULL AND last4 IS NOT NULL) AND (kind = 'store_credit') = (customer_id IS NOT NULL)),
  CONSTRAINT credit_expired_is_empty CHECK (status <> 'expired' OR balance = 0)
);
CREATE UNIQUE INDEX credit_account_own ON credit_account (customer_id, currency) WHERE kind = 'store_credit';
CREATE INDEX credit_account_by_created ON credit_account (created_at DESC, id DESC);
CREATE INDEX credit_account_expiring ON credit_account (expires_at) WHERE status = 'active' AND expires_at IS NOT NULL;

-- Double entry. Append-only; the two legs of a posting add up to zero, and a posting exists once. Buckets of an account: `balance` and `held` are its two columns; `redeemed` is what orders were
-- paid with; `issued`, `adjusted` and `expired` are where its money came from and went to.
CREATE TABLE credit_entry (
  posting_id uuid NOT NULL,
  line_no    integer NOT NULL CHECK (line_no IN (1, 2)),
  account_id uuid NOT NULL,
  bucket     text NOT NULL CHECK (bucket IN ('balance', 'held', 'redeemed', 'issued', 'adjusted', 'expired')),
  amount     bigint NOT NULL CHECK (amount <> 0),
  currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  cause      text NOT NULL CHECK (cause IN ('issued', 'refunded', 'held', 'released', 'redeemed', 'returned', 'adjusted', 'expired')),
  order_id   uuid,
  reason     text,
  actor_id   uuid,  -- The member of staff whose decision it was.
  at         timestamptz NOT NULL,
  PRIMARY KEY (posting_id, line_no)
);
CREATE INDEX credit_entry_by_account ON credit_entry (account_id, at DESC, posting_id DESC);

CREATE FUNCTION credit_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(e.amount) <> 0 OR count(DISTINCT e.currency) <> 1 OR count(DISTINCT e.account_id) <> 1 FROM credit_entry e WHERE e.posting_id = NEW.posting_id) THEN
    RAISE EXCEPTION 'posting % does not balance', NEW.posting_id USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_entry_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credit_entry_balances AFTER INSERT ON credit_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_entry_balances();
CREATE TRIGGER credit_entry_append_only BEFORE UPDATE OR DELETE ON credit_entry FOR EACH STATEMENT EXECUTE FUNCTION payment_append_only();

-- What an order is paid with, once per order. A row without parts is a tombstone: its release, or its order's end, came before it.
CREATE TABLE credit_hold (
  id             uuid PRIMARY KEY,
  order_id       uuid NOT NULL CONSTRAINT credit_hold_one_per_order UNIQUE,
  status         text NOT NULL CHECK (status IN ('held', 'redeemed', 'released', 'returned')),
  currency       text,
  amount         bigint NOT NULL CHECK (amount >= 0),
  returned       bigint NOT NULL DEFAULT 0,
  covers_order   boolean NOT NULL DEFAULT false,  -- It pays the whole order: no payment stands beside it.
  request_digest uuid,
  version        bigint NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  CONSTRAINT credit_hold_returned_within CHECK (returned BETWEEN 0 AND amount),
  CONSTRAINT credit_hold_over_is_returned CHECK (status NOT IN ('released', 'returned') OR returned = amount)
);
CREATE TABLE credit_hold_part (
  hold_id    uuid NOT NULL REFERENCES credit_hold (id),
  part_no    integer NOT NULL,
  account_id uuid NOT NULL REFERENCES credit_account (id),
  amount     bigint NOT NULL CHECK (amount > 0),
  returned   bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (hold_id, part_no),
  UNIQUE (hold_id, account_id),
  CONSTRAINT credit_part_returned_within CHECK (returned BETWEEN 0 AND amount)
);
CREATE INDEX credit_hold_part_by_account ON credit_hold_part (account_id);

-- Wrong codes per asker, in the minute that began at `since`.
CREATE TABLE credit_code_try (
  asked_by text PRIMARY KEY,
  since    timestamptz NOT NULL,
  wrong    integer NOT NULL
);

-- Refunds may go to the customer's store credit instead of back where the money came from; the money ledger then owes it to them.
ALTER TABLE refund ADD COLUMN target text NOT NULL DEFAULT 'source' CHECK (target IN ('source', 'store_credit'));
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_account_check CHECK (account ~ 
  '^(gateway_clearing|cod_clearing|bank_suspense|escrow:[a-z0-9-]+|payable:[a-z0-9-]+|revenue|fees|refunds|chargebacks|store_credit)$');
