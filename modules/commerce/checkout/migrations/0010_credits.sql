-- Gift cards and store credit that pay for a session: accounts of Payment, never codes. Source: ADR 0016.
ALTER TABLE checkout_session ADD COLUMN credits text NOT NULL DEFAULT '[]';  -- JSON of the contract's messages SessionCredit, in the order in which they pay.

CREATE OR REPLACE FUNCTION session_json(p_session uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT json_build_object('id', s.id, 'cart_id', s.cart_id, 'cart_version', s.cart_version, 'status', s.status, 'currency', s.currency, 'contact', s.contact::json,
                                   'shipping_address', s.shipping_address::json, 'billing_address', s.billing_address::json, 'shipping_selections', s.shipping_selections::json,
                                   'payment', s.payment::json, 'credits', s.credits::json, 'points_to_use', 0, 'quote_id', s.quote_id, 'version', s.version, 'expires_at', wire_time(s.expires_at))::text
            FROM checkout_session s WHERE s.id = p_session);
END $$;

CREATE FUNCTION session_set_credits(p_session uuid, p_customer uuid, p_guest bytea, p_if_match bigint, p_credits text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own checkout_session;
BEGIN
  own := session_lock(p_session, p_customer, p_guest);
  IF own.status <> 'open' THEN
    PERFORM refuse('EM409', CASE own.status WHEN 'completed' THEN 'CHECKOUT_COMPLETED' ELSE 'CHECKOUT_IN_PROGRESS' END);
  END IF;
  IF p_if_match IS NOT NULL AND p_if_match <> own.version THEN
    PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', own.version));
  END IF;
  UPDATE checkout_session SET credits = p_credits, quote_id = NULL, version = version + 1,
         expires_at = greatest(expires_at, least(now() + interval '30 minutes', created_at + interval '2 hours'))
   WHERE id = p_session;
  RETURN session_json(p_session);
END $$;
