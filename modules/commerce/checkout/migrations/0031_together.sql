-- What buyers do at the same time is one statement for all who wait (ADR 0048): cart_add, session_start and confirm_accept as sets. Each takes what is ordinary: a new
-- key, rows that nobody holds, nothing to refuse. What is left out of the answer has changed nothing, and is asked of the function for one, which alone says what is
-- refused and why. So no rule is written here that is not there, only when to leave a command to it.
--
-- None of these waits for a row or a key that somebody else holds: it would keep everybody waiting who came with it. Hence SKIP LOCKED, and keys that are tried.
-- No owner and no session comes twice in one call; the caller sees to that.

-- A cart, and the number of the command in its call.
CREATE TYPE numbered_cart AS (n integer, c cart);

-- The numbers of the commands whose keys this transaction has now (as idempotency_first has them), and nobody else has or is about to have.
CREATE FUNCTION keys_to_have(p_callers text[], p_operation text, p_keys text[]) RETURNS integer[] LANGUAGE plpgsql AS $$
BEGIN
  RETURN ARRAY(SELECT u.n::integer FROM unnest(p_callers, p_keys) WITH ORDINALITY AS u(caller, key, n)
                WHERE pg_try_advisory_xact_lock(hashtextextended(u.caller || ' ' || p_operation || ' ' || u.key, 0)));
END $$;

-- Adds to many carts. Commands and items are parallel arrays; `i_of`: the number of an item's command, from 1.
CREATE FUNCTION carts_add(p_callers text[], p_keys text[], p_shas bytea[], p_traces uuid[], p_new_carts uuid[], p_customers uuid[], p_guests bytea[], p_currencies text[],
                          p_if_match bigint[], p_line_max integer, p_unit_max integer, i_of integer[], i_line uuid[], i_sku text[], i_product uuid[], i_qty integer[],
                          i_price bigint[], i_list bigint[], i_name text[], i_image text[], i_seller uuid[], i_availability text[])
RETURNS TABLE (n integer, cart text) LANGUAGE plpgsql AS $$
DECLARE
  free integer[] := keys_to_have(p_callers, 'checkout.add_items', p_keys);
  own numbered_cart[];
  is_over boolean;
  numbers integer[];
  texts text[];
