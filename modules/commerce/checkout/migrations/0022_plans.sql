-- As 0005_plans.sql, for what came after it.
SELECT plan_functions(ARRAY['placement_moved'], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off');
