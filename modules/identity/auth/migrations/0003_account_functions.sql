-- Accounts: how principals come to be, change their credential, and are spoken for.

-- Opens a customer account, or tells the owner of a taken identifier. Nobody but the owners learns which.
CREATE FUNCTION account_register(p_id uuid, p_kinds text[], p_canonicals text[], p_values text[], p_hash text, p_given text, p_family text, p_locale text, p_now timestamptz,
                                 p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    INSERT INTO principal (id, realm, status, password_hash, password_changed_at, created_at) VALUES (p_id, 'customer', 'pending', p_hash, p_now, p_now);
    INSERT INTO identifier (realm, kind, canonical, principal_id, value) SELECT 'customer', k, c, p_id, v FROM unnest(p_kinds, p_canonicals, p_values) u(k, c, v) ORDER BY k, c;
  EXCEPTION WHEN unique_violation THEN
    INSERT INTO secure_delivery (id, kind, principal_id, created_at)
    SELECT gen_random_uuid(), 'already_registered', o.principal_id, p_now
      FROM (SELECT DISTINCT i.principal_id FROM identifier i JOIN unnest(p_kinds, p_canonicals) u(k, c) ON i.realm = 'customer' AND i.kind = u.k AND i.canonical = u.c) o;
    RETURN false;
  END;
  PERFORM say('auth.principal.registered', p_id, 1,
              json_build_object('principal_id', p_id, 'realm', 'customer', 'email', (SELECT v FROM unnest(p_kinds, p_values) u(k, v) WHERE k = 'email'),
                                'phone', (SELECT v FROM unnest(p_kinds, p_values) u(k, v) WHERE k = 'phone'), 'given_name', p_given, 'family_name', p_family, 'locale', p_locale,
                                'source', 'register'), p_trace);
  RETURN true;
END $$;

-- Makes customers known by their references, set by set. A reference that is known answers its customer; an e-mail that somebody has stays with them.
CREATE FUNCTION import_customers(p_ids uuid[], p_references text[], p_emails text[], p_values text[], p_countries text[], p_now timestamptz, p_trace uuid)
RETURNS TABLE (customer uuid, created boolean) LANGUAGE plpgsql AS $$
DECLARE
  made uuid[];
BEGIN
  WITH one AS (SELECT DISTINCT ON (u.reference) u.* FROM unnest(p_ids, p_references, p_countries) WITH ORDINALITY u(id, reference, country, place) ORDER BY u.reference, u.place),
       inserted AS (INSERT INTO principal (id, realm, status, external_reference, country, created_at) SELECT o.id, 'customer', 'pending', o.reference, o.country, p_now FROM one o
                    ON CONFLICT (external_reference) WHERE external_reference IS NOT NULL DO NOTHING RETURNING id)
  SELECT coalesce(array_agg(i.id), '{}') INTO made FROM inserted i;
  INSERT INTO identifier (realm, kind, canonical, principal_id, value)
  SELECT DISTINCT ON (u.email) 'customer', 'email', u.email, u.id, u.value FROM unnest(p_ids, p_emails, p_values) u(id, email, value)
   WHERE u.email IS NOT NULL AND u.id = ANY (made) ORDER BY u.email, u.id
  ON CONFLICT DO NOTHING;
  INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)
  SELECT 'auth.principal.registered', u.id::text, 1,
         json_strip_nulls(json_build_object('principal_id', u.id, 'realm', 'customer', 'email', i.value, 'source', 'import'))::text, p_trace
    FROM unnest(p_ids) u(id) LEFT JOIN identifier i ON i.principal_id = u.id WHERE u.id = ANY (made);
  RETURN QUERY SELECT p.id, p.id = ANY (made) AND p.id = u.id FROM unnest(p_ids, p_references) WITH ORDINALITY u(id, reference, place)
                 JOIN principal p ON p.external_reference = u.reference ORDER BY u.place;
END $$;