BEGIN
  -- The carts to add to: the owner's live one, or a new one.
  WITH asked AS MATERIALIZED (
         SELECT u.n::integer AS n, u.cart, u.customer, u.guest, u.currency, u.version,
                CASE WHEN u.customer IS NULL THEN (SELECT c.id FROM cart c WHERE c.guest_token_sha256 = u.guest AND c.status IN ('active', 'locked'))
                     ELSE (SELECT c.id FROM cart c WHERE c.customer_id = u.customer AND c.status IN ('active', 'locked')) END AS live
           FROM unnest(p_callers, p_keys, p_new_carts, p_customers, p_guests, p_currencies, p_if_match)
                WITH ORDINALITY AS u(caller, key, cart, customer, guest, currency, version, n)
          WHERE u.n = ANY (free) AND NOT EXISTS (SELECT FROM idempotency i WHERE i.caller = u.caller AND i.operation = 'checkout.add_items' AND i.key = u.key)),
       held AS MATERIALIZED (
         SELECT a.n, c.id FROM asked a JOIN cart c ON c.id = a.live
          WHERE c.status = 'active' AND c.currency = coalesce(a.currency, c.currency) AND (a.version IS NULL OR a.version = c.version) FOR UPDATE OF c SKIP LOCKED),
       touched AS (
         UPDATE cart c SET version = c.version + 1, last_activity_at = now(), abandoned_at = NULL FROM held h WHERE c.id = h.id RETURNING h.n, c),
       made AS (
         INSERT INTO cart AS c (id, customer_id, guest_token_sha256, currency, version)
         SELECT a.cart, a.customer, a.guest, a.currency, 1 FROM asked a
          WHERE a.live IS NULL AND a.version IS NULL AND a.currency IS NOT NULL
            AND NOT EXISTS (SELECT FROM cart d WHERE a.customer IS NULL AND d.guest_token_sha256 = a.guest AND d.status = 'merged')
          ORDER BY a.guest, a.customer
         ON CONFLICT DO NOTHING RETURNING c)
  SELECT array_agg(ROW(x.n, x.c)::numbered_cart) INTO own
    FROM (SELECT t.n, t.c FROM touched t UNION ALL SELECT a.n, m.c FROM made m JOIN asked a ON a.cart = (m.c).id) x;
  IF own IS NULL THEN
    RETURN;
  END IF;

  WITH changed AS (
    INSERT INTO cart_line AS l (cart_id, line_id, sku, product_id, qty, unit_price, list_price, added_price, name, image, seller_id, availability, added_at)
    SELECT (o.c).id, u.line, u.sku, u.product, u.qty, u.price, u.list, u.price, u.name, u.image, u.seller, u.availability, clock_timestamp() + u.ord * interval '1 microsecond'
      FROM unnest(i_of, i_line, i_sku, i_product, i_qty, i_price, i_list, i_name, i_image, i_seller, i_availability)
           WITH ORDINALITY AS u(of_n, line, sku, product, qty, price, list, name, image, seller, availability, ord)
      JOIN unnest(own) AS o ON o.n = u.of_n
    ON CONFLICT (cart_id, sku) DO UPDATE SET qty = CASE WHEN l.saved_for_later THEN excluded.qty ELSE l.qty + excluded.qty END, saved_for_later = false,
      unit_price = excluded.unit_price, list_price = excluded.list_price, priced_at = now(), name = excluded.name, image = excluded.image, availability = excluded.availability
    RETURNING l.cart_id, l.sku, l.qty, l.unit_price)
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT 'checkout.cart.item_added', (o.c).id::text, (o.c).version,
         json_strip_nulls(json_build_object('cart_id', (o.c).id, 'customer_id', (o.c).customer_id, 'sku', x.sku, 'qty', x.qty,
                                            'unit_price', wire_money(x.unit_price, (o.c).currency)))::text, p_traces[o.n]
    FROM changed x JOIN unnest(own) AS o ON (o.c).id = x.cart_id;

  WITH shown AS MATERIALIZED (
         SELECT o.n, s.shown AS answer, s.line_count > p_line_max OR s.qty_most > p_unit_max AS is_over FROM unnest(own) AS o CROSS JOIN LATERAL cart_shown(o.c, true) s),
       kept AS (
         INSERT INTO idempotency (caller, operation, key, request_sha256, status, body)
         SELECT p_callers[s.n], 'checkout.add_items', p_keys[s.n], p_shas[s.n], 200, s.answer FROM shown s)
  SELECT array_agg(s.n), array_agg(s.answer), bool_or(s.is_over) INTO numbers, texts, is_over FROM shown s;
  IF is_over THEN  -- Undone as a whole; asked one by one, only that one is refused.
    PERFORM refuse('EM422', 'LINE_LIMIT');
  END IF;
  RETURN QUERY SELECT u.n, u.answer FROM unnest(numbers, texts) AS u(n, answer);
END $$;

-- Begins checkout for many carts that have no live session.
CREATE FUNCTION sessions_start(p_callers text[], p_keys text[], p_shas bytea[], p_customers uuid[], p_guests bytea[], p_new uuid[], p_traces uuid[])
RETURNS TABLE (n integer, answer text) LANGUAGE plpgsql AS $$
DECLARE
  free integer[] := keys_to_have(p_callers, 'checkout.start_checkout', p_keys);
  own numbered_cart[];
