-- Sessions: opening, refreshing, ending. Instants come from the caller, so that tests move them. Lock order: principal, then its sessions.

CREATE FUNCTION wire_time(p timestamptz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

CREATE FUNCTION say(p_topic text, p_aggregate uuid, p_version bigint, p_data json, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append(p_topic, p_aggregate::text, p_version, json_strip_nulls(p_data)::text, p_trace);
END $$;

CREATE FUNCTION tell_owner(p_kind text, p_principal uuid, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO secure_delivery (id, kind, principal_id, created_at) VALUES (gen_random_uuid(), p_kind, p_principal, p_now);
END $$;

-- Ends one session, if it is active. Its last access token dies 15 minutes later at the latest.
CREATE FUNCTION session_revoke(p_id uuid, p_reason text, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ended session;
BEGIN
  UPDATE session SET status = 'revoked', revoke_reason = p_reason, revoked_at = p_now WHERE id = p_id AND status = 'active' RETURNING * INTO ended;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM say('auth.session.revoked', p_id, 2, json_build_object('session_id', p_id, 'principal_id', ended.principal_id, 'reason', p_reason,
                                                                 'expires_at', wire_time(p_now + interval '15 minutes')), p_trace);
  RETURN true;
END $$;

CREATE FUNCTION session_revoke_all(p_principal uuid, p_except uuid, p_reason text, p_now timestamptz, p_trace uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  own uuid;
  ended integer := 0;
BEGIN
  PERFORM 1 FROM principal WHERE id = p_principal FOR UPDATE;
  FOR own IN SELECT id FROM session WHERE principal_id = p_principal AND status = 'active' AND id IS DISTINCT FROM p_except ORDER BY id LOOP
    IF session_revoke(own, p_reason, p_now, p_trace) THEN
      ended := ended + 1;
    END IF;
  END LOOP;
  RETURN ended;
END $$;

-- After a correct password: judges the account again under its lock, makes room (AUT-11) and opens the session.
-- Answers opened, locked, suspended, or changed when the credential is not the one that was checked.
CREATE FUNCTION session_open(p_id uuid, p_principal uuid, p_password_changed_at timestamptz, p_device text, p_ua bytea, p_ip text, p_secret bytea, p_remember boolean,
                             p_now timestamptz, p_idle timestamptz, p_absolute timestamptz, p_sessions_max integer, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own principal;
  victim uuid;
BEGIN
  SELECT * INTO own FROM principal WHERE id = p_principal FOR UPDATE;
  IF NOT FOUND OR own.status = 'erased' OR own.password_changed_at IS DISTINCT FROM p_password_changed_at THEN
    RETURN 'changed';
  END IF;
  IF EXISTS (SELECT FROM lock_state WHERE key = own.id::text AND locked_until > p_now) THEN
    RETURN 'locked';
  END IF;
  IF own.status = 'suspended' THEN
    INSERT INTO login_history (principal_id, at, ip, device_label, outcome) VALUES (own.id, p_now, p_ip, p_device, 'suspended');
    RETURN 'suspended';
  END IF;
  DELETE FROM lock_state WHERE key = own.id::text;
  UPDATE session SET status = 'expired' WHERE principal_id = own.id AND status = 'active' AND least(idle_expires, absolute_expires) <= p_now;
  FOR victim IN SELECT id FROM session WHERE principal_id = own.id AND status = 'active' ORDER BY last_seen DESC, id DESC OFFSET p_sessions_max - 1 LOOP
    PERFORM session_revoke(victim, 'limit', p_now, p_trace);
  END LOOP;
  INSERT INTO session (id, principal_id, realm, device_label, ua_hash, ip_first, ip_last, family_secret, remember, authenticated_at, created_at, last_seen, idle_expires,
                       absolute_expires)
  VALUES (p_id, own.id, own.realm, p_device, p_ua, p_ip, p_ip, p_secret, p_remember, p_now, p_now, p_now, p_idle, p_absolute);
  INSERT INTO login_history (principal_id, at, ip, device_label, outcome, session_id) VALUES (own.id, p_now, p_ip, p_device, 'succeeded', p_id);
  PERFORM say('auth.session.created', p_id, 1, json_build_object('session_id', p_id, 'principal_id', own.id, 'expires_at', wire_time(p_absolute)), p_trace);
  PERFORM say('auth.login.succeeded', own.id, own.version, json_build_object('principal_id', own.id, 'session_id', p_id, 'at', wire_time(p_now)), p_trace);
  RETURN 'opened';
END $$;

-- A presented refresh generation whose MAC was right (identity.md §1 algorithm 3). Answers rotated or same with the generation to hand out; inactive; or reused, which ended the family.
CREATE FUNCTION session_refresh(p_id uuid, p_generation integer, p_ua bytea, p_ip text, p_now timestamptz, p_idle timestamptz, p_trace uuid, OUT outcome text, OUT next integer)
LANGUAGE plpgsql AS $$
DECLARE
  own session;
BEGIN
  SELECT * INTO own FROM session WHERE id = p_id FOR UPDATE;
  IF NOT FOUND OR own.status <> 'active' THEN
    outcome := 'inactive';
  ELSIF least(own.idle_expires, own.absolute_expires) <= p_now THEN
    UPDATE session SET status = 'expired' WHERE id = p_id;
    outcome := 'inactive';
  ELSIF p_generation = own.generation THEN
    UPDATE session SET generation = generation + 1, rotated_at = p_now, last_seen = p_now, ip_last = p_ip, idle_expires = least(p_idle, absolute_expires) WHERE id = p_id;
    outcome := 'rotated';
    next := own.generation + 1;
  ELSIF p_generation = own.generation - 1 AND p_now - own.rotated_at <= interval '10 seconds' AND p_ua = own.ua_hash THEN
    outcome := 'same';
    next := own.generation;
  ELSE
    PERFORM session_revoke(p_id, 'reuse', p_now, p_trace);
    PERFORM say('auth.token.reused', p_id, 3, json_build_object('session_id', p_id, 'principal_id', own.principal_id), p_trace);
    PERFORM tell_owner('token_reused', own.principal_id, p_now);
    outcome := 'reused';
  END IF;
END $$;

-- Counts one failed login, atomically: 5 in 15 minutes lock for 15 minutes, doubling with each repeat up to a day. Answers whether this one locked.
CREATE FUNCTION login_failed(p_key text, p_principal uuid, p_ip text, p_device text, p_now timestamptz, p_trace uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  own lock_state;
BEGIN
  INSERT INTO lock_state AS l (key, fails, window_start) VALUES (p_key, 1, p_now)
  ON CONFLICT (key) DO UPDATE SET
    fails = CASE WHEN coalesce(l.locked_until, l.window_start + interval '15 minutes') <= p_now THEN 1 ELSE l.fails + 1 END,
    window_start = CASE WHEN coalesce(l.locked_until, l.window_start + interval '15 minutes') <= p_now THEN p_now ELSE l.window_start END,
    locked_until = CASE WHEN l.locked_until <= p_now THEN NULL ELSE l.locked_until END
  RETURNING * INTO own;
  IF p_principal IS NOT NULL THEN
    INSERT INTO login_history (principal_id, at, ip, device_label, outcome) VALUES (p_principal, p_now, p_ip, p_device, 'refused');
  END IF;
  IF own.fails < 5 OR own.locked_until IS NOT NULL THEN
    RETURN false;
  END IF;
  UPDATE lock_state SET locked_until = p_now + least(interval '15 minutes' * (2 ^ least(lock_count, 10)), interval '24 hours'), lock_count = lock_count + 1
   WHERE key = p_key RETURNING * INTO own;
  IF p_principal IS NOT NULL THEN
    PERFORM say('auth.principal.locked', p.id, p.version, json_build_object('principal_id', p.id, 'realm', p.realm, 'until', wire_time(own.locked_until)), p_trace)
       FROM principal p WHERE p.id = p_principal;
    PERFORM tell_owner('locked', p_principal, p_now);
  END IF;
  RETURN true;
END $$;
