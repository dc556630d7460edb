-- The functions of every order, whose plans 0011 keeps from scans, are planned once instead of for the arguments of each call.
SELECT plan_functions(ARRAY['reserve_batch', 'confirm_batch', 'release_batch'], 'SET plan_cache_mode = force_generic_plan');