BEGIN
  WITH asked AS MATERIALIZED (
         SELECT u.n::integer AS n,
                CASE WHEN u.customer IS NULL THEN (SELECT c.id FROM cart c WHERE c.guest_token_sha256 = u.guest AND c.status IN ('active', 'locked'))
                     ELSE (SELECT c.id FROM cart c WHERE c.customer_id = u.customer AND c.status IN ('active', 'locked')) END AS live
           FROM unnest(p_callers, p_keys, p_customers, p_guests) WITH ORDINALITY AS u(caller, key, customer, guest, n)
          WHERE u.n = ANY (free) AND NOT EXISTS (SELECT FROM idempotency i WHERE i.caller = u.caller AND i.operation = 'checkout.start_checkout' AND i.key = u.key)),
       held AS MATERIALIZED (
         SELECT a.n, c FROM asked a JOIN cart c ON c.id = a.live
          WHERE c.status = 'active'
            AND NOT EXISTS (SELECT FROM checkout_session s WHERE s.cart_id = c.id AND s.status IN ('open', 'confirming', 'awaiting_payment', 'under_review'))
            FOR UPDATE OF c SKIP LOCKED)
  SELECT array_agg(ROW(h.n, h.c)::numbered_cart) INTO own FROM held h;
  IF own IS NULL THEN
    RETURN;
  END IF;

  RETURN QUERY
  WITH basket AS MATERIALIZED (
         SELECT o.n, o.c, s.shown, s.subtotal FROM unnest(own) AS o CROSS JOIN LATERAL cart_shown(o.c, true) s WHERE s.line_count > 0),
       opened AS (
         INSERT INTO checkout_session AS s (id, cart_id, cart_version, customer_id, guest_token_sha256, currency)
         SELECT p_new[b.n], (b.c).id, (b.c).version, (b.c).customer_id, (b.c).guest_token_sha256, (b.c).currency FROM basket b
         RETURNING s.cart_id, s),
       told AS (
         INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
         SELECT 'checkout.session.started', p_new[b.n]::text, 1,
                json_build_object('session_id', p_new[b.n], 'cart_id', (b.c).id, 'total', wire_money(b.subtotal, (b.c).currency), 'guest', (b.c).customer_id IS NULL)::text,
                p_traces[b.n] FROM basket b),
       answered AS MATERIALIZED (
         SELECT b.n, concat('{"session":', session_shown(o.s), ',"cart":', b.shown, ',"quote":null}') AS answer FROM basket b JOIN opened o ON o.cart_id = (b.c).id),
       kept AS (
         INSERT INTO idempotency (caller, operation, key, request_sha256, status, body)
         SELECT p_callers[a.n], 'checkout.start_checkout', p_keys[a.n], p_shas[a.n], 201, a.answer FROM answered a)
  SELECT a.n, a.answer FROM answered a;
END $$;

