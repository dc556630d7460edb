-- The batch functions reach rows by key, a few among many. Their plans are made while the tables are young, when a scan looks cheaper, and are kept: without this the first
-- minutes of a new shop read the whole table for each batch, longer and longer, until the first ANALYZE.
SELECT plan_functions(ARRAY[
  'stock_lock', 'open_lines', 'stock_publish', 'stock_apply', 'stock_open', 'stock_adjust', 'movement_append', 'depletion_publish', 'reserve_batch',
  'confirm_batch', 'release_batch', 'reservation_free', 'reservation_extend', 'reservation_expire', 'reservation_step_apply', 'step_stock',
  'step_publish', 'reservation_move', 'reservation_short', 'reservation_evacuate', 'reservation_release_lines', 'fulfillment_cancelled',
  'receipt_create', 'receipt_put_away', 'receipt_inspect', 'receipt_json', 'reservation_json', 'inventory_update'
], 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
