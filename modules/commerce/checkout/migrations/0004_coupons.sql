-- Coupon codes of a cart. What they bring is Promotion's; a quote says it, and the saga reserves it.

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
      PERFORM refuse('EM422', 'COUPON_LIMIT', jsonb_build_object('max', p_max));
    END IF;
    PERFORM cart_touch(own, p_if_match);
    UPDATE cart c SET coupons = CASE WHEN p_is_applied THEN c.coupons || p_code ELSE array_remove(c.coupons, p_code) END WHERE c.id = own.id;
  END IF;
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