-- A member of staff speaks for a customer. The record is written before the token exists.
CREATE FUNCTION act_as_customer(p_staff uuid, p_customer uuid, p_reference text, p_reason text, p_now timestamptz, p_trace uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  customer uuid;
BEGIN
  IF p_customer IS NOT NULL THEN
    SELECT id INTO customer FROM principal WHERE id = p_customer AND realm = 'customer' AND status IN ('pending', 'active');
  ELSE
    SELECT id INTO customer FROM principal WHERE external_reference = p_reference AND realm = 'customer' AND status IN ('pending', 'active');
  END IF;
  IF customer IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'CUSTOMER_NOT_FOUND', DETAIL = '{}';
  END IF;
  INSERT INTO act_as (staff_id, customer_id, reason, at) VALUES (p_staff, customer, p_reason, p_now);
  PERFORM say('auth.audit.recorded', customer, 1, json_build_object('actor_id', p_staff, 'action', 'auth.customer.act_as', 'entity', customer, 'reason', p_reason, 'at', wire_time(p_now)),
              p_trace);
  RETURN customer;
END $$;

-- Gives a staff account its credential and snapshot; an older snapshot than the one held changes nothing.
CREATE FUNCTION staff_enrol(p_id uuid, p_email text, p_value text, p_hash text, p_permissions text[], p_version bigint, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  holder uuid;
  is_new boolean;
BEGIN
  INSERT INTO principal (id, realm, status, password_hash, password_changed_at, permissions, permissions_version, created_at)
  VALUES (p_id, 'staff', 'active', p_hash, CASE WHEN p_hash IS NOT NULL THEN p_now END, p_permissions, p_version, p_now) ON CONFLICT (id) DO NOTHING;
  is_new := FOUND;
  IF NOT is_new THEN
    UPDATE principal SET password_hash = coalesce(p_hash, password_hash), password_changed_at = CASE WHEN p_hash IS NULL THEN password_changed_at ELSE p_now END,
           permissions = CASE WHEN p_version >= permissions_version THEN p_permissions ELSE permissions END, permissions_version = greatest(p_version, permissions_version),
           version = version + 1
     WHERE id = p_id AND realm = 'staff' AND status <> 'erased';
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'TAKEN', DETAIL = '{}';
    END IF;
  END IF;
  INSERT INTO identifier (realm, kind, canonical, principal_id, value, verified_at) VALUES ('staff', 'email', p_email, p_id, p_value, p_now) ON CONFLICT DO NOTHING;
  SELECT principal_id INTO holder FROM identifier WHERE realm = 'staff' AND kind = 'email' AND canonical = p_email;
  IF holder <> p_id THEN
    RAISE EXCEPTION USING ERRCODE = 'EM409', MESSAGE = 'TAKEN', DETAIL = '{}';
  END IF;
  IF is_new THEN
    PERFORM say('auth.principal.registered', p_id, 1, json_build_object('principal_id', p_id, 'realm', 'staff', 'source', 'staff'), p_trace);
  END IF;
END $$;

-- AUT-14: the state and its sessions in one commit. Safe to repeat.
CREATE FUNCTION staff_suspend(p_id uuid, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE principal SET status = 'suspended', version = version + 1 WHERE id = p_id AND realm = 'staff' AND status IN ('pending', 'active');
  PERFORM session_revoke_all(p_id, NULL, 'suspended', p_now, p_trace);
END $$;

CREATE FUNCTION password_set(p_id uuid, p_hash text, p_cause text, p_keep uuid, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  now_at bigint;
BEGIN
  UPDATE principal SET password_hash = p_hash, password_changed_at = p_now, version = version + 1 WHERE id = p_id RETURNING version INTO now_at;
  DELETE FROM lock_state WHERE key = p_id::text;
  UPDATE one_time_token SET used_at = p_now WHERE principal_id = p_id AND purpose = 'reset_password' AND used_at IS NULL;
  PERFORM session_revoke_all(p_id, p_keep, 'password_' || p_cause, p_now, p_trace);
  PERFORM say('auth.password.changed', p_id, now_at, json_build_object('principal_id', p_id, 'cause', p_cause), p_trace);
  PERFORM tell_owner('password_changed', p_id, p_now);
END $$;

-- Changes the password that was checked; false if another one is in force by now.
CREATE FUNCTION password_change(p_id uuid, p_checked_at timestamptz, p_hash text, p_keep uuid, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM principal WHERE id = p_id AND password_changed_at = p_checked_at AND status IN ('pending', 'active') FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM password_set(p_id, p_hash, 'change', p_keep, p_now, p_trace);
  RETURN true;
END $$;

-- Once per token (AUT-4), by conditional update. The link proves the mailbox as well.
CREATE FUNCTION password_reset(p_token bytea, p_hash text, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  taken one_time_token;
BEGIN
  UPDATE one_time_token SET used_at = p_now WHERE hash = p_token AND purpose = 'reset_password' AND used_at IS NULL AND expires_at > p_now RETURNING * INTO taken;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM identifier_verified(taken, p_now, p_trace);
  PERFORM password_set(taken.principal_id, p_hash, 'reset', NULL, p_now, p_trace);
  RETURN true;
END $$;

CREATE FUNCTION identifier_verified(p_taken one_time_token, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  proven identifier;
BEGIN
  UPDATE identifier i SET verified_at = p_now FROM principal p
   WHERE p.id = i.principal_id AND i.principal_id = p_taken.principal_id AND i.realm = p.realm AND i.kind = p_taken.kind AND i.canonical = p_taken.canonical AND i.verified_at IS NULL
  RETURNING i.* INTO proven;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  UPDATE principal SET status = 'active', version = version + 1 WHERE id = proven.principal_id AND status = 'pending';
  PERFORM say('auth.identifier.verified', p.id, p.version, json_build_object('principal_id', p.id, 'kind', proven.kind, 'value', proven.value), p_trace)
     FROM principal p WHERE p.id = proven.principal_id;
END $$;

-- Issues a token for the owner of an identifier, if there is one, and puts its message into the outgoing sealed box; older tokens of the purpose die.
-- One a minute and five an hour per identifier; what is over them is dropped silently. Known or not, it costs one write.
CREATE FUNCTION token_issue(p_key text, p_purpose text, p_principal uuid, p_kind text, p_canonical text, p_hash bytea, p_code bytea, p_expires timestamptz, p_delivery uuid,
                            p_sealed bytea, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  recent integer;
  last_at timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_key, 0));
  SELECT count(*), max(at) INTO recent, last_at FROM message_request WHERE key = p_key AND at > p_now - interval '1 hour';
  INSERT INTO message_request (key, at) VALUES (p_key, p_now);
  IF p_principal IS NULL OR recent >= 5 OR last_at > p_now - interval '1 minute' THEN
    RETURN false;
  END IF;
  UPDATE one_time_token SET used_at = p_now WHERE principal_id = p_principal AND purpose = p_purpose AND used_at IS NULL;
  INSERT INTO one_time_token (hash, code_hash, purpose, principal_id, kind, canonical, created_at, expires_at)
  VALUES (p_hash, p_code, p_purpose, p_principal, p_kind, p_canonical, p_now, p_expires);
  INSERT INTO secure_delivery (id, kind, principal_id, sealed, created_at) VALUES (p_delivery, p_purpose, p_principal, p_sealed, p_now);
  RETURN true;
END $$;

CREATE FUNCTION verify_by_token(p_token bytea, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  taken one_time_token;
BEGIN
  UPDATE one_time_token SET used_at = p_now WHERE hash = p_token AND purpose = 'verify' AND used_at IS NULL AND expires_at > p_now RETURNING * INTO taken;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM identifier_verified(taken, p_now, p_trace);
  RETURN true;
END $$;

-- Five wrong codes kill the token.
CREATE FUNCTION verify_by_code(p_kind text, p_canonical text, p_code bytea, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  open one_time_token;
BEGIN
  SELECT t.* INTO open FROM one_time_token t JOIN principal p ON p.id = t.principal_id AND p.realm = 'customer'
   WHERE t.kind = p_kind AND t.canonical = p_canonical AND t.purpose = 'verify' AND t.used_at IS NULL AND t.expires_at > p_now ORDER BY t.created_at DESC LIMIT 1 FOR UPDATE OF t;
  IF NOT FOUND OR open.attempts >= 5 THEN
    RETURN false;
  END IF;
  IF open.code_hash IS DISTINCT FROM p_code THEN
    UPDATE one_time_token SET attempts = attempts + 1 WHERE hash = open.hash;
    RETURN false;
  END IF;
  UPDATE one_time_token SET used_at = p_now WHERE hash = open.hash;
  PERFORM identifier_verified(open, p_now, p_trace);
  RETURN true;
END $$;

CREATE FUNCTION principal_unlock(p_id uuid, p_actor uuid, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  own principal;
BEGIN
  SELECT * INTO own FROM principal WHERE id = p_id AND status <> 'erased';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'PRINCIPAL_NOT_FOUND', DETAIL = '{}';
  END IF;
  DELETE FROM lock_state WHERE key = p_id::text;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM say('auth.principal.unlocked', p_id, own.version, json_build_object('principal_id', p_id, 'realm', own.realm), p_trace);
  PERFORM say('auth.audit.recorded', p_id, own.version, json_build_object('actor_id', p_actor, 'action', 'auth.principal.unlock', 'entity', p_id, 'at', wire_time(p_now)), p_trace);
END $$;
