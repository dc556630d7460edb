-- Money: payments, refunds, the double-entry ledger, provider messages, risk. Source: commerce.md §3.

-- The edges of the state machine, the same table as modules/commerce/payment/domain/status.cpp (a test compares them). The trigger below holds every writer to it.
CREATE TABLE payment_transition (
  from_status text NOT NULL,
  to_status   text NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
INSERT INTO payment_transition (from_status, to_status) VALUES
  ('created', 'requires_action'), ('created', 'processing'), ('created', 'authorized'), ('created', 'captured'), ('created', 'pending_collection'), ('created', 'failed'),
  ('requires_action', 'processing'), ('requires_action', 'authorized'), ('requires_action', 'captured'), ('requires_action', 'failed'), ('requires_action', 'expired'),
  ('requires_action', 'voided'),
  ('processing', 'requires_action'), ('processing', 'authorized'), ('processing', 'captured'), ('processing', 'failed'), ('processing', 'expired'),
  ('authorized', 'captured'), ('authorized', 'voided'), ('authorized', 'expired'),
  ('pending_collection', 'captured'), ('pending_collection', 'failed'), ('pending_collection', 'voided'),
  ('captured', 'partially_refunded'), ('captured', 'refunded'),
  ('partially_refunded', 'partially_refunded'), ('partially_refunded', 'refunded'),
  ('failed', 'authorized'), ('failed', 'captured'), ('expired', 'authorized'), ('expired', 'captured'), ('voided', 'authorized'), ('voided', 'captured');

CREATE TABLE payment (
  id                uuid PRIMARY KEY,
  order_id          uuid NOT NULL,
  order_number      text,
  attempt_no        integer NOT NULL CHECK (attempt_no >= 1),
  customer_id       uuid,
  method            text NOT NULL CHECK (method IN ('card', 'paypal', 'vnpay', 'momo', 'cod', 'bank_transfer')),
  provider          text NOT NULL,
  amount            bigint NOT NULL CHECK (amount > 0),
  currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  captured_amount   bigint NOT NULL DEFAULT 0,
  refunded_amount   bigint NOT NULL DEFAULT 0,   -- Refunds that succeeded.
  reduced_amount    bigint NOT NULL DEFAULT 0,   -- Cash on delivery: what cancelled lines and returned parcels took off the amount to collect.
  collected_amount  bigint NOT NULL DEFAULT 0 CHECK (collected_amount >= 0),  -- Cash on delivery: reported so far, parcel by parcel.
  status            text NOT NULL,
  provider_ref      text,                        -- "pi_…": stored before the call that moves money.
  provider_txn_id   text,
  provider_token    text,
  card_brand        text,
  card_last4        text CHECK (card_last4 ~ '^[0-9]{4}$'),
  next_action       jsonb,
  decline_category  text,
  decline_code      text,
  assessment_id     uuid NOT NULL,
  force_3ds         boolean NOT NULL DEFAULT false,
  return_url        text,
  auth_expires_at   timestamptz,
  window_ends_at    timestamptz,
  captured_at       timestamptz,
  capture_asked_at  timestamptz,                 -- A capture was ordered; with status authorized its outcome is open.
  capture_amount    bigint CHECK (capture_amount BETWEEN 1 AND amount),
  void_requested_at timestamptz,
  void_reason       text,
  superseded        boolean NOT NULL DEFAULT false,
  dispute_state     text NOT NULL DEFAULT 'none' CHECK (dispute_state IN ('none', 'open', 'won', 'lost')),
  request_digest    uuid NOT NULL,               -- Of the CreatePayment request: the same id with another body is refused.
  next_run_at       timestamptz,                 -- When the worker looks at it again; null: nothing is owed.
  run_tries         integer NOT NULL DEFAULT 0,
  provider_calls    integer NOT NULL DEFAULT 0,  -- Numbers the provider's idempotency keys that must not be reused.
  transaction_seq   integer NOT NULL DEFAULT 0,
  version           bigint NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  UNIQUE (order_id, attempt_no),
  CONSTRAINT payment_captured_within_amount CHECK (captured_amount BETWEEN 0 AND amount),
  CONSTRAINT payment_reduced_within_amount CHECK (reduced_amount BETWEEN 0 AND amount),
  CONSTRAINT payment_refunded_within_captured CHECK (refunded_amount BETWEEN 0 AND captured_amount),
  CONSTRAINT payment_taken_has_amount CHECK ((status IN ('captured', 'partially_refunded', 'refunded')) = (captured_amount > 0))
);
-- Invariant 2: one live or successful payment per order.
CREATE UNIQUE INDEX payment_one_live ON payment (order_id)
  WHERE NOT superseded AND status IN ('created', 'requires_action', 'processing', 'authorized', 'pending_collection', 'captured', 'partially_refunded', 'refunded');
CREATE UNIQUE INDEX payment_by_provider_ref ON payment (provider, provider_ref) WHERE provider_ref IS NOT NULL;
CREATE INDEX payment_by_customer ON payment (customer_id, created_at DESC, id DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX payment_by_created ON payment (created_at DESC, id DESC);
CREATE INDEX payment_due ON payment (next_run_at) WHERE next_run_at IS NOT NULL;

CREATE FUNCTION payment_status_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (SELECT FROM payment_transition t WHERE t.from_status = OLD.status AND t.to_status = NEW.status) THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'PAYMENT_STATE', DETAIL = json_build_object('from', OLD.status, 'to', NEW.status)::text;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_status_guard BEFORE UPDATE OF status ON payment FOR EACH ROW EXECUTE FUNCTION payment_status_guard();

-- What happened to a payment. Append-only.
CREATE TABLE payment_transaction (
  payment_id  uuid NOT NULL,
  seq         integer NOT NULL,
  type        text NOT NULL CHECK (type IN ('create', 'authorize', 'capture', 'void', 'refund', 'webhook', 'sync', 'collect', 'expire')),
  from_status text,
  to_status   text,
  amount      bigint,
  outcome     text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'unknown', 'ignored')),
  detail      text,
  at          timestamptz NOT NULL,
  PRIMARY KEY (payment_id, seq)
);

