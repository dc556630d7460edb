-- Coupon codes of a cart. What they bring is Promotion's; a quote says it, and the saga reserves it.
ALTER TABLE cart ADD COLUMN coupons text[] NOT NULL DEFAULT '{}' CHECK (cardinality(coupons) <= 5);

CREATE OR REPLACE FUNCTION cart_json(p_cart uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT json_build_object(
    'id', c.id, 'currency', c.currency, 'status', c.status, 'coupons', to_json(c.coupons), 'version', c.version, 'expires_at', wire_time(c.last_activity_at + interval '30 days'),
    'line_count', coalesce(l.lines, 0), 'unit_count', coalesce(l.units, 0), 'subtotal', wire_money(coalesce(l.subtotal, 0), c.currency), 'lines', coalesce(l.list, '[]'::json))::text
    FROM cart c LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE NOT saved_for_later) AS lines, sum(qty) FILTER (WHERE NOT saved_for_later) AS units,
             (sum(qty * unit_price) FILTER (WHERE NOT saved_for_later))::bigint AS subtotal,
             json_agg(json_build_object('line_id', line_id, 'product_id', product_id, 'sku', sku, 'qty', qty, 'unit_price', wire_money(unit_price, c.currency),
                                        'list_price', wire_money(list_price, c.currency), 'subtotal', wire_money(qty * unit_price, c.currency), 'price_as_of', wire_time(priced_at),
                                        'name', name, 'image', image, 'seller_id', seller_id, 'availability', availability, 'saved_for_later', saved_for_later,
                                        'price_changed', unit_price <> added_price, 'added_at', wire_time(added_at)) ORDER BY added_at, line_id) AS list
        FROM cart_line WHERE cart_id = c.id) l ON true
   WHERE c.id = p_cart
$$;

-- Puts a code in or takes it out. A repeat changes nothing, not even the version.
CREATE FUNCTION cart_change_coupon(p_customer uuid, p_guest bytea, p_if_match bigint, p_code text, p_is_applied boolean, p_max integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own cart;
BEGIN
  own := cart_lock_live(p_customer, p_guest);
  IF own.id IS NULL THEN
    RETURN NULL;
  END IF;
  IF p_is_applied <> (p_code = ANY (own.coupons)) THEN
    IF p_is_applied AND cardinality(own.coupons) >= p_max THEN
      PERFORM refuse('EM422', 'COUPON_LIMIT', json_build_object('max', p_max));
    END IF;
    PERFORM cart_touch(own, p_if_match);
    UPDATE cart c SET coupons = CASE WHEN p_is_applied THEN c.coupons || p_code ELSE array_remove(c.coupons, p_code) END WHERE c.id = own.id;
  END IF;
  RETURN cart_json(own.id);
END $$;

CREATE OR REPLACE FUNCTION cart_clear(p_customer uuid, p_guest bytea, p_if_match bigint, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  line record;
BEGIN
  own := cart_lock_live(p_customer, p_guest);
  IF own.id IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM cart_touch(own, p_if_match);
  UPDATE cart c SET coupons = '{}' WHERE c.id = own.id AND c.coupons <> '{}';
  FOR line IN DELETE FROM cart_line WHERE cart_id = own.id RETURNING sku, qty, unit_price LOOP
    PERFORM cart_line_event('checkout.cart.item_removed', own, own.version + 1, line.sku, line.qty, line.unit_price, p_trace);
  END LOOP;
  RETURN cart_json(own.id);
END $$;

-- A guest's codes go along into the customer's cart, as far as there is room.
CREATE FUNCTION cart_merge_coupons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE cart c SET coupons = (c.coupons || ARRAY(SELECT u.code FROM unnest(NEW.coupons) WITH ORDINALITY AS u(code, n) WHERE u.code <> ALL (c.coupons) ORDER BY u.n))[1:5]
   WHERE c.id = NEW.merged_into;
  RETURN NULL;
END $$;
CREATE TRIGGER cart_merged AFTER UPDATE OF merged_into ON cart FOR EACH ROW WHEN (NEW.merged_into IS NOT NULL AND OLD.merged_into IS NULL AND NEW.coupons <> '{}')
  EXECUTE FUNCTION cart_merge_coupons();
