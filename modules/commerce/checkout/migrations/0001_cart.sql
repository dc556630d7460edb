-- Carts. A cart informs: its prices are for display, and it holds no stock. Source: commerce.md §1.1–1.3.

CREATE TABLE cart (
  id                 uuid PRIMARY KEY,
  customer_id        uuid,
  guest_token_sha256 bytea,
  currency           text NOT NULL,
  status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'locked', 'converted', 'merged', 'expired')),
  version            bigint NOT NULL DEFAULT 0,
  coupons            text[] NOT NULL DEFAULT '{}' CHECK (cardinality(coupons) <= 5),
  contact_email      text,
  saga_id            uuid,                              -- While locked.
  merged_into        uuid,
  last_activity_at   timestamptz NOT NULL DEFAULT now(),
  abandoned_at       timestamptz,
  created_at         timestamptz NOT NULL DEFAULT now(),
  CHECK ((customer_id IS NULL) <> (guest_token_sha256 IS NULL))
);
-- Invariant 1: one live cart per customer and per guest token.
CREATE UNIQUE INDEX cart_live_customer ON cart (customer_id) WHERE status IN ('active', 'locked');
CREATE UNIQUE INDEX cart_live_guest ON cart (guest_token_sha256) WHERE status IN ('active', 'locked');
CREATE INDEX cart_idle ON cart (last_activity_at) WHERE status = 'active';
CREATE INDEX cart_guest ON cart (guest_token_sha256);

CREATE TABLE cart_line (
  cart_id         uuid NOT NULL REFERENCES cart ON DELETE CASCADE,
  line_id         uuid NOT NULL,
  sku             text NOT NULL,
  product_id      uuid NOT NULL,
  qty             integer NOT NULL CHECK (qty > 0),
  unit_price      bigint NOT NULL CHECK (unit_price >= 0),
  list_price      bigint NOT NULL CHECK (list_price >= 0),
  added_price     bigint NOT NULL,
  priced_at       timestamptz NOT NULL DEFAULT now(),
  name            text NOT NULL,
  image           text,
  seller_id       uuid,
  availability    text NOT NULL DEFAULT 'in_stock' CHECK (availability IN ('in_stock', 'low', 'out', 'discontinued')),
  saved_for_later boolean NOT NULL DEFAULT false,
  added_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (cart_id, line_id),
  UNIQUE (cart_id, sku)                                 -- Invariant 3: one line per SKU.
);
CREATE INDEX cart_line_sku ON cart_line (sku);

CREATE TABLE cart_share (
  token_sha256 bytea PRIMARY KEY,
  cart_id      uuid NOT NULL,
  snapshot     text NOT NULL,                           -- The lines as they were, without any person's data.
  expires_at   timestamptz NOT NULL
);

CREATE FUNCTION wire_time(p timestamptz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
-- STABLE, as what it calls is: a function that promises more than its body is not inlined, and costs a call per value.
CREATE FUNCTION wire_money(p_amount bigint, p_currency text) RETURNS json LANGUAGE sql STABLE AS $$ SELECT json_build_object('amount', p_amount, 'currency', p_currency) $$;

-- The cart as the contract's message Cart; without its lines if they are not asked for: they are what a long cart costs. PL/pgSQL, since a function in SQL is planned again at every call.
CREATE FUNCTION cart_json(p_cart uuid, p_with_lines boolean DEFAULT true) RETURNS text LANGUAGE plpgsql STABLE AS $$
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
                                      'price_changed', unit_price <> added_price, 'added_at', wire_time(added_at)) ORDER BY added_at, line_id)
      INTO list FROM cart_line WHERE cart_id = p_cart;
  END IF;
  IF c.id IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object(
    'id', c.id, 'currency', c.currency, 'status', c.status, 'coupons', to_json(c.coupons), 'version', c.version, 'expires_at', wire_time(c.last_activity_at + interval '30 days'),
    'line_count', l.lines, 'unit_count', l.units, 'subtotal', wire_money(l.subtotal, c.currency), 'lines', coalesce(list, '[]'::json))::text;
