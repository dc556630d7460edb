-- A batch of payments begins. One answer per command, in order: outcome is 'created' (drive it), 'repeated', or a refusal: PAYMENT_VOIDED, ORDER_CLOSED, PAYMENT_EXISTS,
-- IDEMPOTENCY_KEY_REUSED. Cash on delivery is complete here: pending_collection, and nobody owes a call. A card payment owes its provider calls: should its driver die,
-- the worker takes it over at p_takeover.
CREATE FUNCTION create_payments_batch(
  p_ids uuid[], p_orders uuid[], p_numbers text[], p_attempts integer[], p_customers uuid[], p_methods text[], p_providers text[], p_amounts bigint[], p_currencies text[],
  p_assessments uuid[], p_tokens text[], p_return_urls text[], p_windows timestamptz[], p_digests uuid[], p_at timestamptz, p_takeover timestamptz)
RETURNS TABLE (ord integer, outcome text, other uuid) LANGUAGE plpgsql AS $$
DECLARE
  v_new uuid[];
BEGIN
  WITH made AS (
    INSERT INTO payment (id, order_id, order_number, attempt_no, customer_id, method, provider, amount, currency, status, assessment_id, force_3ds, provider_token, return_url,
                         window_ends_at, request_digest, next_run_at, transaction_seq, created_at, updated_at)
    SELECT i.id, i.order_id, i.number, i.attempt, i.customer, i.method, i.provider, i.amount, i.currency, CASE i.method WHEN 'cod' THEN 'pending_collection' ELSE 'created' END,
           i.assessment, COALESCE((SELECT r.force_3ds FROM risk_assessment r WHERE r.id = i.assessment), false), i.token, i.return_url, i.window_ends, i.digest,
           CASE i.method WHEN 'cod' THEN NULL ELSE p_takeover END, 1, p_at, p_at
      FROM unnest(p_ids, p_orders, p_numbers, p_attempts, p_customers, p_methods, p_providers, p_amounts, p_currencies, p_assessments, p_tokens, p_return_urls, p_windows,
                  p_digests) WITH ORDINALITY
           AS i (id, order_id, number, attempt, customer, method, provider, amount, currency, assessment, token, return_url, window_ends, digest, n)
     WHERE NOT EXISTS (SELECT FROM payment_tombstone t WHERE t.payment_id = i.id)
       AND NOT EXISTS (SELECT FROM closed_order c WHERE c.order_id = i.order_id)
     ORDER BY i.order_id, i.n  -- One order for all writers, so two batches with the same orders wait instead of deadlocking.
    ON CONFLICT DO NOTHING
    RETURNING payment.*),
  logged AS (
    INSERT INTO payment_transaction (payment_id, seq, type, from_status, to_status, amount, outcome, at)
    SELECT m.id, 1, 'create', NULL, m.status, m.amount, 'succeeded', p_at FROM made m)
  SELECT array_agg(m.id) INTO v_new FROM made m;

  RETURN QUERY
    SELECT i.n::integer,
           CASE WHEN p.id IS NOT NULL AND p.request_digest = i.digest
                  THEN CASE WHEN p.id = ANY (v_new) AND i.n = min(i.n) OVER (PARTITION BY i.id) THEN 'created' ELSE 'repeated' END
                WHEN p.id IS NOT NULL THEN 'IDEMPOTENCY_KEY_REUSED'
                WHEN EXISTS (SELECT FROM payment_tombstone t WHERE t.payment_id = i.id) THEN 'PAYMENT_VOIDED'
                WHEN EXISTS (SELECT FROM closed_order c WHERE c.order_id = i.order_id) THEN 'ORDER_CLOSED'
                ELSE 'PAYMENT_EXISTS' END,
           CASE WHEN p.id IS NULL THEN (SELECT o.id FROM payment o WHERE o.order_id = i.order_id ORDER BY o.superseded, o.attempt_no DESC LIMIT 1) END
      FROM unnest(p_ids, p_orders, p_digests) WITH ORDINALITY AS i (id, order_id, digest, n)
      LEFT JOIN payment p ON p.id = i.id
     ORDER BY i.n;
END $$;
