-- Orders that gift cards and store credit pay in part or whole. The total is what it was; what is due in money is the rest of it. Source: ADR 0016.
ALTER TABLE order_header ADD COLUMN credit_value bigint NOT NULL DEFAULT 0, ADD COLUMN credit_returned bigint NOT NULL DEFAULT 0;
ALTER TABLE order_header ADD CONSTRAINT order_credit_within_total CHECK (credit_value BETWEEN 0 AND grand_total);
ALTER TABLE order_header ADD CONSTRAINT order_credit_returned_within CHECK (credit_returned BETWEEN 0 AND credit_value);
-- Invariant 6: nothing is confirmed that is not paid, promised at the door, or has nothing due.
ALTER TABLE order_header DROP CONSTRAINT order_confirmed_is_payable;
ALTER TABLE order_header ADD CONSTRAINT order_confirmed_is_payable CHECK (confirmed_at IS NULL OR grand_total = credit_value OR payment_id IS NOT NULL);
