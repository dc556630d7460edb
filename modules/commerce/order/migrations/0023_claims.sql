-- Guests' orders by their contact: for claims, and for staff that looks for a buyer. The norm is ASCII lower case, as in the code.
CREATE INDEX order_by_email ON order_header (lower(contact_email COLLATE "C"), placed_at DESC, id DESC);

-- Links guests' orders to a customer: those of an e-mail, or the one named. Answers what it linked, oldest first; a repeat links nothing.
CREATE FUNCTION claim_guest_orders(p_customer uuid, p_email text, p_order uuid, p_at timestamptz) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
  v_ids uuid[];
BEGIN
  SELECT array_agg(l.id ORDER BY l.placed_at, l.id) INTO v_ids
    FROM (SELECT h.id, h.placed_at FROM order_header h
           WHERE h.customer_id IS NULL AND h.masked_at IS NULL AND (h.id = p_order OR lower(h.contact_email COLLATE "C") = p_email)
           ORDER BY h.id FOR NO KEY UPDATE) l;
  IF v_ids IS NULL THEN
    RETURN;
  END IF;
  UPDATE order_header h SET customer_id = p_customer, edit_seq = h.edit_seq + 1, version = h.version + 1 WHERE h.id = ANY (v_ids);
  INSERT INTO order_edit_history (order_id, seq, kind, before, after, actor_type, actor_id, at)
  SELECT h.id, h.edit_seq, 'claim', 'null', to_jsonb(p_customer), 'customer', p_customer, p_at FROM order_header h WHERE h.id = ANY (v_ids);
  DELETE FROM order_birth b WHERE b.order_id = ANY (v_ids);  -- What the order tells from now on names its customer.
  RETURN QUERY SELECT u.id FROM unnest(v_ids) AS u (id);
END $$;
