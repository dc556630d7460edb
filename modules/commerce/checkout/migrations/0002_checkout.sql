-- Checkout sessions, quotes, and the acceptance of a confirm. Source: commerce.md §1.1–1.3, §4.2 S1.

CREATE TABLE checkout_session (
  id                  uuid PRIMARY KEY,
  cart_id             uuid NOT NULL,
  cart_version        bigint NOT NULL,
  customer_id         uuid,
  guest_token_sha256  bytea,
  currency            text NOT NULL,
  status              text NOT NULL DEFAULT 'open'
                      CHECK (status IN ('open', 'confirming', 'awaiting_payment', 'under_review', 'completed', 'expired', 'abandoned')),
  contact             text,                             -- JSON of the contract's messages, as are the following.
  shipping_address    text,
  billing_address     text,
  shipping_selections text NOT NULL DEFAULT '[]',
  payment             text,
  quote_id            uuid,
  saga_id             uuid,                             -- The last one.
  version             bigint NOT NULL DEFAULT 1,
  created_at          timestamptz NOT NULL DEFAULT now(),
  expires_at          timestamptz NOT NULL DEFAULT now() + interval '30 minutes'
);
CREATE UNIQUE INDEX checkout_session_live ON checkout_session (cart_id) WHERE status IN ('open', 'confirming', 'awaiting_payment', 'under_review');
CREATE INDEX checkout_session_open ON checkout_session (expires_at) WHERE status = 'open';

-- What a confirm may charge. Immutable.
CREATE TABLE quote (
  id           uuid PRIMARY KEY,
  session_id   uuid NOT NULL,
  cart_version bigint NOT NULL,
  body         text NOT NULL,                           -- The contract's message Quote.
  plan         text NOT NULL,                           -- Shipment groups with the methods and fees quoted.
  currency     text NOT NULL,
  grand_total  bigint NOT NULL CHECK (grand_total >= 0),
  expires_at   timestamptz NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX quote_age ON quote (created_at);

-- A confirm's key belongs to its saga for good.
CREATE TABLE confirm_key (
  session_id     uuid NOT NULL,
  key            text NOT NULL,
  request_sha256 bytea NOT NULL,
  saga_id        uuid NOT NULL,
  order_id       uuid NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_id, key)
);
CREATE UNIQUE INDEX confirm_key_order ON confirm_key (order_id);

-- The order of locks, for all that takes more than one, so that the requests of one buyer and the moves of a saga wait in line and never in a ring: the key of the
-- request, the saga, the guest's cart, the customer's cart, the session. Who knows only the session reads its cart_id before the lock: that never changes.
-- Sagas move in batches, whose carts come in no order: who holds a cart that a saga has waits for no other cart (cart_merge).

-- The owner's session, locked, or a refusal. A session past its time is expired here, not by a timer.
CREATE FUNCTION session_lock(p_session uuid, p_customer uuid, p_guest bytea) RETURNS checkout_session LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
BEGIN
  SELECT * INTO own FROM checkout_session WHERE id = p_session FOR UPDATE;
  IF own.id IS NULL OR own.customer_id IS DISTINCT FROM p_customer OR own.guest_token_sha256 IS DISTINCT FROM p_guest THEN
    PERFORM refuse('EM404', 'CHECKOUT_NOT_FOUND');
  END IF;
  IF own.status IN ('expired', 'abandoned') OR (own.status = 'open' AND own.expires_at <= now()) THEN
    PERFORM refuse('EM410', 'CHECKOUT_EXPIRED');
  END IF;
  RETURN own;
END $$;

-- S1: everything that accepts a confirm, in one transaction: the key, the cart's lock, the session's state, the saga and its first step.
-- `outcome`: started | replayed (this key's saga) | completed (another key, the order stands).
CREATE FUNCTION confirm_accept(p_session uuid, p_customer uuid, p_guest bytea, p_key text, p_sha bytea, p_quote uuid, p_saga uuid, p_context text, p_first_step text, p_deadline timestamptz,
                               p_owner text, p_lease_s integer, OUT outcome text, OUT saga uuid) LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
  known confirm_key;
  basket cart;
  offer quote;
BEGIN
  SELECT * INTO basket FROM cart WHERE id = (SELECT s.cart_id FROM checkout_session s WHERE s.id = p_session) FOR UPDATE;
  SELECT * INTO own FROM checkout_session WHERE id = p_session FOR UPDATE;
  IF own.id IS NULL OR own.customer_id IS DISTINCT FROM p_customer OR own.guest_token_sha256 IS DISTINCT FROM p_guest THEN
    PERFORM refuse('EM404', 'CHECKOUT_NOT_FOUND');
  END IF;
  SELECT * INTO known FROM confirm_key WHERE session_id = p_session AND key = p_key;
  IF known.saga_id IS NOT NULL THEN
    IF known.request_sha256 <> p_sha THEN
      PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
    END IF;
    outcome := 'replayed';
    saga := known.saga_id;
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
  SELECT * INTO offer FROM quote WHERE id = p_quote AND session_id = p_session;
  IF offer.id IS NULL THEN
    PERFORM refuse('EM404', 'QUOTE_NOT_FOUND');
  END IF;
  IF basket.status <> 'active' OR basket.version <> own.cart_version OR offer.cart_version <> basket.version OR own.quote_id IS DISTINCT FROM p_quote THEN
    PERFORM refuse('EM409', 'CART_CHANGED', jsonb_build_object('cart_version', basket.version));
  END IF;
  IF offer.expires_at <= now() THEN
    PERFORM refuse('EM409', 'QUOTE_EXPIRED');
  END IF;
  INSERT INTO confirm_key (session_id, key, request_sha256, saga_id, order_id) VALUES (p_session, p_key, p_sha, p_saga, (p_context::json ->> 'order')::uuid);
  UPDATE cart SET status = 'locked', saga_id = p_saga WHERE id = basket.id;
  UPDATE checkout_session SET status = 'confirming', saga_id = p_saga, version = version + 1 WHERE id = p_session;
  PERFORM saga_begin(p_saga, 'checkout.place_order', p_session::text, p_context, p_first_step, p_deadline, p_owner, p_lease_s);
  outcome := 'started';
  saga := p_saga;
END $$;
