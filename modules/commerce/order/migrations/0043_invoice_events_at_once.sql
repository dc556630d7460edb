-- As in 0032, with all events in one INSERT. Issues documents of many orders in one transaction, numbered set-based; ADR 0021. `w_*`: the due rows they answer, `d_*`: the documents. An order whose due row is
-- held by somebody else, is gone, or whose documents were made from older facts is left out, all its documents together. Answers those issued.
-- p_done: nothing more is due for that order. Numbers follow the order of the arrays within a series and year.
CREATE OR REPLACE FUNCTION issue_invoices(
  w_orders uuid[], w_bumps bigint[], w_done integer[],
  d_ids uuid[], d_orders uuid[], d_sellers uuid[], d_kinds text[], d_series text[], d_zones text[], d_credits uuid[], d_seqs integer[], d_last integer[], d_currencies text[],
  d_subtotals bigint[], d_discounts bigint[], d_shippings bigint[], d_shipping_discounts bigint[], d_shipping_taxes bigint[], d_taxes bigint[], d_fees bigint[],
  d_points bigint[], d_adjustments bigint[], d_totals bigint[], d_stated jsonb[], d_mails uuid[], d_recipients text[], p_trace uuid, p_at timestamptz)
RETURNS TABLE (issued uuid) LANGUAGE plpgsql AS $$
DECLARE
  v_orders uuid[];
  v_taken text;
