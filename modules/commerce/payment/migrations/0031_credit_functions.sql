-- Every writer of credit. Rows are locked in one order everywhere: the hold, then its accounts by id.

-- One posting between two buckets of an account, and the account's columns with it. False: it was made before. The caller holds the account's row.
CREATE FUNCTION credit_post(p_posting uuid, p_account uuid, p_cause text, p_from text, p_to text, p_amount bigint, p_order uuid, p_reason text, p_actor uuid, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO credit_entry (posting_id, line_no, account_id, bucket, amount, currency, cause, order_id, reason, actor_id, at)
  SELECT p_posting, leg.n, a.id, leg.bucket, leg.amount, a.currency, p_cause, p_order, p_reason, p_actor, p_at
    FROM credit_account a, (VALUES (1, p_from, -p_amount), (2, p_to, p_amount)) AS leg (n, bucket, amount) WHERE a.id = p_account
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE credit_account a
     SET balance = a.balance + CASE WHEN p_to = 'balance' THEN p_amount WHEN p_from = 'balance' THEN -p_amount ELSE 0 END,
         held = a.held + CASE WHEN p_to = 'held' THEN p_amount WHEN p_from = 'held' THEN -p_amount ELSE 0 END, version = a.version + 1
   WHERE a.id = p_account;
  RETURN true;
END $$;

-- What `p_customer` (null: a guest) may take from the account for an order in `p_currency`.
CREATE FUNCTION credit_usable(a credit_account, p_customer uuid, p_currency text, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN a.status = 'active' AND a.currency = p_currency AND (a.expires_at IS NULL OR a.expires_at > p_at) AND (a.kind = 'gift_card' OR a.customer_id = p_customer)
              THEN a.balance ELSE 0 END;
$$;

CREATE FUNCTION credit_account_json(a credit_account) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object(
    'id', a.id, 'kind', a.kind, 'status', a.status, 'balance', json_build_object('amount', a.balance, 'currency', a.currency), 'held', json_build_object('amount', a.held, 'currency', a.currency),
    'last4', a.last4, 'customer_id', a.customer_id, 'expires_at', to_char(a.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'recipient_email', a.recipient_email,
    'note', a.note, 'created_at', to_char(a.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))::text;
$$;

CREATE FUNCTION credit_say_issued(a credit_account, p_amount bigint, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append('payment.credit.issued', a.id::text, a.version, json_strip_nulls(json_build_object(
    'account_id', a.id, 'kind', a.kind, 'amount', json_build_object('amount', p_amount, 'currency', a.currency), 'last4', a.last4, 'customer_id', a.customer_id))::text, p_trace);
END $$;

-- A new gift card with its first balance. Answers it as JSON, or null: the code is taken.
CREATE FUNCTION issue_gift_card(p_id uuid, p_sha256 bytea, p_last4 text, p_amount bigint, p_currency text, p_expires timestamptz, p_email text, p_note text, p_actor uuid, p_at timestamptz,
                                p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  a credit_account;
BEGIN
  INSERT INTO credit_account (id, kind, currency, code_sha256, last4, expires_at, recipient_email, note, created_at)
  VALUES (p_id, 'gift_card', p_currency, p_sha256, p_last4, p_expires, p_email, p_note, p_at) ON CONFLICT ON CONSTRAINT credit_code_once DO NOTHING;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  PERFORM credit_post(md5('issued:' || p_id)::uuid, p_id, 'issued', 'issued', 'balance', p_amount, NULL, p_note, p_actor, p_at);
  SELECT * INTO a FROM credit_account c WHERE c.id = p_id;
  PERFORM credit_say_issued(a, p_amount, p_trace);
  RETURN credit_account_json(a);
END $$;

-- Adds to the customer's store credit in that currency, which begins with it. `p_cause`: issued, or refunded. A posting that was made before adds nothing.
CREATE FUNCTION grant_store_credit(p_new uuid, p_posting uuid, p_customer uuid, p_amount bigint, p_currency text, p_cause text, p_order uuid, p_reason text, p_actor uuid, p_at timestamptz,
                                   p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  a credit_account;
BEGIN
  INSERT INTO credit_account (id, kind, currency, customer_id, created_at) VALUES (p_new, 'store_credit', p_currency, p_customer, p_at)
  ON CONFLICT (customer_id, currency) WHERE kind = 'store_credit' DO NOTHING;
  SELECT * INTO a FROM credit_account c WHERE c.kind = 'store_credit' AND c.customer_id = p_customer AND c.currency = p_currency FOR NO KEY UPDATE;
  IF credit_post(p_posting, a.id, p_cause, 'issued', 'balance', p_amount, p_order, p_reason, p_actor, p_at) THEN
    SELECT * INTO a FROM credit_account c WHERE c.id = a.id;
    PERFORM credit_say_issued(a, p_amount, p_trace);
  END IF;
  RETURN credit_account_json(a);
END $$;

-- Corrects a balance by `p_amount`, which may be negative.
CREATE FUNCTION adjust_credit(p_id uuid, p_posting uuid, p_amount bigint, p_currency text, p_reason text, p_actor uuid, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  a credit_account;
BEGIN
  SELECT * INTO a FROM credit_account c WHERE c.id = p_id FOR NO KEY UPDATE;
  IF a.id IS NULL THEN
    PERFORM refuse('EM404', 'CREDIT_NOT_FOUND', '{}', 'no such gift card or store credit');
  ELSIF a.currency <> p_currency THEN
    PERFORM refuse('EM422', 'CURRENCY_MISMATCH', jsonb_build_object('currency', a.currency), 'the account has another currency');
  ELSIF a.status = 'expired' THEN
    PERFORM refuse('EM409', 'CREDIT_EXPIRED', '{}', 'it is expired; issue another');
  ELSIF a.balance + p_amount < 0 THEN
    PERFORM refuse('EM422', 'CREDIT_INSUFFICIENT', jsonb_build_object('available', a.balance), 'there is less on it');
  END IF;
  IF p_amount > 0 THEN
    PERFORM credit_post(p_posting, p_id, 'adjusted', 'adjusted', 'balance', p_amount, NULL, p_reason, p_actor, p_at);
  ELSE
    PERFORM credit_post(p_posting, p_id, 'adjusted', 'balance', 'adjusted', -p_amount, NULL, p_reason, p_actor, p_at);
  END IF;
  SELECT * INTO a FROM credit_account c WHERE c.id = p_id;
  RETURN credit_account_json(a);
END $$;

CREATE FUNCTION set_credit_status(p_id uuid, p_status text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  a credit_account;
BEGIN
  SELECT * INTO a FROM credit_account c WHERE c.id = p_id FOR NO KEY UPDATE;
  IF a.id IS NULL THEN
    PERFORM refuse('EM404', 'CREDIT_NOT_FOUND', '{}', 'no such gift card or store credit');
  ELSIF a.status = 'expired' THEN
    PERFORM refuse('EM409', 'CREDIT_EXPIRED', '{}', 'it is expired; issue another');
  END IF;
  UPDATE credit_account c SET status = p_status, version = c.version + 1 WHERE c.id = p_id AND c.status <> p_status;
  SELECT * INTO a FROM credit_account c WHERE c.id = p_id;
  RETURN credit_account_json(a);
END $$;

-- Takes amounts off accounts for an order, all or none. `outcome`: held, repeated, or a refusal: CREDIT_INSUFFICIENT (with what could be taken of it), CREDIT_RELEASED, ORDER_CLOSED,
-- IDEMPOTENCY_KEY_REUSED.
CREATE FUNCTION hold_credit(p_id uuid, p_order uuid, p_customer uuid, p_currency text, p_accounts uuid[], p_amounts bigint[], p_covers boolean, p_digest uuid, p_at timestamptz,
                            OUT outcome text, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  h credit_hold;
  covered integer;
BEGIN
  INSERT INTO credit_hold (id, order_id, status, currency, amount, covers_order, request_digest, created_at, updated_at)
  VALUES (p_id, p_order, 'held', p_currency, (SELECT sum(a) FROM unnest(p_amounts) AS a), p_covers, p_digest, p_at, p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO h FROM credit_hold x WHERE x.id = p_id;
    outcome := CASE WHEN h.id IS NULL THEN 'ORDER_CLOSED' WHEN h.request_digest IS NULL THEN 'CREDIT_RELEASED' WHEN h.request_digest <> p_digest THEN 'IDEMPOTENCY_KEY_REUSED'
                    WHEN h.status = 'released' THEN 'CREDIT_RELEASED' ELSE 'repeated' END;
    RETURN;
  END IF;
  PERFORM FROM credit_account a WHERE a.id = ANY (p_accounts) ORDER BY a.id FOR NO KEY UPDATE;
  SELECT COALESCE(sum(least(i.amount, credit_usable(a, p_customer, p_currency, p_at))), 0), count(*) FILTER (WHERE credit_usable(a, p_customer, p_currency, p_at) >= i.amount)
    INTO available, covered FROM unnest(p_accounts, p_amounts) AS i (account, amount) JOIN credit_account a ON a.id = i.account;
  IF covered < cardinality(p_accounts) THEN
    DELETE FROM credit_hold x WHERE x.id = p_id;
    outcome := 'CREDIT_INSUFFICIENT';
    RETURN;
  END IF;
  INSERT INTO credit_hold_part (hold_id, part_no, account_id, amount)
  SELECT p_id, i.n, i.account, i.amount FROM unnest(p_accounts, p_amounts) WITH ORDINALITY AS i (account, amount, n);
  PERFORM credit_post(md5('held:' || p_id || ':' || p.part_no)::uuid, p.account_id, 'held', 'balance', 'held', p.amount, p_order, NULL, NULL, p_at) FROM credit_hold_part p WHERE p.hold_id = p_id;
  outcome := 'held';
END $$;

-- The order stands: what is still held for it is spent.
CREATE FUNCTION redeem_credit(p_id uuid, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  h credit_hold;
BEGIN
  SELECT * INTO h FROM credit_hold x WHERE x.id = p_id FOR UPDATE;
  IF h.id IS NULL THEN
    PERFORM refuse('EM404', 'CREDIT_HOLD_NOT_FOUND', '{}', 'nothing is held under this id');
  ELSIF h.status <> 'held' THEN
    RETURN;
  END IF;
  PERFORM FROM credit_account a WHERE a.id IN (SELECT p.account_id FROM credit_hold_part p WHERE p.hold_id = p_id) ORDER BY a.id FOR NO KEY UPDATE;
  PERFORM credit_post(md5('redeemed:' || p_id || ':' || p.part_no)::uuid, p.account_id, 'redeemed', 'held', 'redeemed', p.amount - p.returned, h.order_id, NULL, NULL, p_at)
     FROM credit_hold_part p WHERE p.hold_id = p_id AND p.amount > p.returned;
  UPDATE credit_hold x SET status = 'redeemed', version = x.version + 1, updated_at = p_at WHERE x.id = p_id;
END $$;

-- Gives `p_amount` (null: all) of what is left of a hold back to where it came from, the last part first. A card that expired meanwhile lives 30 more days: its buyer did not choose to have the
-- money back so late. The caller names the occasion once. Answers what went back.
CREATE FUNCTION give_credit_back(p_id uuid, p_amount bigint, p_occasion text, p_reason text, p_is_told boolean, p_at timestamptz, p_trace uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  h credit_hold;
  part credit_hold_part;
  share bigint;
  wanted bigint;
  given bigint := 0;
BEGIN
  SELECT * INTO h FROM credit_hold x WHERE x.id = p_id FOR UPDATE;
  IF h.id IS NULL OR h.status IN ('released', 'returned') THEN
    RETURN 0;
  END IF;
  wanted := least(COALESCE(p_amount, h.amount), h.amount - h.returned);
  PERFORM FROM credit_account a WHERE a.id IN (SELECT p.account_id FROM credit_hold_part p WHERE p.hold_id = p_id) ORDER BY a.id FOR NO KEY UPDATE;
  FOR part IN SELECT * FROM credit_hold_part p WHERE p.hold_id = p_id ORDER BY p.part_no DESC LOOP
    share := least(wanted - given, part.amount - part.returned);
    CONTINUE WHEN share <= 0;
    UPDATE credit_account a SET status = CASE a.status WHEN 'expired' THEN 'active' ELSE a.status END, expires_at = p_at + interval '30 days' WHERE a.id = part.account_id AND a.expires_at <= p_at;
    IF credit_post(md5(p_occasion || ':' || p_id || ':' || part.part_no)::uuid, part.account_id, CASE h.status WHEN 'held' THEN 'released' ELSE 'returned' END,
                   CASE h.status WHEN 'held' THEN 'held' ELSE 'redeemed' END, 'balance', share, h.order_id, p_reason, NULL, p_at) THEN
      UPDATE credit_hold_part p SET returned = p.returned + share WHERE p.hold_id = p_id AND p.part_no = part.part_no;
      given := given + share;
    END IF;
  END LOOP;
  UPDATE credit_hold x SET returned = x.returned + given, version = x.version + 1, updated_at = p_at,
         status = CASE WHEN x.returned + given < x.amount THEN x.status WHEN x.status = 'held' AND p_occasion IN ('released', 'closed') THEN 'released' ELSE 'returned' END
   WHERE x.id = p_id RETURNING * INTO h;
  IF p_is_told AND given > 0 THEN
    PERFORM outbox_append('payment.credit.returned', h.id::text, h.version, json_build_object(
      'hold_id', h.id, 'order_id', h.order_id, 'amount', json_build_object('amount', given, 'currency', h.currency),
      'total_returned', json_build_object('amount', h.returned, 'currency', h.currency), 'full', h.returned = h.amount)::text, p_trace);
  END IF;
  RETURN given;
END $$;

-- The undo of hold_credit. A hold that never came leaves a tombstone, so that it is refused when it comes.
CREATE FUNCTION release_credit(p_id uuid, p_order uuid, p_at timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  h credit_hold;
BEGIN
  INSERT INTO credit_hold (id, order_id, status, amount, created_at, updated_at) VALUES (p_id, p_order, 'released', 0, p_at, p_at) ON CONFLICT DO NOTHING;
  SELECT * INTO h FROM credit_hold x WHERE x.id = p_id FOR UPDATE;
  IF h.status IN ('redeemed', 'returned') THEN
    PERFORM refuse('EM409', 'CREDIT_REDEEMED', '{}', 'the order stands; cancel it instead');
  END IF;
  PERFORM give_credit_back(p_id, NULL, 'released', NULL, false, p_at, p_trace);
END $$;

-- The order is over: nothing is held for it any more, nor will be.
CREATE FUNCTION close_order_credit(p_order uuid, p_reason text, p_at timestamptz, p_trace uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO credit_hold (id, order_id, status, amount, created_at, updated_at) VALUES (p_order, p_order, 'released', 0, p_at, p_at) ON CONFLICT DO NOTHING;
  RETURN (SELECT give_credit_back(x.id, NULL, 'closed', p_reason, true, p_at, p_trace) FROM credit_hold x WHERE x.order_id = p_order);
END $$;

-- Ends cards whose time is over; what was on them is the shop's. What orders hold of them is not touched.
CREATE FUNCTION expire_credit(p_at timestamptz, p_count integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  a credit_account;
  ended integer := 0;
BEGIN
  FOR a IN SELECT * FROM credit_account c WHERE c.status = 'active' AND c.expires_at <= p_at ORDER BY c.id LIMIT p_count FOR NO KEY UPDATE SKIP LOCKED LOOP
    IF a.balance > 0 THEN
      PERFORM credit_post(md5('expired:' || a.id || ':' || a.version)::uuid, a.id, 'expired', 'balance', 'expired', a.balance, NULL, NULL, NULL, p_at);
    END IF;
    UPDATE credit_account c SET status = 'expired', version = c.version + 1 WHERE c.id = a.id;
    ended := ended + 1;
  END LOOP;
  RETURN ended;
END $$;

-- Counts `p_codes` tries of codes beforehand; the right ones are taken off again. False: too many of them were wrong in this minute.
CREATE FUNCTION take_credit_code_tries(p_asked_by text, p_codes integer, p_max integer, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  t credit_code_try;
BEGIN
  INSERT INTO credit_code_try AS c (asked_by, since, wrong) VALUES (p_asked_by, p_at, p_codes)
  ON CONFLICT (asked_by) DO UPDATE SET wrong = CASE WHEN c.since <= p_at - interval '1 minute' THEN p_codes ELSE c.wrong + p_codes END,
                                       since = CASE WHEN c.since <= p_at - interval '1 minute' THEN p_at ELSE c.since END
  RETURNING * INTO t;
  RETURN t.wrong <= p_max;
END $$;
