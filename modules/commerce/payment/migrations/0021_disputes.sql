-- Disputes: what a buyer's bank or wallet wants back. Source: commerce.md §3.1, §3.2-12.
CREATE TABLE dispute (
  id              uuid PRIMARY KEY,
  payment_id      uuid NOT NULL REFERENCES payment (id),
  order_id        uuid NOT NULL,
  provider        text NOT NULL,
  provider_ref    text NOT NULL,
  reason_code     text NOT NULL,
  amount          bigint NOT NULL CHECK (amount > 0),
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  charged_back    bigint NOT NULL DEFAULT 0 CHECK (charged_back IN (0, amount)),
  status          text NOT NULL CHECK (status IN ('opened', 'submitted', 'won', 'lost', 'accepted')),
  evidence_due_at timestamptz,
  -- The answer: stored before the provider is told, so that it is told until it confirms.
  response_no     integer NOT NULL DEFAULT 0,   -- Numbers the provider's idempotency keys: a refused answer may be followed by another.
  response_action text CHECK (response_action IN ('evidence', 'accept')),
  response        jsonb,
  response_key    text,
  response_digest uuid,
  response_by     uuid,
  response_at     timestamptz,
  response_state  text CHECK (response_state IN ('pending', 'sent', 'refused')),
  refusal         text,
  tries           integer NOT NULL DEFAULT 0,
  decision_no     integer NOT NULL DEFAULT 0,   -- Numbers the postings: providers do reverse their decisions.
  next_run_at     timestamptz,
  opened_at       timestamptz NOT NULL,
  closed_at       timestamptz,
  UNIQUE (provider, provider_ref),
  CONSTRAINT dispute_lost_is_charged_back CHECK ((status IN ('lost', 'accepted')) = (charged_back > 0)),
  CONSTRAINT dispute_closed_has_time CHECK ((status IN ('opened', 'submitted')) = (closed_at IS NULL))
);
CREATE INDEX dispute_by_payment ON dispute (payment_id);
CREATE INDEX dispute_by_opened ON dispute (opened_at DESC, id DESC);
CREATE INDEX dispute_lost ON dispute (payment_id) WHERE status IN ('lost', 'accepted');  -- Few: every purchase is scored against them.
CREATE INDEX dispute_due ON dispute (next_run_at) WHERE next_run_at IS NOT NULL;

ALTER TABLE payment ADD COLUMN charged_back_amount bigint NOT NULL DEFAULT 0;
ALTER TABLE payment ADD CONSTRAINT payment_charged_back_within_captured CHECK (charged_back_amount BETWEEN 0 AND captured_amount);
CREATE INDEX payment_by_provider_txn ON payment (provider, provider_txn_id) WHERE provider_txn_id IS NOT NULL;

-- A refund that no call was made for yet may be held; one that was sent may have reached the provider.
ALTER TABLE refund ADD COLUMN sent_at timestamptz;
ALTER TABLE refund ADD COLUMN held boolean NOT NULL DEFAULT false;
UPDATE refund SET sent_at = created_at WHERE status <> 'requested' OR tries > 0;
ALTER TABLE refund ADD CONSTRAINT refund_held_is_unsent CHECK (NOT held OR (status = 'requested' AND next_run_at IS NULL));

-- Completed orders whose money waits to become the sellers'.
CREATE TABLE escrow_release (
  order_id     uuid PRIMARY KEY,
  shares       jsonb NOT NULL,        -- [{"seller":"platform","weight":220000}, …]: what the order's parts were worth.
  completed_at timestamptz NOT NULL,
  next_run_at  timestamptz,
  frozen_by    text,                  -- Why it waits.
  released_at  timestamptz
);
CREATE INDEX escrow_due ON escrow_release (next_run_at) WHERE next_run_at IS NOT NULL;

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_account_check
  CHECK (account ~ '^(gateway_clearing|cod_clearing|bank_suspense|escrow:[a-z0-9-]+|payable:[a-z0-9-]+|revenue|fees|refunds|chargebacks)$');

ALTER TABLE payment_transaction DROP CONSTRAINT payment_transaction_type_check;
ALTER TABLE payment_transaction ADD CONSTRAINT payment_transaction_type_check
  CHECK (type IN ('create', 'authorize', 'capture', 'void', 'refund', 'webhook', 'sync', 'collect', 'expire', 'dispute'));

ALTER TABLE payment_case DROP CONSTRAINT payment_case_kind_check;
ALTER TABLE payment_case ADD CONSTRAINT payment_case_kind_check CHECK (kind IN (
  'amount_mismatch', 'cod_mismatch', 'unknown_reference', 'refund_failed', 'suspected_fraud', 'unmatched_transfer', 'transfer_to_return', 'paid_back_twice', 'authorization_ends'));
