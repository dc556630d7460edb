-- Credits of our bank account, each once. `suspense`: whose it is has to be found out; `to_return`: it is not owed to us.
CREATE TABLE bank_credit (
  bank_txn_id      text PRIMARY KEY,
  payment_id       uuid,
  amount           bigint NOT NULL CHECK (amount > 0),
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  remittance       text NOT NULL,
  state            text NOT NULL CHECK (state IN ('counted', 'suspense', 'to_return')),
  proposed_payment uuid,  -- A large credit is matched by two: what the first of them said, and who that was.
  proposed_by      uuid,
  at               timestamptz NOT NULL,
  CONSTRAINT bank_credit_counted_has_payment CHECK ((state = 'suspense') = (payment_id IS NULL))
);
CREATE INDEX bank_credit_by_payment ON bank_credit (payment_id) WHERE payment_id IS NOT NULL;

ALTER TABLE payment_case DROP CONSTRAINT payment_case_kind_check;
ALTER TABLE payment_case ADD CONSTRAINT payment_case_kind_check CHECK (kind IN (
  'amount_mismatch', 'cod_mismatch', 'unknown_reference', 'refund_failed', 'suspected_fraud', 'unmatched_transfer', 'transfer_to_return'));
