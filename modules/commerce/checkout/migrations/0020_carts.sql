-- Carts: what a line cost before, how to reach the buyer of one that is left behind, tokens that a merge has ended, and a merge under its key.

-- Who is told of a cart that was left behind gave the address at its checkout.
CREATE INDEX checkout_session_cart ON checkout_session (cart_id, created_at);

-- As in 0001, and what a line cost when it was added, if that has changed.
CREATE OR REPLACE FUNCTION cart_json(p_cart uuid, p_with_lines boolean DEFAULT true) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  c cart;
  l record;
  list json;
BEGIN
  SELECT * INTO c FROM cart WHERE id = p_cart;
  SELECT count(*) FILTER (WHERE NOT saved_for_later) AS lines, coalesce(sum(qty) FILTER (WHERE NOT saved_for_later), 0) AS units,
         coalesce((sum(qty * unit_price) FILTER (WHERE NOT saved_for_later))::bigint, 0) AS subtotal
    INTO l FROM cart_line WHERE cart_id = p_cart;
  IF p_with_lines THEN
    SELECT json_agg(json_build_object('line_id', line_id, 'product_id', product_id, 'sku', sku, 'qty', qty, 'unit_price', wire_money(unit_price, c.currency),
                                      'list_price', wire_money(list_price, c.currency), 'subtotal', wire_money(qty * unit_price, c.currency), 'price_as_of', wire_time(priced_at),
                                      'name', name, 'image', image, 'seller_id', seller_id, 'availability', availability, 'saved_for_later', saved_for_later,
                                      'price_changed', unit_price <> added_price,
                                      'previous_price', CASE WHEN unit_price <> added_price THEN wire_money(added_price, c.currency) END,
                                      'added_at', wire_time(added_at)) ORDER BY added_at, line_id)
      INTO list FROM cart_line WHERE cart_id = p_cart;
  END IF;
  IF c.id IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object(
    'id', c.id, 'currency', c.currency, 'status', c.status, 'coupons', to_json(c.coupons), 'version', c.version, 'expires_at', wire_time(c.last_activity_at + interval '30 days'),
    'line_count', l.lines, 'unit_count', l.units, 'subtotal', wire_money(l.subtotal, c.currency), 'lines', coalesce(list, '[]'::json))::text;
END $$;

-- A guest's token whose cart went into a customer's is dead: nothing is put into a cart under it again.
CREATE FUNCTION guest_token_is_dead(p_guest bytea) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM cart c WHERE c.guest_token_sha256 = p_guest AND c.status = 'merged');
END $$;

-- Merges once per key, though the guest's cart is the natural key already: so that a key is of one request, and a repeat is known as one.
CREATE FUNCTION cart_merge_once(p_caller text, p_key text, p_sha bytea, p_customer uuid, p_guest bytea, p_trace uuid, p_new_cart uuid, p_line_max integer, p_unit_max integer,
                                OUT replayed boolean, OUT merged_lines integer, OUT cart text) LANGUAGE plpgsql AS $$
DECLARE
  claim record;
BEGIN
  SELECT * INTO claim FROM idempotency_claim(p_caller, 'checkout.merge_cart', p_key, p_sha);
  IF NOT claim.is_same THEN
    PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
  END IF;
  replayed := NOT claim.is_first;
  SELECT m.merged_lines, m.cart INTO merged_lines, cart FROM cart_merge(p_customer, p_guest, p_trace, p_new_cart, p_line_max, p_unit_max) m;
  IF replayed THEN  -- The same cart, as it is now; how many lines came in is the first answer's.
    merged_lines := claim.body::integer;
  ELSE
    UPDATE idempotency i SET status = 200, body = cart_merge_once.merged_lines::text WHERE i.caller = p_caller AND i.operation = 'checkout.merge_cart' AND i.key = p_key;
  END IF;
END $$;

-- A cart that nobody comes back to keeps no address.
CREATE FUNCTION carts_expire(p_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  gone integer;
BEGIN
  UPDATE cart SET status = 'expired', version = version + 1, contact_email = NULL
   WHERE id IN (SELECT id FROM cart WHERE status = 'active' AND last_activity_at < now() - interval '30 days' ORDER BY last_activity_at LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