END $$;

-- The live cart of an owner, locked for this transaction, or a row of nulls.
CREATE FUNCTION cart_lock_live(p_customer uuid, p_guest bytea) RETURNS cart LANGUAGE plpgsql AS $$
DECLARE
  own cart;
BEGIN
  IF p_customer IS NOT NULL THEN
    SELECT * INTO own FROM cart WHERE customer_id = p_customer AND status IN ('active', 'locked') FOR UPDATE;
  ELSE
    SELECT * INTO own FROM cart WHERE guest_token_sha256 = p_guest AND status IN ('active', 'locked') FOR UPDATE;
  END IF;
  RETURN own;
END $$;

-- Checks a locked cart against If-Match and a running saga, then bumps its version (invariant 2).
CREATE FUNCTION cart_touch(p_cart cart, p_if_match bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_cart.id IS NULL THEN
    PERFORM refuse('EM404', 'CART_NOT_FOUND');
  END IF;
  IF p_cart.status = 'locked' THEN
    PERFORM refuse('EM409', 'CART_LOCKED', jsonb_build_object('saga_id', p_cart.saga_id));
  END IF;
  IF p_if_match IS NOT NULL AND p_if_match <> p_cart.version THEN
    PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', p_cart.version));
  END IF;
  UPDATE cart SET version = version + 1, last_activity_at = now(), abandoned_at = NULL WHERE id = p_cart.id;
END $$;

CREATE FUNCTION cart_check_limits(p_cart uuid, p_line_max integer, p_unit_max integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  over record;
  lines integer;
BEGIN
  SELECT sku, qty INTO over FROM cart_line WHERE cart_id = p_cart AND qty > p_unit_max ORDER BY sku LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('EM422', 'QTY_LIMIT', jsonb_build_object('sku', over.sku, 'max', p_unit_max, 'requested', over.qty));
  END IF;
  SELECT count(*) INTO lines FROM cart_line WHERE cart_id = p_cart AND NOT saved_for_later;
  IF lines > p_line_max THEN
    PERFORM refuse('EM422', 'LINE_LIMIT', jsonb_build_object('max', p_line_max, 'requested', lines));
  END IF;
END $$;

-- One event per changed line (parallel arrays), with what the line holds afterwards.
CREATE FUNCTION cart_line_events(p_topic text, p_cart cart, p_version bigint, i_sku text[], i_qty integer[], i_price bigint[], p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT p_topic, p_cart.id::text, p_version,
         json_strip_nulls(json_build_object('cart_id', p_cart.id, 'customer_id', p_cart.customer_id, 'sku', u.sku, 'qty', u.qty, 'unit_price', wire_money(u.price, p_cart.currency)))::text, p_trace
    FROM unnest(i_sku, i_qty, i_price) AS u(sku, qty, price);
END $$;

-- What an add needs to know before prices and stock are asked for: the currency of the owner's live cart, and the first answer to its key if there is one. Both may
-- be null. Another request under the key is refused here as in cart_add.
CREATE FUNCTION cart_before_add(p_caller text, p_key text, p_sha bytea, p_customer uuid, p_guest bytea, OUT currency text, OUT answer text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  known idempotency;
BEGIN
  SELECT * INTO known FROM idempotency i WHERE i.caller = p_caller AND i.operation = 'checkout.add_items' AND i.key = p_key;
  IF known.request_sha256 <> p_sha THEN
    PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
  END IF;
  answer := known.body;
  SELECT c.currency INTO currency FROM cart c
   WHERE c.status IN ('active', 'locked') AND ((p_customer IS NOT NULL AND c.customer_id = p_customer) OR (p_guest IS NOT NULL AND c.guest_token_sha256 = p_guest));
END $$;

-- Adds items (parallel arrays) to the owner's live cart, making it if there is none. Lines of one SKU add up; limits are tested under the cart's lock.
-- A repeated key gives the first answer. Answers the cart as JSON.
CREATE FUNCTION cart_add(p_caller text, p_key text, p_sha bytea, p_trace uuid, p_new_cart uuid, p_customer uuid, p_guest bytea, p_currency text, p_if_match bigint,
                         p_line_max integer, p_unit_max integer, i_line uuid[], i_sku text[], i_product uuid[], i_qty integer[], i_price bigint[], i_list bigint[], i_name text[],
                         i_image text[], i_seller uuid[], i_availability text[], OUT replayed boolean, OUT cart text)
LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  claim record;
  changed record;
BEGIN
  SELECT * INTO claim FROM idempotency_claim(p_caller, 'checkout.add_items', p_key, p_sha);
  IF NOT claim.is_same THEN
    PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
  END IF;
  IF NOT claim.is_first THEN
    replayed := true;
    cart := claim.body;
    RETURN;
  END IF;
  own := cart_lock_live(p_customer, p_guest);
  IF own.id IS NULL THEN
    INSERT INTO cart AS c (id, customer_id, guest_token_sha256, currency) VALUES (p_new_cart, p_customer, p_guest, coalesce(p_currency, 'VND')) ON CONFLICT DO NOTHING;
    own := cart_lock_live(p_customer, p_guest);  -- Another first item may have made it meanwhile.
  END IF;
  IF own.currency <> coalesce(p_currency, own.currency) THEN
    PERFORM refuse('EM422', 'CURRENCY_MISMATCH', jsonb_build_object('currency', own.currency));
  END IF;
  PERFORM cart_touch(own, p_if_match);
  WITH changed AS (
    INSERT INTO cart_line AS l (cart_id, line_id, sku, product_id, qty, unit_price, list_price, added_price, name, image, seller_id, availability, added_at)
    SELECT own.id, u.line, u.sku, u.product, u.qty, u.price, u.list, u.price, u.name, u.image, u.seller, u.availability, clock_timestamp() + u.ord * interval '1 microsecond'
      FROM unnest(i_line, i_sku, i_product, i_qty, i_price, i_list, i_name, i_image, i_seller, i_availability)
           WITH ORDINALITY AS u(line, sku, product, qty, price, list, name, image, seller, availability, ord)
     ORDER BY u.sku
    ON CONFLICT (cart_id, sku) DO UPDATE SET qty = CASE WHEN l.saved_for_later THEN excluded.qty ELSE l.qty + excluded.qty END, saved_for_later = false,
      unit_price = excluded.unit_price, list_price = excluded.list_price, priced_at = now(), name = excluded.name, image = excluded.image, availability = excluded.availability
    RETURNING l.sku, l.qty, l.unit_price)
  SELECT array_agg(c.sku) AS skus, array_agg(c.qty) AS qtys, array_agg(c.unit_price) AS prices INTO changed FROM changed c;
  PERFORM cart_line_events('checkout.cart.item_added', own, own.version + 1, changed.skus, changed.qtys, changed.prices, p_trace);
  PERFORM cart_check_limits(own.id, p_line_max, p_unit_max);
  replayed := false;
  cart := cart_json(own.id);
  UPDATE idempotency i SET status = 200, body = cart_add.cart WHERE i.caller = p_caller AND i.operation = 'checkout.add_items' AND i.key = p_key;
END $$;

-- Sets a line's quantity (0 removes it) and whether it is set aside; nulls leave as is. Answers the cart as JSON.
CREATE FUNCTION cart_change_line(p_customer uuid, p_guest bytea, p_if_match bigint, p_trace uuid, p_line uuid, p_qty integer, p_saved boolean, p_absent_is_fine boolean,
                                 p_line_max integer, p_unit_max integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  line cart_line;
BEGIN
  own := cart_lock_live(p_customer, p_guest);
  IF own.id IS NULL AND p_absent_is_fine THEN
    RETURN NULL;
  END IF;
  IF own.id IS NOT NULL THEN
    SELECT * INTO line FROM cart_line WHERE cart_id = own.id AND line_id = p_line;
  END IF;
  IF line.line_id IS NULL THEN
    IF p_absent_is_fine AND own.status = 'active' THEN
      RETURN cart_json(own.id);
    END IF;
    PERFORM refuse('EM404', 'LINE_NOT_FOUND');
  END IF;
  PERFORM cart_touch(own, p_if_match);
  IF p_qty = 0 THEN
    DELETE FROM cart_line WHERE cart_id = own.id AND line_id = p_line;
    PERFORM cart_line_events('checkout.cart.item_removed', own, own.version + 1, ARRAY[line.sku], ARRAY[line.qty], ARRAY[line.unit_price], p_trace);
  ELSE
    UPDATE cart_line SET qty = coalesce(p_qty, qty), saved_for_later = coalesce(p_saved, saved_for_later) WHERE cart_id = own.id AND line_id = p_line;
    PERFORM cart_check_limits(own.id, p_line_max, p_unit_max);
    PERFORM cart_line_events('checkout.cart.item_updated', own, own.version + 1, ARRAY[line.sku], ARRAY[coalesce(p_qty, line.qty)], ARRAY[line.unit_price], p_trace);
  END IF;
  RETURN cart_json(own.id);
END $$;

CREATE FUNCTION cart_clear(p_customer uuid, p_guest bytea, p_if_match bigint, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
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
  WITH gone AS (DELETE FROM cart_line WHERE cart_id = own.id RETURNING sku, qty, unit_price)
  SELECT array_agg(g.sku) AS skus, array_agg(g.qty) AS qtys, array_agg(g.unit_price) AS prices INTO line FROM gone g;
  PERFORM cart_line_events('checkout.cart.item_removed', own, own.version + 1, line.skus, line.qtys, line.prices, p_trace);
  RETURN cart_json(own.id);
END $$;

-- Writes what catalogue, pricing and stock say now into the lines of a cart (parallel arrays). Answers what changed, one row per field, and the cart.
CREATE FUNCTION cart_refresh(p_customer uuid, p_guest bytea, i_sku text[], i_price bigint[], i_list bigint[], i_name text[], i_image text[], i_availability text[],
                             OUT changes text, OUT cart text) LANGUAGE plpgsql AS $$
DECLARE
  own cart;
BEGIN
  own := cart_lock_live(p_customer, p_guest);
  IF own.id IS NULL THEN
    RETURN;
  END IF;
  SELECT coalesce(json_agg(json_build_object('line_id', c.line_id, 'sku', c.sku, 'field', c.field, 'old', c.old, 'new_value', c.new_value) ORDER BY c.sku, c.field), '[]')::text
    INTO changes
    FROM (SELECT l.line_id, l.sku, f.field, f.old, f.new_value
            FROM unnest(i_sku, i_price, i_name, i_image, i_availability) AS u(sku, price, name, image, availability)
            JOIN cart_line l ON l.cart_id = own.id AND l.sku = u.sku
            CROSS JOIN LATERAL (VALUES ('unit_price', l.unit_price::text, u.price::text), ('availability', l.availability, u.availability), ('name', l.name, u.name),
                                       ('image', coalesce(l.image, ''), coalesce(u.image, ''))) AS f(field, old, new_value)
           WHERE f.old IS DISTINCT FROM f.new_value AND f.new_value IS NOT NULL) c;
  IF changes <> '[]' THEN
    PERFORM cart_touch(own, NULL);
    UPDATE cart_line l SET unit_price = coalesce(u.price, l.unit_price), list_price = coalesce(u.list, l.list_price), name = coalesce(u.name, l.name),
           image = coalesce(u.image, l.image), availability = coalesce(u.availability, l.availability), priced_at = now()
      FROM unnest(i_sku, i_price, i_list, i_name, i_image, i_availability) AS u(sku, price, list, name, image, availability)
     WHERE l.cart_id = own.id AND l.sku = u.sku;
  END IF;
  cart := cart_json(own.id);
END $$;

-- D7: per SKU the larger of both quantities, capped; the guest cart ends. A repeat finds it merged and answers the same cart. Answers null if the guest never had a cart.
CREATE FUNCTION cart_merge(p_customer uuid, p_guest bytea, p_trace uuid, p_new_cart uuid, p_line_max integer, p_unit_max integer, OUT merged_lines integer, OUT cart text)
LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  guest cart;
  room integer;
BEGIN
  merged_lines := 0;
  -- The guest's row first, always: two merges of one guest cart line up here. One that is being bought keeps nobody waiting for the customer's: the batch that
  -- ends its saga may have that one already.
  SELECT * INTO guest FROM cart c WHERE c.guest_token_sha256 = p_guest ORDER BY c.created_at DESC LIMIT 1 FOR UPDATE;
  IF guest.status = 'locked' THEN
    PERFORM refuse('EM409', 'CART_LOCKED', jsonb_build_object('saga_id', guest.saga_id));
  END IF;
  own := cart_lock_live(p_customer, NULL);
  IF own.status = 'locked' THEN
    PERFORM refuse('EM409', 'CART_LOCKED', jsonb_build_object('saga_id', own.saga_id));
  END IF;
  IF guest.status = 'active' THEN
    IF own.id IS NULL THEN
      INSERT INTO cart AS c (id, customer_id, currency) VALUES (p_new_cart, p_customer, guest.currency) ON CONFLICT DO NOTHING;
      own := cart_lock_live(p_customer, NULL);
    END IF;
    IF own.currency <> guest.currency AND EXISTS (SELECT FROM cart_line l WHERE l.cart_id = own.id) THEN
      PERFORM refuse('EM422', 'CURRENCY_MISMATCH', jsonb_build_object('currency', own.currency));
    END IF;
    UPDATE cart c SET currency = guest.currency WHERE c.id = own.id AND c.currency <> guest.currency;
    PERFORM cart_touch(own, NULL);
    UPDATE cart_line l SET qty = least(greatest(l.qty, g.qty), p_unit_max), saved_for_later = l.saved_for_later AND g.saved_for_later
      FROM cart_line g WHERE l.cart_id = own.id AND g.cart_id = guest.id AND g.sku = l.sku;
    GET DIAGNOSTICS merged_lines = ROW_COUNT;
    SELECT p_line_max - count(*) INTO room FROM cart_line l WHERE l.cart_id = own.id AND NOT l.saved_for_later;
    INSERT INTO cart_line (cart_id, line_id, sku, product_id, qty, unit_price, list_price, added_price, priced_at, name, image, seller_id, availability, saved_for_later)
    SELECT own.id, gen_random_uuid(), g.sku, g.product_id, least(g.qty, p_unit_max), g.unit_price, g.list_price, g.added_price, g.priced_at, g.name, g.image, g.seller_id,
           g.availability, g.saved_for_later OR g.rank > greatest(room, 0)  -- What does not fit is kept, set aside.
      FROM (SELECT x.*, row_number() OVER (ORDER BY x.saved_for_later, x.added_at, x.line_id) AS rank FROM cart_line x
             WHERE x.cart_id = guest.id AND NOT EXISTS (SELECT FROM cart_line l WHERE l.cart_id = own.id AND l.sku = x.sku)) g;
    GET DIAGNOSTICS room = ROW_COUNT;
    merged_lines := merged_lines + room;
    UPDATE cart c SET status = 'merged', merged_into = own.id, version = c.version + 1 WHERE c.id = guest.id;
    PERFORM outbox_append('checkout.cart.merged', own.id::text, own.version + 1,
                          json_build_object('from', guest.id, 'to', own.id, 'lines',
                                            (SELECT coalesce(json_agg(json_build_object('sku', l.sku, 'qty', l.qty, 'unit_price', wire_money(l.unit_price, guest.currency))), '[]')
                                               FROM cart_line l WHERE l.cart_id = own.id))::text, p_trace);
  END IF;
  IF own.id IS NOT NULL THEN
    cart := cart_json(own.id);
  END IF;
END $$;
