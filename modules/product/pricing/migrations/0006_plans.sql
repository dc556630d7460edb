-- As 0033_plans.sql of order: what runs for every quote is planned once.
SELECT plan_functions(ARRAY['quote_store_batch'], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off');
