-- Money on our bank account is in the ledger from the moment it is there: bank_suspense is what it is owed to, until it is captured or paid out again.
ALTER TABLE ledger_entry ALTER COLUMN payment_id DROP NOT NULL;
ALTER TABLE ledger_entry ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_names_payment CHECK (payment_id IS NOT NULL OR cause IN ('bank_credit', 'bank_match', 'bank_payout'));

ALTER TABLE bank_credit ADD COLUMN posted boolean NOT NULL DEFAULT false;  -- False: a person speaks of it, and the bank has not.
ALTER TABLE bank_credit DROP CONSTRAINT bank_credit_state_check;
ALTER TABLE bank_credit ADD CONSTRAINT bank_credit_state_check CHECK (state IN ('counted', 'suspense', 'to_return', 'returned'));
ALTER TABLE bank_credit DROP CONSTRAINT bank_credit_counted_has_payment;
ALTER TABLE bank_credit ADD CONSTRAINT bank_credit_counted_has_payment CHECK (state = 'returned' OR (state = 'suspense') = (payment_id IS NULL));

ALTER TABLE payment_case ADD COLUMN amount bigint CHECK (amount > 0);  -- What is to be paid out.
ALTER TABLE payment_case ADD COLUMN currency text CHECK (currency ~ '^[A-Z]{3}$');
ALTER TABLE payment_case ADD COLUMN bank_txn_id text;
ALTER TABLE payment_case ADD COLUMN paid_under text UNIQUE;
ALTER TABLE payment_case ADD COLUMN resolution text;
ALTER TABLE payment_case ADD COLUMN closed_by uuid;
ALTER TABLE payment_case ADD CONSTRAINT payment_case_money_is_whole CHECK ((amount IS NULL) = (currency IS NULL));
CREATE INDEX payment_case_by_time ON payment_case (opened_at DESC, id DESC);
CREATE INDEX payment_case_by_payment ON payment_case (payment_id) WHERE payment_id IS NOT NULL;

-- What came before this migration, as it would have been booked.
INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)
  SELECT md5('bank_credit:' || c.bank_txn_id)::uuid, leg.n, leg.account, leg.sign * c.amount, c.currency, c.payment_id, p.order_id, 'bank_credit', c.at
    FROM bank_credit c LEFT JOIN payment p ON p.id = c.payment_id, (VALUES (1, 'gateway_clearing', 1), (2, 'bank_suspense', -1)) AS leg(n, account, sign)
   WHERE c.state <> 'suspense' OR c.remittance <> 'entered by staff';
UPDATE bank_credit SET posted = true WHERE state <> 'suspense' OR remittance <> 'entered by staff';
INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)
  SELECT md5('bank_capture:' || p.id)::uuid, leg.n, leg.account, leg.sign * p.captured_amount, p.currency, p.id, p.order_id, 'bank_match', p.captured_at
    FROM payment p, (VALUES (1, 'bank_suspense', 1), (2, 'gateway_clearing', -1)) AS leg(n, account, sign) WHERE p.method = 'bank_transfer' AND p.captured_amount > 0;
-- The cases of before hold their amounts as text only: "300000 VND …", less what was captured of an excess.
UPDATE payment_case SET amount = CASE WHEN ours LIKE 'excess %' THEN substr(ours, 8)::bigint ELSE split_part(theirs, ' ', 1)::bigint END, currency = split_part(theirs, ' ', 2)
 WHERE kind IN ('transfer_to_return', 'unmatched_transfer') AND split_part(theirs, ' ', 1) ~ '^[0-9]+$' AND (ours NOT LIKE 'excess %' OR substr(ours, 8) ~ '^[0-9]+$');

-- Statements of the bank, line by line: what the reconciliation compares with.
CREATE TABLE bank_statement (
  id          uuid PRIMARY KEY,
  digest      uuid NOT NULL UNIQUE,  -- Of the file: the same file again is the same statement.
  lines       integer NOT NULL,
  imported_by uuid,
  at          timestamptz NOT NULL
);
CREATE TABLE bank_statement_line (
  bank_txn_id  text PRIMARY KEY,
  statement_id uuid NOT NULL,
  amount       bigint NOT NULL,  -- Negative: paid out.
  currency     text NOT NULL,
  remittance   text NOT NULL,
  booked_at    timestamptz NOT NULL
);
CREATE INDEX bank_statement_line_by_time ON bank_statement_line (booked_at);