BEGIN
  -- Who holds the due row of an order is the only one who issues for it.
  SELECT array_agg(l.order_id) INTO v_orders
    FROM (SELECT w.order_id FROM invoice_due w WHERE w.order_id = ANY (w_orders) ORDER BY w.order_id FOR UPDATE SKIP LOCKED) l;
  SELECT array_agg(m.o) INTO v_orders FROM unnest(v_orders) AS m (o)
   WHERE m.o NOT IN (SELECT d.o FROM unnest(d_orders, d_kinds, d_credits, d_seqs) AS d (o, kind, credits, seq)
                      WHERE CASE d.kind WHEN 'invoice' THEN EXISTS (SELECT FROM invoice i WHERE i.order_id = d.o)
                                        ELSE d.seq <= (SELECT i.notes FROM invoice i WHERE i.id = d.credits) END);
  IF v_orders IS NULL THEN RETURN; END IF;

  INSERT INTO invoice_series (series, kind, seller_id)
  SELECT DISTINCT ON (d.series) d.series, d.kind, d.seller FROM unnest(d_orders, d_series, d_kinds, d_sellers) AS d (o, series, kind, seller)
   WHERE d.o = ANY (v_orders) AND NOT EXISTS (SELECT FROM invoice_series s WHERE s.series = d.series) ORDER BY d.series
  ON CONFLICT DO NOTHING;
  SELECT d.series INTO v_taken FROM unnest(d_orders, d_series, d_kinds, d_sellers) AS d (o, series, kind, seller) JOIN invoice_series s USING (series)
   WHERE d.o = ANY (v_orders) AND (s.kind <> d.kind OR s.seller_id IS DISTINCT FROM d.seller) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'INVOICE_SERIES_TAKEN', DETAIL = json_build_object('series', v_taken)::text;
  END IF;

  INSERT INTO invoice_counter (series, year, last, last_at)
  SELECT DISTINCT d.series, extract(year FROM p_at AT TIME ZONE d.zone)::integer, 0, p_at FROM unnest(d_orders, d_series, d_zones) AS d (o, series, zone)
   WHERE d.o = ANY (v_orders)
     AND NOT EXISTS (SELECT FROM invoice_counter c WHERE c.series = d.series AND c.year = extract(year FROM p_at AT TIME ZONE d.zone)::integer)
   ORDER BY 1, 2
  ON CONFLICT DO NOTHING;
  PERFORM FROM invoice_counter c
   WHERE EXISTS (SELECT FROM unnest(d_orders, d_series, d_zones) AS d (o, series, zone)
                  WHERE d.o = ANY (v_orders) AND d.series = c.series AND extract(year FROM p_at AT TIME ZONE d.zone)::integer = c.year)
   ORDER BY c.series, c.year FOR UPDATE;

  WITH docs AS (
    SELECT d.*, extract(year FROM p_at AT TIME ZONE d.zone)::integer AS year
      FROM unnest(d_ids, d_orders, d_sellers, d_kinds, d_series, d_zones, d_credits, d_seqs, d_currencies, d_subtotals, d_discounts, d_shippings, d_shipping_discounts,
                  d_shipping_taxes, d_taxes, d_fees, d_points, d_adjustments, d_totals, d_stated)
           WITH ORDINALITY AS d (id, o, seller, kind, series, zone, credits, seq, currency, subtotal, discount, shipping, shipping_discount, shipping_tax, tax, fee, points,
                                 adjustment, total, stated, n)
     WHERE d.o = ANY (v_orders)),
  numbered AS (
    SELECT d.*, (c.last + row_number() OVER (PARTITION BY d.series, d.year ORDER BY d.n))::integer AS no, greatest(p_at, c.last_at) AS at
      FROM docs d JOIN invoice_counter c ON c.series = d.series AND c.year = d.year),
  made AS (
    INSERT INTO invoice (id, kind, series, year, no, order_id, seller_id, credits, seq, issued_at, issued_on, currency, subtotal, discount, shipping, shipping_discount,
                         shipping_tax, tax, payment_fee, points_value, adjustment, grand_total, stated)
    SELECT n.id, n.kind, n.series, n.year, n.no, n.o, n.seller, n.credits, n.seq, n.at, (n.at AT TIME ZONE n.zone)::date, n.currency, n.subtotal, n.discount, n.shipping,
           n.shipping_discount, n.shipping_tax, n.tax, n.fee, n.points, n.adjustment, n.total, n.stated
      FROM numbered n ORDER BY n.series, n.year, n.no)
  UPDATE invoice_counter c SET last = x.last, last_at = x.at
    FROM (SELECT n.series, n.year, max(n.no) AS last, max(n.at) AS at FROM numbered n GROUP BY 1, 2) x WHERE c.series = x.series AND c.year = x.year;

  UPDATE invoice i SET credited = i.credited + x.total, notes = i.notes + x.notes, status = CASE WHEN x.is_last THEN 'credited' ELSE i.status END
    FROM (SELECT d.credits, sum(d.total) AS total, count(*) AS notes, bool_or(d.is_last = 1) AS is_last
            FROM unnest(d_orders, d_credits, d_totals, d_last) AS d (o, credits, total, is_last) WHERE d.o = ANY (v_orders) AND d.credits IS NOT NULL GROUP BY 1) x
   WHERE i.id = x.credits;

  INSERT INTO invoice_mail (id, invoice_id, seq, recipient, next_at, created_at)
  SELECT d.mail, d.id, 0, d.recipient, p_at, p_at FROM unnest(d_orders, d_ids, d_mails, d_recipients) AS d (o, id, mail, recipient)
   WHERE d.o = ANY (v_orders) AND d.recipient IS NOT NULL;

  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT CASE i.kind WHEN 'invoice' THEN 'order.invoice.issued' ELSE 'order.invoice.credited' END, COALESCE(i.credits, i.id)::text, i.seq + 1,
         CASE i.kind
         WHEN 'invoice' THEN
           json_strip_nulls(json_build_object(
             'invoice_id', i.id, 'number', i.number, 'order_id', i.order_id, 'seller_id', i.seller_id, 'issued_at', invoice_time(i.issued_at),
             'tax', order_money(i.tax, i.currency), 'grand_total', order_money(i.grand_total, i.currency)))::text
         ELSE
           json_strip_nulls(json_build_object(
             'invoice_id', i.credits, 'credit_note_id', i.id, 'number', i.number, 'order_id', i.order_id, 'seller_id', i.seller_id, 'issued_at', invoice_time(i.issued_at),
             'tax', order_money(i.tax, i.currency), 'grand_total', order_money(i.grand_total, i.currency),
             'credited', order_money((SELECT sum(c.grand_total)::bigint FROM invoice c WHERE c.credits = i.credits AND c.seq <= i.seq), i.currency),
             'is_last', d.is_last = 1))::text
         END, p_trace
    FROM unnest(d_ids, d_last) WITH ORDINALITY AS d (id, is_last, n) JOIN invoice i ON i.id = d.id ORDER BY d.n;

  DELETE FROM invoice_due w USING unnest(w_orders, w_bumps, w_done) AS x (o, bumps, done)
   WHERE w.order_id = x.o AND x.o = ANY (v_orders) AND w.bumps = x.bumps AND x.done = 1;
  RETURN QUERY SELECT d.id FROM unnest(d_ids) WITH ORDINALITY AS d (id, n) JOIN invoice i ON i.id = d.id ORDER BY d.n;
END $$;
SELECT plan_functions(ARRAY['issue_invoices'], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