CREATE TABLE refund (
  id            uuid PRIMARY KEY,
  payment_id    uuid NOT NULL REFERENCES payment (id),
  amount        bigint NOT NULL CHECK (amount > 0),
  reason        text NOT NULL,
  source        text NOT NULL CHECK (source IN ('cancel', 'return', 'late', 'dispute', 'manual')),
  status        text NOT NULL CHECK (status IN ('requested', 'submitted', 'succeeded', 'failed', 'manual_required')),
  provider_ref  text,
  idem_key      text NOT NULL UNIQUE,
  tries         integer NOT NULL DEFAULT 0,
  next_run_at   timestamptz,
  error         text,
  created_at    timestamptz NOT NULL,
  finished_at   timestamptz
);
CREATE INDEX refund_by_payment ON refund (payment_id);
CREATE INDEX refund_due ON refund (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE UNIQUE INDEX refund_by_provider_ref ON refund (provider_ref) WHERE provider_ref IS NOT NULL;

-- Double entry. Append-only; the legs of a posting add up to zero, and a posting exists once.
CREATE TABLE ledger_entry (
  posting_id uuid NOT NULL,
  line_no    integer NOT NULL CHECK (line_no >= 1),
  account    text NOT NULL CHECK (account ~ '^(gateway_clearing|cod_clearing|escrow:[a-z0-9-]+|revenue|fees|refunds|chargebacks)$'),
  amount     bigint NOT NULL CHECK (amount <> 0),
  currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  payment_id uuid NOT NULL,
  order_id   uuid NOT NULL,
  refund_id  uuid,
  cause      text NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (posting_id, line_no)
);
CREATE INDEX ledger_by_payment ON ledger_entry (payment_id);
CREATE INDEX ledger_by_order ON ledger_entry (order_id);
CREATE INDEX ledger_by_time ON ledger_entry (at, posting_id, line_no);

CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(e.amount) <> 0 OR count(DISTINCT e.currency) <> 1 FROM ledger_entry e WHERE e.posting_id = NEW.posting_id) THEN
    RAISE EXCEPTION 'posting % does not balance', NEW.posting_id USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balances AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances();
