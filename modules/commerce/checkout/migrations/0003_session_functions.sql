-- Reading and changing sessions. The owner is checked in the same statement, so somebody else's session is as if it did not exist.

CREATE FUNCTION session_json(p_session uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT json_build_object('id', s.id, 'cart_id', s.cart_id, 'cart_version', s.cart_version, 'status', s.status, 'currency', s.currency, 'contact', s.contact::json,
                                   'shipping_address', s.shipping_address::json, 'billing_address', s.billing_address::json, 'shipping_selections', s.shipping_selections::json,
                                   'payment', s.payment::json, 'points_to_use', 0, 'quote_id', s.quote_id, 'version', s.version, 'expires_at', wire_time(s.expires_at))::text
            FROM checkout_session s WHERE s.id = p_session);
END $$;

-- The session with its cart, its last quote and its saga, for reading. Terminal sessions are readable; expired and abandoned ones are gone.
CREATE FUNCTION session_view(p_session uuid, p_customer uuid, p_guest bytea, p_with_lines boolean, OUT session text, OUT cart text, OUT quote text, OUT plan text, OUT saga uuid)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  own checkout_session;
BEGIN
  SELECT * INTO own FROM checkout_session s WHERE s.id = p_session;
  IF own.id IS NULL OR own.customer_id IS DISTINCT FROM p_customer OR own.guest_token_sha256 IS DISTINCT FROM p_guest THEN
    PERFORM refuse('EM404', 'CHECKOUT_NOT_FOUND');
  END IF;
  IF own.status IN ('expired', 'abandoned') OR (own.status = 'open' AND own.expires_at <= now()) THEN
    PERFORM refuse('EM410', 'CHECKOUT_EXPIRED');
  END IF;
  session := session_json(own.id);
  cart := cart_json(own.cart_id, p_with_lines);
  saga := own.saga_id;
  SELECT q.body, q.plan INTO quote, plan FROM quote q WHERE q.id = own.quote_id;
END $$;

-- The session for the owner's live cart: the open one, or a new one. A session whose time has passed gives way to a new one.
CREATE FUNCTION session_open(p_customer uuid, p_guest bytea, p_new uuid, p_trace uuid, OUT created boolean, OUT session uuid) LANGUAGE plpgsql AS $$
DECLARE
  own cart;
  open checkout_session;
  total bigint;
BEGIN
  own := cart_lock_live(p_customer, p_guest);
  IF own.status = 'locked' THEN
    PERFORM refuse('EM409', 'CART_LOCKED', jsonb_build_object('saga_id', own.saga_id));
  END IF;
  SELECT sum(qty * unit_price) INTO total FROM cart_line WHERE cart_id = own.id AND NOT saved_for_later;
  IF total IS NULL THEN
    PERFORM refuse('EM422', 'CART_EMPTY');
  END IF;
  SELECT * INTO open FROM checkout_session s WHERE s.cart_id = own.id AND s.status IN ('open', 'confirming', 'awaiting_payment', 'under_review') FOR UPDATE;
  IF open.id IS NOT NULL AND (open.status <> 'open' OR open.expires_at > now()) THEN
    UPDATE checkout_session s SET expires_at = least(now() + interval '30 minutes', s.created_at + interval '2 hours') WHERE s.id = open.id AND s.status = 'open';
    created := false;
    session := open.id;
    RETURN;
  END IF;
  UPDATE checkout_session s SET status = 'expired', version = s.version + 1 WHERE s.id = open.id;
  INSERT INTO checkout_session (id, cart_id, cart_version, customer_id, guest_token_sha256, currency) VALUES (p_new, own.id, own.version, p_customer, p_guest, own.currency);
  PERFORM outbox_append('checkout.session.started', p_new::text, 1,
                        json_build_object('session_id', p_new, 'cart_id', own.id, 'total', wire_money(total, own.currency), 'guest', p_customer IS NULL)::text, p_trace);
  created := true;
  session := p_new;
END $$;

