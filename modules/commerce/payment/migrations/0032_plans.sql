-- As 0033_plans.sql of order: what runs for every payment is planned once.
SELECT plan_functions(ARRAY[
  'create_payments_batch', 'risk_history', 'hold_credit', 'redeem_credit', 'release_credit'
], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off');
