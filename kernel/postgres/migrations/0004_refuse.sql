-- How a function of a module says no: `p_code` is EM and the HTTP status ("EM409"), `p_reason` the reason on the wire, `p_metadata` its members, `p_detail` a
-- sentence for people. The client makes an Error of them (kernel/postgres/failure.cpp), and the transaction ends.
CREATE FUNCTION refuse(p_code text, p_reason text, p_metadata jsonb DEFAULT '{}', p_detail text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = p_code, MESSAGE = p_reason, DETAIL = p_metadata::text, HINT = p_detail;
END $$;