CREATE FUNCTION payment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION payment_append_only();
CREATE TRIGGER transaction_append_only BEFORE UPDATE OR DELETE ON payment_transaction FOR EACH STATEMENT EXECUTE FUNCTION payment_append_only();

-- A void that came before its payment: the payment is refused when it arrives.
CREATE TABLE payment_tombstone (
  payment_id uuid PRIMARY KEY,
  order_id   uuid,
  at         timestamptz NOT NULL
);

-- Orders that no longer wait for money. What comes for them goes back.
CREATE TABLE closed_order (
  order_id uuid PRIMARY KEY,
  at       timestamptz NOT NULL
);

-- Verified messages of providers, as they came.
CREATE TABLE webhook_event (
  id          uuid PRIMARY KEY,
  provider    text NOT NULL,
  dedup_key   text NOT NULL,
  headers     jsonb NOT NULL,
  body        bytea NOT NULL,
  state       text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'applied', 'ignored', 'dead')),
  outcome     text,
  tries       integer NOT NULL DEFAULT 0,
  next_run_at timestamptz,
  received_at timestamptz NOT NULL,
  UNIQUE (provider, dedup_key)
);
CREATE INDEX webhook_due ON webhook_event (next_run_at) WHERE next_run_at IS NOT NULL;

-- Cash that couriers reported, once per parcel. `counted` = false: another amount than was to be collected, a case is open.
CREATE TABLE cod_report (
  shipment_id uuid PRIMARY KEY,
  payment_id  uuid NOT NULL,
  amount      bigint NOT NULL,
  counted     boolean NOT NULL,
  at          timestamptz NOT NULL
);

-- What does not fit and needs a person.
CREATE TABLE payment_case (
  id         uuid PRIMARY KEY,
  payment_id uuid,
  kind       text NOT NULL CHECK (kind IN ('amount_mismatch', 'cod_mismatch', 'unknown_reference', 'refund_failed')),
  ours       text,
  theirs     text,
  dedup_key  text NOT NULL UNIQUE,
  opened_at  timestamptz NOT NULL,
  closed_at  timestamptz
);

CREATE TABLE payment_method (
  id          uuid PRIMARY KEY,
  customer_id uuid NOT NULL,
  provider    text NOT NULL,
  token       text NOT NULL,
  brand       text,
  last4       text CHECK (last4 ~ '^[0-9]{4}$'),
  exp_month   integer CHECK (exp_month BETWEEN 1 AND 12),
  exp_year    integer,
  fingerprint text,
  is_default  boolean NOT NULL DEFAULT false,
  UNIQUE (customer_id, token)
);
CREATE UNIQUE INDEX payment_method_one_default ON payment_method (customer_id) WHERE is_default;

CREATE TABLE risk_assessment (
  id            uuid PRIMARY KEY,
  idem_key      text NOT NULL UNIQUE,
  saga_id       uuid NOT NULL,
  customer_id   uuid,
  email_digest  uuid,     -- Of the e-mail, for guests' velocity.
  address       text,     -- IP.
  method        text NOT NULL,
  amount        bigint NOT NULL,
  currency      text NOT NULL,
  score         integer NOT NULL CHECK (score BETWEEN 0 AND 100),
  decision      text NOT NULL CHECK (decision IN ('allow', 'review', 'deny')),
  force_3ds     boolean NOT NULL,
  signals       jsonb NOT NULL,
  rules_version integer NOT NULL,
  declined      boolean NOT NULL DEFAULT false,  -- The provider said no to a payment of this assessment.
  created_at    timestamptz NOT NULL
);
CREATE INDEX risk_by_customer ON risk_assessment (customer_id, created_at) WHERE customer_id IS NOT NULL;
CREATE INDEX risk_by_email ON risk_assessment (email_digest, created_at) WHERE email_digest IS NOT NULL;
CREATE INDEX risk_by_address ON risk_assessment (address, created_at) WHERE address IS NOT NULL;
