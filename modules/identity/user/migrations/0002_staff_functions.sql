-- What administrators do. They are few, so all of it happens under one lock, which makes USR-1 to USR-3 plain to check; instants come from the caller.

CREATE FUNCTION wire_time(p timestamptz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

CREATE FUNCTION say(p_topic text, p_user uuid, p_version bigint, p_data json, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM outbox_append(p_topic, p_user::text, p_version, json_strip_nulls(p_data)::text, p_trace);
END $$;

CREATE FUNCTION lock_staff() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('staff', 0));
END $$;

-- The same rule as the kernel's Principal::may: equal, or covered by a trailing wildcard.
CREATE FUNCTION covers(p_held text, p_wanted text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_held = p_wanted OR p_held = '*' OR (p_held LIKE '%.*' AND starts_with(p_wanted, left(p_held, -1)))
$$;

-- The permissions of all roles held now, whatever the account's status.
CREATE FUNCTION granted_to(p_user uuid, p_now timestamptz) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(DISTINCT held ORDER BY held), '{}') FROM role_assignment a JOIN role r ON r.id = a.role_id CROSS JOIN LATERAL unnest(r.permissions) held
   WHERE a.user_id = p_user AND (a.expires_at IS NULL OR a.expires_at > p_now)
$$;

-- What a member of staff may do now (USR-10, USR-11): nothing unless active.
CREATE FUNCTION effective(p_user uuid, p_now timestamptz) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM staff_user WHERE id = p_user AND status = 'active') THEN granted_to(p_user, p_now) ELSE '{}' END
$$;

CREATE FUNCTION may(p_user uuid, p_wanted text, p_now timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM unnest(effective(p_user, p_now)) held WHERE covers(held, p_wanted))
$$;

CREATE FUNCTION is_super_admin(p_user uuid, p_now timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM role_assignment a JOIN role r ON r.id = a.role_id WHERE a.user_id = p_user AND r.name = 'super_admin' AND (a.expires_at IS NULL OR a.expires_at > p_now))
$$;

CREATE FUNCTION user_json(p_user uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object('id', u.id, 'email', u.email, 'name', u.name, 'department', u.department, 'status', u.status, 'permissions_version', u.permissions_version,
           'last_login_at', wire_time(u.last_login_at), 'version', u.version,
           'roles', coalesce((SELECT json_agg(json_build_object('id', r.id, 'name', r.name) ORDER BY r.name) FROM role_assignment a JOIN role r ON r.id = a.role_id WHERE a.user_id = u.id),
                             '[]'::json)))::text
    FROM staff_user u WHERE u.id = p_user
$$;

CREATE FUNCTION role_json(p_role role) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT json_build_object('id', p_role.id, 'name', p_role.name, 'description', p_role.description, 'permissions', to_json(p_role.permissions), 'is_system', p_role.is_system,
                           'version', p_role.version)::text
$$;

