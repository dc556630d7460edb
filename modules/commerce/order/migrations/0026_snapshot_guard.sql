-- Invariant 2 for every writer: a line is what was bought, for good; only its counters and allocations move. The header's amounts likewise. (The address may be corrected before dispatch,
-- and personal data is masked later.)
CREATE FUNCTION order_snapshot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was ordered does not change';
END $$;
CREATE TRIGGER order_line_is_a_snapshot BEFORE UPDATE ON order_line FOR EACH ROW
  WHEN ((OLD.order_id, OLD.line_no, OLD.product_id, OLD.sku, OLD.name, OLD.image, OLD.seller_id, OLD.unit_price, OLD.qty, OLD.discount, OLD.tax, OLD.tax_breakdown, OLD.total)
        IS DISTINCT FROM (NEW.order_id, NEW.line_no, NEW.product_id, NEW.sku, NEW.name, NEW.image, NEW.seller_id, NEW.unit_price, NEW.qty, NEW.discount, NEW.tax, NEW.tax_breakdown, NEW.total))
  EXECUTE FUNCTION order_snapshot_guard();
CREATE TRIGGER order_header_is_a_snapshot BEFORE UPDATE ON order_header FOR EACH ROW
  WHEN ((OLD.order_number, OLD.saga_id, OLD.session_id, OLD.currency, OLD.subtotal, OLD.discount, OLD.shipping, OLD.shipping_discount, OLD.shipping_tax, OLD.tax, OLD.payment_fee,
         OLD.points_value, OLD.credit_value, OLD.grand_total, OLD.line_count, OLD.unit_count, OLD.placed_at)
        IS DISTINCT FROM (NEW.order_number, NEW.saga_id, NEW.session_id, NEW.currency, NEW.subtotal, NEW.discount, NEW.shipping, NEW.shipping_discount, NEW.shipping_tax, NEW.tax,
                          NEW.payment_fee, NEW.points_value, NEW.credit_value, NEW.grand_total, NEW.line_count, NEW.unit_count, NEW.placed_at))
  EXECUTE FUNCTION order_snapshot_guard();