-- S1 of many sagas (confirm_accept, without those who pay by transfer). Answers the sagas that were begun.
CREATE FUNCTION confirms_accept(p_sessions uuid[], p_customers uuid[], p_guests bytea[], p_keys text[], p_shas bytea[], p_quotes uuid[], p_sagas uuid[], p_contexts text[],
                                p_first_step text, p_deadlines timestamptz[], p_owner text, p_lease_s integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  begun record;
BEGIN
  WITH held AS MATERIALIZED (
         SELECT c.id AS cart, a.session, a.key, a.sha, a.saga, a.context, a.deadline
           FROM unnest(p_sessions, p_customers, p_guests, p_keys, p_shas, p_quotes, p_sagas, p_contexts, p_deadlines)
                AS a(session, customer, guest, key, sha, quote, saga, context, deadline)
           JOIN checkout_session s ON s.id = a.session JOIN cart c ON c.id = s.cart_id JOIN quote q ON q.id = a.quote
          WHERE s.customer_id IS NOT DISTINCT FROM a.customer AND s.guest_token_sha256 IS NOT DISTINCT FROM a.guest AND s.status = 'open' AND s.expires_at > now()
            AND c.status = 'active' AND c.version = s.cart_version AND q.session_id = s.id AND q.cart_version = c.version AND s.quote_id = q.id AND q.expires_at > now()
            AND NOT EXISTS (SELECT FROM confirm_key k WHERE k.session_id = a.session AND k.key = a.key)
            FOR UPDATE OF c SKIP LOCKED FOR UPDATE OF s SKIP LOCKED),
       claimed AS (
         INSERT INTO confirm_key (session_id, key, request_sha256, saga_id, order_id)
         SELECT h.session, h.key, h.sha, h.saga, (h.context::json ->> 'order')::uuid FROM held h),
       locked AS (
         UPDATE cart c SET status = 'locked', saga_id = h.saga FROM held h WHERE c.id = h.cart),
       confirming AS (
         UPDATE checkout_session s SET status = 'confirming', saga_id = h.saga, version = s.version + 1 FROM held h WHERE s.id = h.session)
  SELECT array_agg(h.saga) AS sagas, array_agg(h.session::text) AS sessions, array_agg(h.context) AS contexts, array_agg(h.deadline) AS deadlines INTO begun FROM held h;
  IF begun.sagas IS NOT NULL THEN
    PERFORM sagas_begin(begun.sagas, 'checkout.place_order', begun.sessions, begun.contexts, p_first_step, begun.deadlines, p_owner, p_lease_s);
  END IF;
  RETURN begun.sagas;
END $$;

-- Changes many sessions, as session_put does one. Answers those that it changed.
CREATE FUNCTION sessions_put(p_sessions uuid[], p_customers uuid[], p_guests bytea[], p_if_match bigint[], p_contacts text[], p_shipping_addresses text[],
                             p_billing_addresses text[], p_selections text[], p_payments text[], p_drop_selections boolean[], p_drop_quotes boolean[])
RETURNS SETOF checkout_session LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH held AS MATERIALIZED (
    SELECT u.* FROM unnest(p_sessions, p_customers, p_guests, p_if_match, p_contacts, p_shipping_addresses, p_billing_addresses, p_selections, p_payments, p_drop_selections,
                           p_drop_quotes) AS u(session, customer, guest, version, contact, shipping, billing, selections, payment, drop_selections, drop_quote)
      JOIN checkout_session s ON s.id = u.session
     WHERE s.customer_id IS NOT DISTINCT FROM u.customer AND s.guest_token_sha256 IS NOT DISTINCT FROM u.guest AND s.status = 'open' AND s.expires_at > now()
       AND (u.version IS NULL OR u.version = s.version) FOR UPDATE OF s SKIP LOCKED)
  UPDATE checkout_session s SET contact = coalesce(h.contact, s.contact), shipping_address = coalesce(h.shipping, s.shipping_address),
         billing_address = coalesce(h.billing, s.billing_address),
         shipping_selections = coalesce(h.selections, CASE WHEN h.drop_selections THEN '[]' ELSE s.shipping_selections END),
         payment = coalesce(h.payment, s.payment), quote_id = CASE WHEN h.drop_quote THEN NULL ELSE s.quote_id END, version = s.version + 1,
         expires_at = greatest(s.expires_at, least(now() + interval '30 minutes', s.created_at + interval '2 hours'))
    FROM held h WHERE s.id = h.session RETURNING s.*;
END $$;

-- Keeps the quotes of many open sessions, as session_keep_quote does one. Answers the sessions whose quote it kept.
CREATE FUNCTION sessions_keep_quote(p_sessions uuid[], p_quotes uuid[], p_cart_versions bigint[], p_bodies text[], p_plans text[], p_currencies text[], p_totals bigint[],
                                    p_expires timestamptz[]) RETURNS SETOF checkout_session LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH held AS MATERIALIZED (
         SELECT u.* FROM unnest(p_sessions, p_quotes, p_cart_versions, p_bodies, p_plans, p_currencies, p_totals, p_expires)
                         AS u(session, quote, version, body, plan, currency, total, expires)
           JOIN checkout_session s ON s.id = u.session JOIN cart c ON c.id = s.cart_id
          WHERE s.status = 'open' AND c.version = u.version FOR SHARE OF c SKIP LOCKED FOR UPDATE OF s SKIP LOCKED),
       stored AS (
         INSERT INTO quote (id, session_id, cart_version, body, plan, currency, grand_total, expires_at)
         SELECT h.quote, h.session, h.version, h.body, h.plan, h.currency, h.total, h.expires FROM held h ON CONFLICT (id) DO NOTHING)
  UPDATE checkout_session s SET quote_id = h.quote, cart_version = h.version, version = s.version + 1,
         expires_at = greatest(s.expires_at, least(now() + interval '30 minutes', s.created_at + interval '2 hours'))
    FROM held h WHERE s.id = h.session RETURNING s.*;
END $$;