-- USR-4: one step of the version and one event for each of these users.
CREATE FUNCTION permissions_changed(p_users uuid[], p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE staff_user SET permissions_version = permissions_version + 1, version = version + 1 WHERE id = ANY (p_users) AND status <> 'invited';
  PERFORM say('user.permissions.changed', u.id, u.version, json_build_object('user_id', u.id, 'permissions_version', u.permissions_version, 'permissions', to_json(effective(u.id, p_now))),
              p_trace)
     FROM staff_user u WHERE u.id = ANY (p_users) AND u.status <> 'invited';
END $$;

-- USR-2 and USR-3 for the permissions that a grant adds.
CREATE FUNCTION check_grant(p_actor uuid, p_permissions text[], p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY p_permissions LOOP
    IF NOT may(p_actor, wanted, p_now) THEN
      PERFORM refuse('EM403', 'ESCALATION');
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION check_role(p_actor uuid, p_role role, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_role.name = 'super_admin' AND NOT (is_super_admin(p_actor, p_now) AND may(p_actor, '*', p_now)) THEN
    PERFORM refuse('EM403', 'ESCALATION');
  END IF;
  PERFORM check_grant(p_actor, p_role.permissions || 'user.role.assign'::text, p_now);
END $$;

-- USR-1 and USR-3 for a change of another's account.
CREATE FUNCTION check_target(p_actor uuid, p_user uuid, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_actor = p_user THEN
    PERFORM refuse('EM403', 'SELF_GRANT');
  END IF;
  IF is_super_admin(p_user, p_now) AND NOT (is_super_admin(p_actor, p_now) AND may(p_actor, '*', p_now)) THEN
    PERFORM refuse('EM403', 'ESCALATION');
  END IF;
END $$;

CREATE FUNCTION check_not_last_super_admin(p_user uuid, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF is_super_admin(p_user, p_now) AND NOT EXISTS (SELECT FROM staff_user u WHERE u.id <> p_user AND u.status = 'active' AND EXISTS (
       SELECT FROM role_assignment a JOIN role r ON r.id = a.role_id WHERE a.user_id = u.id AND r.name = 'super_admin' AND a.expires_at IS NULL)) THEN
    PERFORM refuse('EM403', 'LAST_SUPER_ADMIN');
  END IF;
END $$;

-- Writes an invited account with its roles and its pending enrolment. p_actor NULL is the bootstrap. Safe to repeat with the same id and request.
CREATE FUNCTION user_create(p_id uuid, p_canonical text, p_email text, p_name text, p_department text, p_roles uuid[], p_actor uuid, p_request bytea, p_sealed bytea, p_now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  known staff_user;
  granted role;
BEGIN
  PERFORM lock_staff();
  IF p_actor IS NULL THEN
    IF EXISTS (SELECT FROM role_assignment a JOIN role r ON r.id = a.role_id JOIN staff_user u ON u.id = a.user_id WHERE r.name = 'super_admin' AND u.status <> 'deleted') THEN
      PERFORM refuse('EM409', 'ALREADY_BOOTSTRAPPED',
                     p_detail => 'there is an administrator already, and nothing was changed; further staff is invited with POST /api/v1/users');
    END IF;
    SELECT array_agg(id) INTO p_roles FROM role WHERE name = 'super_admin';
  END IF;
  SELECT * INTO known FROM staff_user WHERE id = p_id;
  IF FOUND THEN
    IF known.request_sha256 IS DISTINCT FROM p_request THEN
      PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
    END IF;
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM staff_user WHERE email_canonical = p_canonical) THEN
    PERFORM refuse('EM409', 'TAKEN');
  END IF;
  IF (SELECT count(*) FROM role WHERE id = ANY (p_roles)) <> (SELECT count(DISTINCT id) FROM unnest(p_roles) wanted(id)) THEN
    PERFORM refuse('EM404', 'ROLE_NOT_FOUND');
  END IF;
  INSERT INTO staff_user (id, email, email_canonical, name, department, status, request_sha256, created_at)
  VALUES (p_id, p_email, p_canonical, p_name, p_department, 'invited', p_request, p_now);
  FOR granted IN SELECT * FROM role WHERE id = ANY (p_roles) ORDER BY id LOOP
    IF p_actor IS NOT NULL THEN
      PERFORM check_role(p_actor, granted, p_now);
    END IF;
    INSERT INTO role_assignment (user_id, role_id, assigned_by, assigned_at) VALUES (p_id, granted.id, p_actor, p_now);
  END LOOP;
  INSERT INTO pending_enrolment (user_id, sealed_password, next_at) VALUES (p_id, p_sealed, p_now);
END $$;

-- Auth has the account: it is active from here on.
CREATE FUNCTION enrolment_done(p_user uuid, p_now timestamptz, p_trace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  own staff_user;
BEGIN
  PERFORM lock_staff();
  DELETE FROM pending_enrolment WHERE user_id = p_user;
  UPDATE staff_user SET status = 'active', version = version + 1 WHERE id = p_user AND status = 'invited' RETURNING * INTO own;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM say('user.user.created', p_user, own.version, json_build_object('user_id', p_user, 'status', own.status, 'email', own.email, 'name', own.name), p_trace);
  PERFORM say('user.role.assigned', p_user, own.version, json_build_object('user_id', p_user, 'role', r.name, 'actor_id', coalesce(a.assigned_by, p_user)), p_trace)
     FROM role_assignment a JOIN role r ON r.id = a.role_id WHERE a.user_id = p_user ORDER BY r.name;
  -- The version stays: Auth has just been given it, and nobody has seen this account before.
  PERFORM say('user.permissions.changed', p_user, own.version, json_build_object('user_id', p_user, 'permissions_version', own.permissions_version,
                                                                                 'permissions', to_json(effective(p_user, p_now))), p_trace);
END $$;

-- Auth refused for good: as if the account had never been asked for.
CREATE FUNCTION enrolment_refused(p_user uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_staff();
  IF NOT EXISTS (SELECT FROM staff_user WHERE id = p_user AND status = 'invited') THEN
    RETURN;
  END IF;
  DELETE FROM pending_enrolment WHERE user_id = p_user;
  DELETE FROM role_assignment WHERE user_id = p_user;
  DELETE FROM staff_user WHERE id = p_user;
END $$;

-- suspended, active or deleted. The status held already: the same answer.
CREATE FUNCTION user_set_status(p_user uuid, p_to text, p_reason text, p_actor uuid, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own staff_user;
BEGIN
  PERFORM lock_staff();
  SELECT * INTO own FROM staff_user WHERE id = p_user;
  IF NOT FOUND OR (own.status = 'deleted' AND p_to <> 'deleted') THEN
    PERFORM refuse('EM404', 'USER_NOT_FOUND');
  END IF;
  PERFORM check_target(p_actor, p_user, p_now);
  PERFORM check_grant(p_actor, ARRAY['user.user.write'], p_now);
  IF own.status = p_to THEN
    RETURN user_json(p_user);
  END IF;
  IF own.status = 'invited' OR (p_to = 'active' AND own.status NOT IN ('suspended', 'inactive')) THEN
    PERFORM refuse('EM409', 'WRONG_STATUS');
  END IF;
  IF p_to <> 'active' AND own.status = 'active' THEN
    PERFORM check_not_last_super_admin(p_user, p_now);
  END IF;
  IF p_to = 'deleted' THEN
    DELETE FROM role_assignment WHERE user_id = p_user;
  END IF;
  UPDATE staff_user SET status = p_to, version = version + 1 WHERE id = p_user RETURNING * INTO own;
  IF p_to = 'active' THEN
    PERFORM say('user.user.reinstated', p_user, own.version, json_build_object('user_id', p_user), p_trace);
  ELSE  -- A deleted user is suspended as well: that is what ends sessions everywhere.
    PERFORM say('user.user.suspended', p_user, own.version, json_build_object('user_id', p_user, 'reason', coalesce(p_reason, p_to)), p_trace);
  END IF;
  IF p_to = 'deleted' THEN
    PERFORM say('user.user.deleted', p_user, own.version, json_build_object('user_id', p_user), p_trace);
  END IF;
  PERFORM permissions_changed(ARRAY[p_user], p_now, p_trace);
  RETURN user_json(p_user);
END $$;

CREATE FUNCTION user_update(p_user uuid, p_name text, p_department text, p_version bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE staff_user SET name = p_name, department = p_department, version = version + 1 WHERE id = p_user AND status <> 'deleted' AND version = p_version;
  IF NOT FOUND THEN
    PERFORM CASE WHEN EXISTS (SELECT FROM staff_user WHERE id = p_user AND status <> 'deleted') THEN refuse('EM409', 'VERSION_CONFLICT') ELSE refuse('EM404', 'USER_NOT_FOUND') END;
  END IF;
  RETURN user_json(p_user);
END $$;

CREATE FUNCTION role_assign(p_user uuid, p_role uuid, p_expires timestamptz, p_actor uuid, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own staff_user;
  granted role;
BEGIN
  PERFORM lock_staff();
  SELECT * INTO own FROM staff_user WHERE id = p_user AND status <> 'deleted';
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'USER_NOT_FOUND');
  END IF;
  SELECT * INTO granted FROM role WHERE id = p_role;
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'ROLE_NOT_FOUND');
  END IF;
  PERFORM check_target(p_actor, p_user, p_now);
  PERFORM check_role(p_actor, granted, p_now);
  IF p_expires <= p_now THEN
    PERFORM refuse('EM422', 'EXPIRES_IN_PAST');
  END IF;
  IF EXISTS (SELECT FROM role_assignment WHERE user_id = p_user AND role_id = p_role AND expires_at IS NOT DISTINCT FROM p_expires) THEN
    RETURN user_json(p_user);
  END IF;
  IF p_expires IS NOT NULL AND granted.name = 'super_admin' AND own.status = 'active' THEN
    PERFORM check_not_last_super_admin(p_user, p_now);  -- A limit on the last one would leave none some day.
  END IF;
  INSERT INTO role_assignment (user_id, role_id, assigned_by, assigned_at, expires_at) VALUES (p_user, p_role, p_actor, p_now, p_expires)
  ON CONFLICT (user_id, role_id) DO UPDATE SET assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at, expires_at = excluded.expires_at;
  PERFORM say('user.role.assigned', p_user, own.version + 1, json_build_object('user_id', p_user, 'role', granted.name, 'actor_id', p_actor), p_trace);
  PERFORM permissions_changed(ARRAY[p_user], p_now, p_trace);
  RETURN user_json(p_user);
END $$;

CREATE FUNCTION role_remove(p_user uuid, p_role uuid, p_actor uuid, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own staff_user;
  taken role;
BEGIN
  PERFORM lock_staff();
  SELECT * INTO own FROM staff_user WHERE id = p_user AND status <> 'deleted';
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'USER_NOT_FOUND');
  END IF;
  SELECT * INTO taken FROM role WHERE id = p_role;
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'ROLE_NOT_FOUND');
  END IF;
  PERFORM check_target(p_actor, p_user, p_now);
  PERFORM check_grant(p_actor, ARRAY['user.role.assign'], p_now);
  IF NOT EXISTS (SELECT FROM role_assignment WHERE user_id = p_user AND role_id = p_role) THEN
    RETURN user_json(p_user);
  END IF;
  IF taken.name = 'super_admin' AND own.status = 'active' THEN
    PERFORM check_not_last_super_admin(p_user, p_now);
  END IF;
  DELETE FROM role_assignment WHERE user_id = p_user AND role_id = p_role;
  PERFORM say('user.role.revoked', p_user, own.version + 1, json_build_object('user_id', p_user, 'role', taken.name, 'actor_id', p_actor), p_trace);
  PERFORM permissions_changed(ARRAY[p_user], p_now, p_trace);
  RETURN user_json(p_user);
END $$;

-- A permission is one that a contract names, or a wildcard that covers such a one.
CREATE FUNCTION check_known(p_permissions text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  unknown text;
BEGIN
  SELECT w.name INTO unknown FROM unnest(p_permissions) w(name) WHERE NOT EXISTS (SELECT FROM permission p WHERE covers(w.name, p.name)) LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('EM422', 'UNKNOWN_PERMISSION', jsonb_build_object('permission', unknown));
  END IF;
END $$;

CREATE FUNCTION role_create(p_id uuid, p_name text, p_description text, p_permissions text[], p_actor uuid, p_now timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  made role;
BEGIN
  PERFORM lock_staff();
  SELECT * INTO made FROM role WHERE id = p_id;
  IF FOUND THEN
    IF made.name <> p_name THEN
      PERFORM refuse('EM422', 'IDEMPOTENCY_KEY_REUSED');
    END IF;
    RETURN role_json(made);
  END IF;
  PERFORM check_known(p_permissions);
  PERFORM check_grant(p_actor, p_permissions || 'user.role.write'::text, p_now);
  IF EXISTS (SELECT FROM role WHERE name = p_name) THEN
    PERFORM refuse('EM409', 'TAKEN');
  END IF;
  INSERT INTO role (id, name, description, permissions) VALUES (p_id, p_name, coalesce(p_description, ''), ARRAY(SELECT DISTINCT unnest(p_permissions) ORDER BY 1)) RETURNING * INTO made;
  RETURN role_json(made);
END $$;

-- USR-4: every holder's version grows in this commit.
CREATE FUNCTION role_update(p_role uuid, p_description text, p_permissions text[], p_version bigint, p_actor uuid, p_now timestamptz, p_trace uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own role;
BEGIN
  PERFORM lock_staff();
  SELECT * INTO own FROM role WHERE id = p_role;
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'ROLE_NOT_FOUND');
  END IF;
  IF own.is_system THEN
    PERFORM refuse('EM403', 'SYSTEM_ROLE');
  END IF;
  IF own.version <> p_version THEN
    PERFORM refuse('EM409', 'VERSION_CONFLICT');
  END IF;
  IF EXISTS (SELECT FROM role_assignment WHERE role_id = p_role AND user_id = p_actor) THEN
    PERFORM refuse('EM403', 'SELF_GRANT');
  END IF;
  PERFORM check_known(p_permissions);
  PERFORM check_grant(p_actor, ARRAY(SELECT w FROM unnest(p_permissions) w WHERE w <> ALL (own.permissions)) || 'user.role.write'::text, p_now);
  UPDATE role SET description = p_description, permissions = ARRAY(SELECT DISTINCT unnest(p_permissions) ORDER BY 1), version = version + 1 WHERE id = p_role RETURNING * INTO own;
  PERFORM permissions_changed(ARRAY(SELECT user_id FROM role_assignment WHERE role_id = p_role), p_now, p_trace);
  RETURN role_json(own);
END $$;

CREATE FUNCTION role_delete(p_role uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  own role;
BEGIN
  PERFORM lock_staff();
  SELECT * INTO own FROM role WHERE id = p_role;
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'ROLE_NOT_FOUND');
  END IF;
  IF own.is_system THEN
    PERFORM refuse('EM403', 'SYSTEM_ROLE');
  END IF;
  IF EXISTS (SELECT FROM role_assignment WHERE role_id = p_role) THEN
    PERFORM refuse('EM409', 'IN_USE');
  END IF;
  DELETE FROM role WHERE id = p_role;
  RETURN role_json(own);
END $$;

-- What has run out leaves, and its holders' versions grow. It granted nothing since that instant (USR-11).
CREATE FUNCTION expire_assignments(p_now timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  holders uuid[];
BEGIN
  PERFORM lock_staff();
  WITH gone AS (DELETE FROM role_assignment WHERE expires_at <= p_now RETURNING user_id) SELECT coalesce(array_agg(DISTINCT user_id), '{}') INTO holders FROM gone;
  IF cardinality(holders) > 0 THEN
    PERFORM permissions_changed(holders, p_now, NULL);
  END IF;
  RETURN cardinality(holders);
END $$;
