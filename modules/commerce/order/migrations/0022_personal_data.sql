-- Invariant 10: what tells of a person goes, amounts, tax, items, times, country and region stay.
ALTER TABLE order_header ADD COLUMN masked_at timestamptz;
-- Guests' orders that still tell of a person, for the job that masks them after two years.
CREATE INDEX order_guest_unmasked ON order_header (placed_at, id) WHERE customer_id IS NULL AND masked_at IS NULL;

CREATE FUNCTION order_masked_address(a jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(a) = 'object' THEN jsonb_strip_nulls(jsonb_build_object('name', 'erased', 'country', a -> 'country', 'region_code', a -> 'region_code', 'city', 'erased',
                                                                                        'line1', 'erased')) ELSE a END;
$$;

-- The histories stay append-only; only the masking below may write over what people typed.
CREATE OR REPLACE FUNCTION order_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('emporion.order_masking', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'order history is append-only';
END $$;

-- Masks these orders, whose rows it locks in one order. With a pseudonym it takes the customer's place everywhere (erasure); without one the orders are a guest's. A repeat changes nothing.
-- Answers how many it masked.
CREATE FUNCTION mask_orders(p_ids uuid[], p_pseudonym uuid, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_ids uuid[];
BEGIN
  PERFORM FROM order_header h WHERE h.id = ANY (p_ids) ORDER BY h.id FOR NO KEY UPDATE;
  WITH masked AS (
    UPDATE order_header h
       SET customer_id = CASE WHEN h.customer_id IS NULL THEN NULL ELSE COALESCE(p_pseudonym, h.customer_id) END,
           contact_email = 'erased@erased.invalid', contact_phone = NULL,
           shipping_address = order_masked_address(h.shipping_address), billing_address = order_masked_address(h.billing_address),
           cancel_reason = CASE WHEN h.cancel_by = 'customer' THEN 'erased' ELSE h.cancel_reason END,
           masked_at = p_at, version = h.version + 1
     WHERE h.id = ANY (p_ids) AND h.masked_at IS NULL
    RETURNING h.id)
  SELECT array_agg(masked.id) INTO v_ids FROM masked;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM set_config('emporion.order_masking', 'on', true);
  UPDATE order_status_history s SET reason = CASE WHEN s.reason IS NULL THEN NULL ELSE 'erased' END, actor_id = p_pseudonym WHERE s.order_id = ANY (v_ids) AND s.actor_type = 'customer';
  UPDATE order_edit_history e
     SET before = CASE e.kind WHEN 'shipping_address' THEN order_masked_address(e.before) ELSE e.before END,
         after = CASE e.kind WHEN 'shipping_address' THEN order_masked_address(e.after) ELSE e.after END,
         actor_id = CASE e.actor_type WHEN 'customer' THEN p_pseudonym ELSE e.actor_id END
   WHERE e.order_id = ANY (v_ids) AND (e.kind = 'shipping_address' OR e.actor_type = 'customer');
  PERFORM set_config('emporion.order_masking', 'off', true);
  UPDATE order_note n SET note = 'erased' WHERE n.order_id = ANY (v_ids);
  DELETE FROM order_birth b WHERE b.order_id = ANY (v_ids);  -- The text of the order's events told of the person, too.
  RETURN cardinality(v_ids);
END $$;
