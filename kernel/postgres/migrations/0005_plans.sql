-- Settings that hold while a function of ours runs: how its statements are planned. For all functions of that name; a name that no function has is refused, so that a list cannot fall behind.
CREATE FUNCTION plan_functions(p_names text[], p_settings text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted text;
  signature regprocedure;
BEGIN
  FOREACH wanted IN ARRAY p_names LOOP
    PERFORM FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = wanted;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no function is called %', wanted;
    END IF;
    FOR signature IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = wanted LOOP
      EXECUTE format('ALTER FUNCTION %s %s', signature, p_settings);
    END LOOP;
  END LOOP;
END $$;
