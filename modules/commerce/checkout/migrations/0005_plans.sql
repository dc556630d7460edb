-- What a request of a buyer calls reaches rows by key, whatever the arguments, so one plan does for all of them. PostgreSQL's own choice between a plan for all and a plan for these arguments
-- falls on the latter for many of the statements here, again at each call: a fifth of the processor time of a purchase. Without scans, since the plans are made while the tables are young
-- and are kept.
SELECT plan_functions(ARRAY[
  'cart_before_add', 'cart_add', 'cart_change_line', 'session_start', 'session_view', 'session_change', 'session_quote', 'confirm_accept',
  'saga_save_batch'
], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off');
