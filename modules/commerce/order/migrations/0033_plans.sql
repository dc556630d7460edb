-- What runs for every order reaches rows by key, whatever the arguments: one plan does for all of them. PostgreSQL's own choice between a plan for all arguments and a plan for these falls on
-- the latter for many of the statements here, again at each call. Without scans, since the plans are made while the tables are young and are kept.
SELECT plan_functions(ARRAY[
  'create_orders_batch', 'confirm_orders_batch', 'set_order_payment', 'note_order_event', 'move_order', 'issue_invoices', 'finish_invoice_mail'
], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
