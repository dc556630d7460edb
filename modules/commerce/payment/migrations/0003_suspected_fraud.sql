-- A provider may take the money and warn that the payment looks like fraud: a person decides.
ALTER TABLE payment_case DROP CONSTRAINT payment_case_kind_check;
ALTER TABLE payment_case ADD CONSTRAINT payment_case_kind_check CHECK (kind IN ('amount_mismatch', 'cod_mismatch', 'unknown_reference', 'refund_failed', 'suspected_fraud'));
