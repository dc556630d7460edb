-- Invariant 8: a cancelled order stays on the checker's list until payment, stock and coupon uses were all seen to be given back. The index holds the unproven ones only, so the checker
-- never reads the others, however many there are.
ALTER TABLE order_header ADD COLUMN undone_at timestamptz;
CREATE INDEX order_cancel_unproven ON order_header (cancelled_at, id) WHERE status = 'cancelled' AND undone_at IS NULL;
DROP INDEX order_cancel_unfinished;
