-- What a buyer's steps cost: each function here does in fewer statements what it did before, and answers the same. A statement inside a function costs 10 to 30 µs
-- before it touches a row, and so does each index that an update has to enter. Figures: bench/results/notes-checkout-cost.md.

-- A cart moves at each step, and so did its place in an index on that moment; its day seldom does. Rewrites the table once.
ALTER TABLE cart ADD COLUMN last_activity_on date GENERATED ALWAYS AS ((last_activity_at AT TIME ZONE 'UTC')::date) STORED;
DROP INDEX cart_idle;
CREATE INDEX cart_idle ON cart (last_activity_on) WHERE status = 'active';
-- Sessions that are open are few, and `checkout_session_live` knows them.
DROP INDEX checkout_session_open;
-- Room for the next versions of a row beside it.
ALTER TABLE cart SET (fillfactor = 70);
ALTER TABLE checkout_session SET (fillfactor = 50);

-- A line as the contract's message CartLine. Put together as text: json_build_object looks up the type of each of its arguments at each call. Inlined where it is called.
CREATE FUNCTION line_json(l cart_line, p_currency text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat('{"line_id":"', l.line_id, '","product_id":"', l.product_id, '","sku":', to_json(l.sku), ',"qty":', l.qty,
                ',"unit_price":{"amount":', l.unit_price, ',"currency":"', p_currency, '"},"list_price":{"amount":', l.list_price, ',"currency":"', p_currency,
                '"},"subtotal":{"amount":', l.qty * l.unit_price, ',"currency":"', p_currency, '"},"price_as_of":', to_json(l.priced_at), ',"name":', to_json(l.name),
                ',"image":' || to_json(l.image), ',"seller_id":"' || l.seller_id || '"', ',"availability":"', l.availability, '","saved_for_later":', to_json(l.saved_for_later),
                ',"price_changed":', to_json(l.unit_price <> l.added_price),
                CASE WHEN l.unit_price <> l.added_price THEN concat(',"previous_price":{"amount":', l.added_price, ',"currency":"', p_currency, '"}') END,
                ',"added_at":', to_json(l.added_at), '}')
$$;

-- A cart that was read already as the contract's message Cart, with what its lines come to. `qty_most`: of all lines, also of those set aside.
CREATE FUNCTION cart_shown(c cart, p_with_lines boolean, OUT shown text, OUT line_count bigint, OUT qty_most integer, OUT subtotal bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
  units bigint;
  list text;
BEGIN
  IF p_with_lines THEN
    SELECT count(*) FILTER (WHERE NOT l.saved_for_later), coalesce(sum(l.qty) FILTER (WHERE NOT l.saved_for_later), 0), max(l.qty),
           coalesce((sum(l.qty * l.unit_price) FILTER (WHERE NOT l.saved_for_later))::bigint, 0), string_agg(line_json(l, c.currency), ',' ORDER BY l.added_at, l.line_id)
      INTO line_count, units, qty_most, subtotal, list FROM cart_line l WHERE l.cart_id = c.id;
  ELSE
    SELECT count(*) FILTER (WHERE NOT l.saved_for_later), coalesce(sum(l.qty) FILTER (WHERE NOT l.saved_for_later), 0), max(l.qty),
           coalesce((sum(l.qty * l.unit_price) FILTER (WHERE NOT l.saved_for_later))::bigint, 0)
      INTO line_count, units, qty_most, subtotal FROM cart_line l WHERE l.cart_id = c.id;
  END IF;
  shown := concat('{"id":"', c.id, '","currency":"', c.currency, '","status":"', c.status, '","coupons":', to_json(c.coupons), ',"version":', c.version,
                  ',"expires_at":', to_json(c.last_activity_at + interval '30 days'), ',"line_count":', line_count, ',"unit_count":', units,
                  ',"subtotal":{"amount":', subtotal, ',"currency":"', c.currency, '"},"lines":[', list, ']}');
END $$;

CREATE OR REPLACE FUNCTION cart_json(p_cart uuid, p_with_lines boolean DEFAULT true) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  c cart;
BEGIN
  SELECT * INTO c FROM cart WHERE id = p_cart;
  IF c.id IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (cart_shown(c, p_with_lines)).shown;
END $$;

-- As in 0001, but the key is written once, with its answer (idempotency_first), and a guest's token whose cart went into a customer's gets no new cart: EM410,
-- CART_TOKEN_DEAD.
CREATE OR REPLACE FUNCTION cart_add(p_caller text, p_key text, p_sha bytea, p_trace uuid, p_new_cart uuid, p_customer uuid, p_guest bytea, p_currency text, p_if_match bigint,
                         p_line_max integer, p_unit_max integer, i_line uuid[], i_sku text[], i_product uuid[], i_qty integer[], i_price bigint[], i_list bigint[], i_name text[],
                         i_image text[], i_seller uuid[], i_availability text[], OUT replayed boolean, OUT cart text)
LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  known idempotency;
  seen record;
BEGIN
  known := idempotency_first(p_caller, 'checkout.add_items', p_key, p_sha);
  IF known.key IS NOT NULL THEN  -- Added before.
    replayed := true;
    cart := known.body;
    RETURN;
  END IF;
  own := cart_lock_live(p_customer, p_guest);
  IF own.id IS NULL THEN
    IF p_guest IS NOT NULL AND guest_token_is_dead(p_guest) THEN
      PERFORM refuse('EM410', 'CART_TOKEN_DEAD', '{}', 'the cart of this token went into a customer''s');
    END IF;
    INSERT INTO cart AS c (id, customer_id, guest_token_sha256, currency) VALUES (p_new_cart, p_customer, p_guest, coalesce(p_currency, 'VND')) ON CONFLICT DO NOTHING
    RETURNING c.* INTO own;
    IF own.id IS NULL THEN
      own := cart_lock_live(p_customer, p_guest);  -- Another first item has made it meanwhile.
    END IF;
  END IF;
  IF own.currency <> coalesce(p_currency, own.currency) THEN
    PERFORM refuse('EM422', 'CURRENCY_MISMATCH', jsonb_build_object('currency', own.currency));
  END IF;
  PERFORM cart_touch(own, p_if_match);
  own.version := own.version + 1;
  own.last_activity_at := now();
  WITH changed AS (
    INSERT INTO cart_line AS l (cart_id, line_id, sku, product_id, qty, unit_price, list_price, added_price, name, image, seller_id, availability, added_at)
    SELECT own.id, u.line, u.sku, u.product, u.qty, u.price, u.list, u.price, u.name, u.image, u.seller, u.availability, clock_timestamp() + u.ord * interval '1 microsecond'
      FROM unnest(i_line, i_sku, i_product, i_qty, i_price, i_list, i_name, i_image, i_seller, i_availability)
           WITH ORDINALITY AS u(line, sku, product, qty, price, list, name, image, seller, availability, ord)
     ORDER BY u.sku
    ON CONFLICT (cart_id, sku) DO UPDATE SET qty = CASE WHEN l.saved_for_later THEN excluded.qty ELSE l.qty + excluded.qty END, saved_for_later = false,
      unit_price = excluded.unit_price, list_price = excluded.list_price, priced_at = now(), name = excluded.name, image = excluded.image, availability = excluded.availability
    RETURNING l.sku, l.qty, l.unit_price)
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT 'checkout.cart.item_added', own.id::text, own.version,
         json_strip_nulls(json_build_object('cart_id', own.id, 'customer_id', own.customer_id, 'sku', c.sku, 'qty', c.qty, 'unit_price', wire_money(c.unit_price, own.currency)))::text, p_trace
    FROM changed c;
  seen := cart_shown(own, true);
  IF seen.line_count > p_line_max OR seen.qty_most > p_unit_max THEN
    PERFORM cart_check_limits(own.id, p_line_max, p_unit_max);
  END IF;
  replayed := false;
  cart := seen.shown;
  INSERT INTO idempotency (caller, operation, key, request_sha256, status, body) VALUES (p_caller, 'checkout.add_items', p_key, p_sha, 200, seen.shown);
END $$;

-- A session that was read already as the contract's message CheckoutSession.
CREATE FUNCTION session_shown(s checkout_session) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN concat('{"id":"', s.id, '","cart_id":"', s.cart_id, '","cart_version":', s.cart_version, ',"status":"', s.status, '","currency":"', s.currency, '"', ',"contact":' || s.contact,
                ',"shipping_address":' || s.shipping_address, ',"billing_address":' || s.billing_address, ',"shipping_selections":', s.shipping_selections, ',"payment":' || s.payment,
                ',"credits":', s.credits, ',"points_to_use":0', ',"quote_id":"' || s.quote_id || '"', ',"version":', s.version, ',"expires_at":', to_json(s.expires_at), '}');
END $$;

CREATE OR REPLACE FUNCTION session_json(p_session uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT session_shown(s) FROM checkout_session s WHERE s.id = p_session);
END $$;

-- As in 0003; the key as in cart_add.
CREATE OR REPLACE FUNCTION session_start(p_caller text, p_key text, p_sha bytea, p_customer uuid, p_guest bytea, p_new uuid, p_trace uuid, OUT replayed boolean, OUT status integer, OUT answer text)
LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  known idempotency;
  basket record;
  open checkout_session;
BEGIN
  known := idempotency_first(p_caller, 'checkout.start_checkout', p_key, p_sha);
  replayed := known.key IS NOT NULL;
  IF replayed THEN
    status := known.status;
    answer := known.body;
    RETURN;
  END IF;
  own := cart_lock_live(p_customer, p_guest);
  IF own.status = 'locked' THEN
    PERFORM refuse('EM409', 'CART_LOCKED', jsonb_build_object('saga_id', own.saga_id));
  END IF;
  basket := cart_shown(own, true);
  IF own.id IS NULL OR basket.line_count = 0 THEN
    PERFORM refuse('EM422', 'CART_EMPTY');
  END IF;
  SELECT * INTO open FROM checkout_session s WHERE s.cart_id = own.id AND s.status IN ('open', 'confirming', 'awaiting_payment', 'under_review') FOR UPDATE;
  IF open.id IS NOT NULL AND (open.status <> 'open' OR open.expires_at > now()) THEN
    status := 200;
    UPDATE checkout_session s SET expires_at = least(now() + interval '30 minutes', s.created_at + interval '2 hours') WHERE s.id = open.id AND s.status = 'open' RETURNING s.* INTO open;
  ELSE
    status := 201;
    UPDATE checkout_session s SET status = 'expired', version = s.version + 1 WHERE open.id IS NOT NULL AND s.id = open.id;
    INSERT INTO checkout_session (id, cart_id, cart_version, customer_id, guest_token_sha256, currency) VALUES (p_new, own.id, own.version, p_customer, p_guest, own.currency)
    RETURNING * INTO open;
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    VALUES ('checkout.session.started', p_new::text, 1,
            json_build_object('session_id', p_new, 'cart_id', own.id, 'total', wire_money(basket.subtotal, own.currency), 'guest', p_customer IS NULL)::text, p_trace);
  END IF;
  answer := concat('{"session":', session_shown(open), ',"cart":', basket.shown, ',"quote":',
                   coalesce((SELECT q.body FROM quote q WHERE open.quote_id IS NOT NULL AND q.id = open.quote_id), 'null'), '}');
  INSERT INTO idempotency (caller, operation, key, request_sha256, status, body)
  VALUES (p_caller, 'checkout.start_checkout', p_key, p_sha, session_start.status, session_start.answer);
END $$;

-- As session_change, but answers the row.
CREATE FUNCTION session_put(p_session uuid, p_customer uuid, p_guest bytea, p_if_match bigint, p_contact text, p_shipping_address text, p_billing_address text,
                            p_selections text, p_payment text, p_drop_selections boolean, p_drop_quote boolean) RETURNS checkout_session LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
BEGIN
  own := session_lock(p_session, p_customer, p_guest);
  IF own.status <> 'open' THEN
    PERFORM refuse('EM409', CASE own.status WHEN 'completed' THEN 'CHECKOUT_COMPLETED' ELSE 'CHECKOUT_IN_PROGRESS' END);
  END IF;
  IF p_if_match IS NOT NULL AND p_if_match <> own.version THEN
    PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', own.version));
  END IF;
  UPDATE checkout_session SET contact = coalesce(p_contact, contact), shipping_address = coalesce(p_shipping_address, shipping_address),
         billing_address = coalesce(p_billing_address, billing_address),
         shipping_selections = coalesce(p_selections, CASE WHEN p_drop_selections THEN '[]' ELSE shipping_selections END),
         payment = coalesce(p_payment, payment), quote_id = CASE WHEN p_drop_quote THEN NULL ELSE quote_id END, version = version + 1,
         expires_at = greatest(expires_at, least(now() + interval '30 minutes', created_at + interval '2 hours'))
   WHERE id = p_session RETURNING * INTO own;
  RETURN own;
END $$;

-- As session_quote, but answers the row.
CREATE FUNCTION session_keep_quote(p_session uuid, p_saga uuid, p_quote uuid, p_cart_version bigint, p_body text, p_plan text, p_currency text, p_total bigint, p_expires timestamptz)
RETURNS checkout_session LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
  priced bigint;
BEGIN
  SELECT c.version INTO priced FROM cart c WHERE c.id = (SELECT s.cart_id FROM checkout_session s WHERE s.id = p_session) FOR SHARE;
  UPDATE checkout_session SET quote_id = p_quote, cart_version = p_cart_version, version = version + 1,
         expires_at = greatest(expires_at, least(now() + interval '30 minutes', created_at + interval '2 hours'))
   WHERE id = p_session AND (status = 'open' OR saga_id IS NOT DISTINCT FROM p_saga) RETURNING * INTO own;
  IF own.id IS NULL AND priced IS NOT NULL THEN
    PERFORM refuse('EM409', 'CHECKOUT_IN_PROGRESS');
  END IF;
  IF priced IS DISTINCT FROM p_cart_version THEN
    PERFORM refuse('EM409', 'CART_CHANGED');
  END IF;
  INSERT INTO quote (id, session_id, cart_version, body, plan, currency, grand_total, expires_at)
  VALUES (p_quote, p_session, p_cart_version, p_body, p_plan, p_currency, p_total, p_expires) ON CONFLICT (id) DO NOTHING;
  RETURN own;
END $$;

-- As in 0002. What is read under the two locks is read at once, and what is accepted is written at once.
CREATE OR REPLACE FUNCTION confirm_accept(p_session uuid, p_customer uuid, p_guest bytea, p_key text, p_sha bytea, p_quote uuid, p_saga uuid, p_context text, p_first_step text, p_deadline timestamptz,
                               p_owner text, p_lease_s integer, OUT outcome text, OUT saga uuid) LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
  basket cart;
  found record;
BEGIN
  SELECT * INTO basket FROM cart WHERE id = (SELECT s.cart_id FROM checkout_session s WHERE s.id = p_session) FOR UPDATE;
  SELECT * INTO own FROM checkout_session WHERE id = p_session FOR UPDATE;
  IF own.id IS NULL OR own.customer_id IS DISTINCT FROM p_customer OR own.guest_token_sha256 IS DISTINCT FROM p_guest THEN
    PERFORM refuse('EM404', 'CHECKOUT_NOT_FOUND');
  END IF;
  SELECT k.saga_id AS known_saga, k.request_sha256 AS known_sha, q.id AS quote, q.cart_version, q.expires_at INTO found
    FROM (SELECT) AS one LEFT JOIN confirm_key k ON k.session_id = p_session AND k.key = p_key LEFT JOIN quote q ON q.id = p_quote AND q.session_id = p_session;
  IF found.known_saga IS NOT NULL THEN
    IF found.known_sha <> p_sha THEN
      PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
    END IF;
    outcome := 'replayed';
    saga := found.known_saga;
    RETURN;
  END IF;
  IF own.status = 'completed' THEN
    outcome := 'completed';
    saga := own.saga_id;
    RETURN;
  END IF;
  IF own.status IN ('confirming', 'awaiting_payment', 'under_review') THEN
    PERFORM refuse('EM409', 'CHECKOUT_IN_PROGRESS');
  END IF;
  IF own.status IN ('expired', 'abandoned') OR own.expires_at <= now() THEN
    PERFORM refuse('EM410', 'CHECKOUT_EXPIRED');
  END IF;
  IF basket.status = 'locked' THEN
    PERFORM refuse('EM409', 'CHECKOUT_IN_PROGRESS');
  END IF;
  IF found.quote IS NULL THEN
    PERFORM refuse('EM404', 'QUOTE_NOT_FOUND');
  END IF;
  IF basket.status <> 'active' OR basket.version <> own.cart_version OR found.cart_version <> basket.version OR own.quote_id IS DISTINCT FROM p_quote THEN
    PERFORM refuse('EM409', 'CART_CHANGED', jsonb_build_object('cart_version', basket.version));
  END IF;
  IF found.expires_at <= now() THEN
    PERFORM refuse('EM409', 'QUOTE_EXPIRED');
  END IF;
  WITH claimed AS (INSERT INTO confirm_key (session_id, key, request_sha256, saga_id, order_id) VALUES (p_session, p_key, p_sha, p_saga, (p_context::json ->> 'order')::uuid)),
       held AS (UPDATE cart SET status = 'locked', saga_id = p_saga WHERE id = basket.id)
  UPDATE checkout_session SET status = 'confirming', saga_id = p_saga, version = version + 1 WHERE id = p_session;
  PERFORM saga_begin(p_saga, 'checkout.place_order', p_session::text, p_context, p_first_step, p_deadline, p_owner, p_lease_s);
  outcome := 'started';
  saga := p_saga;
END $$;

-- As in 0021; both events of a placement that is complete are one statement.
CREATE OR REPLACE FUNCTION placement_moved(p_saga uuid, p_session uuid, p_state text, p_order uuid, p_total bigint, p_currency text, p_items integer, p_failed_step text, p_reason text, p_trace uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
  moved integer;
BEGIN
  -- The cart first (0002, the order of locks): one that this saga holds is of a session that shows this saga. Any other is left alone, and not even locked.
  IF p_state = 'completed' THEN
    UPDATE cart SET status = 'converted', version = version + 1
     WHERE id = (SELECT s.cart_id FROM checkout_session s WHERE s.id = p_session) AND saga_id = p_saga AND status = 'locked';
  ELSIF p_state = 'failed' THEN
    UPDATE cart SET status = 'active', saga_id = NULL
     WHERE id = (SELECT s.cart_id FROM checkout_session s WHERE s.id = p_session) AND saga_id = p_saga AND status = 'locked';
  END IF;
  SELECT * INTO own FROM checkout_session WHERE id = p_session FOR UPDATE;
  IF p_state IN ('completed', 'failed') THEN
    DELETE FROM pending_transfer WHERE saga_id = p_saga;
  END IF;
  IF own.saga_id IS DISTINCT FROM p_saga OR own.status = 'completed' THEN
    RETURN;
  END IF;
  IF p_state = 'completed' THEN
    UPDATE checkout_session SET status = 'completed', version = version + 1 WHERE id = p_session;
    INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
    VALUES ('checkout.cart.converted', own.cart_id::text, own.cart_version + 1,
            json_build_object('cart_id', own.cart_id, 'order_id', p_order, 'total', wire_money(p_total, p_currency), 'item_count', p_items)::text, p_trace),
           ('checkout.session.completed', p_session::text, own.version + 1,
            json_build_object('session_id', p_session, 'saga_id', p_saga, 'order_id', p_order)::text, p_trace);
  ELSIF p_state = 'failed' THEN
    UPDATE checkout_session SET status = 'open', version = version + 1, expires_at = greatest(expires_at, least(now() + interval '30 minutes', created_at + interval '2 hours'))
     WHERE id = p_session AND status <> 'open';
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved = 1 THEN
      PERFORM outbox_append('checkout.session.failed', p_session::text, own.version + 1,
                            json_strip_nulls(json_build_object('session_id', p_session, 'saga_id', p_saga, 'order_id', p_order, 'failed_step', p_failed_step, 'reason', p_reason))::text,
                            p_trace);
    END IF;
  ELSIF p_state = 'stuck' THEN
    PERFORM outbox_append('checkout.saga.stuck', p_saga::text, own.version,
                          json_build_object('saga_id', p_saga, 'step', coalesce(p_failed_step, ''), 'error', coalesce(p_reason, ''))::text, p_trace);
  ELSE
    UPDATE checkout_session SET version = version + 1,
           status = CASE p_state WHEN 'awaiting_payment' THEN 'awaiting_payment' WHEN 'awaiting_review' THEN 'under_review' ELSE 'confirming' END
     WHERE id = p_session AND status IN ('confirming', 'awaiting_payment', 'under_review');
  END IF;
END $$;

-- As in 0020, by the day first.
CREATE OR REPLACE FUNCTION carts_expire(p_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  gone integer;
BEGIN
  UPDATE cart SET status = 'expired', version = version + 1, contact_email = NULL
   WHERE id IN (SELECT id FROM cart WHERE status = 'active' AND last_activity_at < now() - interval '30 days'
                   AND last_activity_on <= ((now() - interval '30 days') AT TIME ZONE 'UTC')::date ORDER BY last_activity_on LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- How these are planned is the session's to say (DatabaseOptions::planning): settings of a function cost at each call, and say the same.
DO $$
DECLARE
  each regprocedure;
BEGIN
  FOR each IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proconfig IS NOT NULL
                 AND p.proname IN ('cart_add', 'cart_before_add', 'cart_change_line', 'session_start', 'session_view', 'session_change', 'confirm_accept', 'placement_moved',
                                   'placement_view', 'saga_save_batch', 'guest_token_is_dead', 'session_quote') LOOP
    EXECUTE format('ALTER FUNCTION %s RESET ALL', each);
  END LOOP;
END $$;
