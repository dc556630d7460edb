-- Placing an order: who waits for how many payments, a session's two hours, and what a placement shows after its session is over.

-- Placements that wait for a bank transfer: their stock is held for a day. Source: commerce.md §4.2 (windows).
CREATE TABLE pending_transfer (
  saga_id     uuid PRIMARY KEY,
  customer_id uuid,
  email       text NOT NULL,
  address     text NOT NULL,                            -- IP; empty if it is not known.
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pending_transfer_customer ON pending_transfer (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX pending_transfer_email ON pending_transfer (email);
CREATE INDEX pending_transfer_address ON pending_transfer (address) WHERE address <> '';

CREATE FUNCTION pending_transfer_add(p_saga uuid, p_customer uuid, p_email text, p_address text, p_max integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  holder text;
  most bigint;
BEGIN
  -- Those of one holder line up, in one order, so that two at once cannot both be the last.
  FOR holder IN SELECT h FROM unnest(ARRAY['customer ' || p_customer, 'email ' || lower(p_email), 'address ' || nullif(p_address, '')]) AS u(h) WHERE h IS NOT NULL ORDER BY h LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('pending_transfer ' || holder, 0));
  END LOOP;
  INSERT INTO pending_transfer (saga_id, customer_id, email, address) VALUES (p_saga, p_customer, lower(p_email), p_address);
  SELECT greatest((SELECT count(*) FROM pending_transfer t WHERE t.customer_id = p_customer), (SELECT count(*) FROM pending_transfer t WHERE t.email = lower(p_email)),
                  (SELECT count(*) FROM pending_transfer t WHERE p_address <> '' AND t.address = p_address)) INTO most;
  IF most > p_max THEN
    PERFORM refuse('EM422', 'TOO_MANY_PENDING_ORDERS', jsonb_build_object('max', p_max), 'pay or cancel an order that waits for its transfer first');
  END IF;
END $$;

-- S1 with the limit on pending transfers, which counts only what is accepted otherwise.
CREATE FUNCTION confirm_accept(p_session uuid, p_customer uuid, p_guest bytea, p_key text, p_sha bytea, p_quote uuid, p_saga uuid, p_context text, p_first_step text, p_deadline timestamptz,
                               p_owner text, p_lease_s integer, p_method text, p_email text, p_address text, p_pending_max integer, OUT outcome text, OUT saga uuid) LANGUAGE plpgsql AS $$
BEGIN
  SELECT a.outcome, a.saga INTO outcome, saga
    FROM confirm_accept(p_session, p_customer, p_guest, p_key, p_sha, p_quote, p_saga, p_context, p_first_step, p_deadline, p_owner, p_lease_s) a;
  IF outcome = 'started' AND p_method = 'bank_transfer' THEN
    PERFORM pending_transfer_add(p_saga, p_customer, p_email, p_address, p_pending_max);
  END IF;
END $$;

-- What became of a session's placement, also after the session is over. `key_saga`: the saga that the key began.
CREATE FUNCTION placement_view(p_session uuid, p_customer uuid, p_guest bytea, p_key text, OUT saga uuid, OUT key_saga uuid, OUT quote text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  own checkout_session;
BEGIN
  SELECT * INTO own FROM checkout_session s WHERE s.id = p_session;
  IF own.id IS NULL OR own.customer_id IS DISTINCT FROM p_customer OR own.guest_token_sha256 IS DISTINCT FROM p_guest THEN
    PERFORM refuse('EM404', 'CHECKOUT_NOT_FOUND');
  END IF;
  saga := own.saga_id;
  SELECT k.saga_id INTO key_saga FROM confirm_key k WHERE k.session_id = p_session AND k.key = p_key;
  SELECT q.body INTO quote FROM quote q WHERE q.id = own.quote_id;
END $$;

-- What the session and the cart show of the saga; commits with the saga's own move. Safe to repeat: each change guards on the state before it. A session that
-- opens again keeps to its two hours, and a placement that is over waits for no transfer.
CREATE FUNCTION placement_moved(p_saga uuid, p_session uuid, p_state text, p_order uuid, p_total bigint, p_currency text, p_items integer, p_failed_step text, p_reason text, p_trace uuid)
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
    PERFORM outbox_append('checkout.cart.converted', own.cart_id::text, own.cart_version + 1,
                          json_build_object('cart_id', own.cart_id, 'order_id', p_order, 'total', wire_money(p_total, p_currency), 'item_count', p_items)::text, p_trace);
    PERFORM outbox_append('checkout.session.completed', p_session::text, own.version + 1,
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

-- Functions that were made again have lost how they are planned; saga_save_batch has a new form.
SELECT plan_functions(ARRAY['confirm_accept', 'placement_moved', 'placement_view', 'saga_save_batch', 'guest_token_is_dead'],
                      'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off');