-- Begins checkout, once per key: key, session and answer are one commit, and a repeat gets the first answer as it was, whatever became of the cart. `status` is the
-- HTTP status of that first answer.
CREATE FUNCTION session_start(p_caller text, p_key text, p_sha bytea, p_customer uuid, p_guest bytea, p_new uuid, p_trace uuid, OUT replayed boolean, OUT status integer, OUT answer text)
LANGUAGE plpgsql AS $$
DECLARE
  claim record;
  opened record;
BEGIN
  SELECT * INTO claim FROM idempotency_claim(p_caller, 'checkout.start_checkout', p_key, p_sha);
  IF NOT claim.is_same THEN
    PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
  END IF;
  replayed := NOT claim.is_first;
  IF replayed THEN
    status := claim.status;
    answer := claim.body;
    RETURN;
  END IF;
  SELECT * INTO opened FROM session_open(p_customer, p_guest, p_new, p_trace);
  status := CASE WHEN opened.created THEN 201 ELSE 200 END;
  SELECT json_build_object('session', v.session::json, 'cart', v.cart::json, 'quote', v.quote::json)::text INTO answer FROM session_view(opened.session, p_customer, p_guest, true) v;
  UPDATE idempotency i SET status = session_start.status, body = session_start.answer
   WHERE i.caller = p_caller AND i.operation = 'checkout.start_checkout' AND i.key = p_key;
END $$;

-- Changes an open session; nulls leave a member as it is. `p_drop_selections` and `p_drop_quote` say what the change makes stale. Answers the session as JSON.
CREATE FUNCTION session_change(p_session uuid, p_customer uuid, p_guest bytea, p_if_match bigint, p_contact text, p_shipping_address text, p_billing_address text,
                               p_selections text, p_payment text, p_drop_selections boolean, p_drop_quote boolean) RETURNS text LANGUAGE plpgsql AS $$
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
   WHERE id = p_session;
  RETURN session_json(p_session);
END $$;

-- Keeps a quote and makes it the session's. The cart must still be at the version that was priced. While a saga runs, only that saga may do this.
CREATE FUNCTION session_quote(p_session uuid, p_saga uuid, p_quote uuid, p_cart_version bigint, p_body text, p_plan text, p_currency text, p_total bigint, p_expires timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
  priced bigint;
BEGIN
  SELECT c.version INTO priced FROM cart c WHERE c.id = (SELECT s.cart_id FROM checkout_session s WHERE s.id = p_session) FOR SHARE;
  SELECT * INTO own FROM checkout_session WHERE id = p_session FOR UPDATE;
  IF own.status <> 'open' AND own.saga_id IS DISTINCT FROM p_saga THEN
    PERFORM refuse('EM409', 'CHECKOUT_IN_PROGRESS');
  END IF;
  IF priced IS DISTINCT FROM p_cart_version THEN
    PERFORM refuse('EM409', 'CART_CHANGED');
  END IF;
  INSERT INTO quote (id, session_id, cart_version, body, plan, currency, grand_total, expires_at)
  VALUES (p_quote, p_session, p_cart_version, p_body, p_plan, p_currency, p_total, p_expires) ON CONFLICT (id) DO NOTHING;
  UPDATE checkout_session SET quote_id = p_quote, cart_version = p_cart_version, version = version + 1,
         expires_at = greatest(expires_at, least(now() + interval '30 minutes', created_at + interval '2 hours'))
   WHERE id = p_session;
  RETURN session_json(p_session);
END $$;

-- Gives an open session up. Answers its status; a session under way answers that status and is the saga's to undo.
CREATE FUNCTION session_abandon(p_session uuid, OUT status text, OUT saga uuid) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE checkout_session s SET status = 'abandoned', version = s.version + 1 WHERE s.id = p_session AND s.status = 'open';
  SELECT s.status, s.saga_id INTO status, saga FROM checkout_session s WHERE s.id = p_session;
END $$;

-- Staff's decisions on orders under review, kept until the saga asks.
CREATE TABLE review_decision (
  saga_id    uuid PRIMARY KEY,
  decision   text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now()
);
