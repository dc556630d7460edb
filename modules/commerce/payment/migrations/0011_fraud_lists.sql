-- Who is refused, and the numbers of scoring. Nothing is taken away: an entry is removed, rules are followed by rules, and each change says who, when and why.
CREATE TABLE fraud_change (
  version       bigint PRIMARY KEY,
  what          text NOT NULL CHECK (what IN ('entry_added', 'entry_removed', 'rules_changed')),
  entry_id      uuid,
  rules_version integer,
  reason        text NOT NULL,
  changed_by    uuid NOT NULL,
  changed_at    timestamptz NOT NULL,
  CONSTRAINT fraud_change_names_its_object CHECK ((what = 'rules_changed') = (rules_version IS NOT NULL) AND (what = 'rules_changed') = (entry_id IS NULL))
);
CREATE TRIGGER fraud_change_append_only BEFORE UPDATE OR DELETE ON fraud_change FOR EACH STATEMENT EXECUTE FUNCTION payment_append_only();

CREATE TABLE fraud_entry (
  id             uuid PRIMARY KEY,
  kind           text NOT NULL CHECK (kind IN ('email', 'phone', 'ip', 'device', 'card', 'address', 'shared_ip')),
  digest         uuid,     -- Of the normalised value.
  network        cidr,     -- Addresses of the network are kept as they are: ranges cannot be found by a digest.
  shown          text NOT NULL,
  reason         text NOT NULL,
  added_by       uuid NOT NULL,
  added_at       timestamptz NOT NULL,
  expires_at     timestamptz,
  removed_by     uuid,
  removed_at     timestamptz,
  removal_reason text,
  CONSTRAINT fraud_entry_has_its_value CHECK ((kind IN ('ip', 'shared_ip')) = (network IS NOT NULL) AND (network IS NULL) = (digest IS NOT NULL)),
  CONSTRAINT fraud_entry_removed_by_somebody CHECK ((removed_at IS NULL) = (removed_by IS NULL) AND (removed_at IS NULL) = (removal_reason IS NULL))
);
CREATE UNIQUE INDEX fraud_entry_once ON fraud_entry (digest) WHERE removed_at IS NULL AND digest IS NOT NULL;
CREATE UNIQUE INDEX fraud_network_once ON fraud_entry (kind, network) WHERE removed_at IS NULL AND network IS NOT NULL;
CREATE INDEX fraud_network_lookup ON fraud_entry USING gist (network inet_ops) WHERE removed_at IS NULL AND network IS NOT NULL;
CREATE INDEX fraud_entry_by_time ON fraud_entry (added_at DESC, id DESC);

CREATE TABLE fraud_rules (
  version    integer PRIMARY KEY CHECK (version >= 1),
  rules      jsonb NOT NULL,  -- The contract's FraudRuleSet. What it leaves out is as delivered.
  reason     text,
  changed_by uuid,
  changed_at timestamptz NOT NULL
);
CREATE TRIGGER fraud_rules_append_only BEFORE UPDATE OR DELETE ON fraud_rules FOR EACH STATEMENT EXECUTE FUNCTION payment_append_only();
INSERT INTO fraud_rules (version, rules, changed_at) VALUES (1, '{}', now());

-- The next number of a change. Changes are made by people: one at a time is enough, and makes the order of the numbers that of the commits.
CREATE FUNCTION fraud_change_append(p_what text, p_entry uuid, p_rules integer, p_reason text, p_by uuid, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_version bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.fraud_change'));
  INSERT INTO fraud_change (version, what, entry_id, rules_version, reason, changed_by, changed_at)
  SELECT COALESCE(max(version), 0) + 1, p_what, p_entry, p_rules, p_reason, p_by, p_at FROM fraud_change RETURNING version INTO v_version;
  RETURN v_version;
END $$;

CREATE FUNCTION fraud_instant(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
CREATE FUNCTION fraud_entry_document(e fraud_entry) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'id', e.id, 'kind', e.kind, 'shown', e.shown, 'reason', e.reason, 'added_by', e.added_by, 'added_at', fraud_instant(e.added_at), 'expires_at', fraud_instant(e.expires_at),
    'removed_by', e.removed_by, 'removed_at', fraud_instant(e.removed_at), 'removal_reason', e.removal_reason,
    'list_version', (SELECT max(c.version) FROM fraud_change c WHERE c.entry_id = e.id)))
$$;
CREATE INDEX fraud_change_by_entry ON fraud_change (entry_id, version) WHERE entry_id IS NOT NULL;

-- Lists a value. One that is listed already answers its entry; one whose time is over is removed for it.
CREATE FUNCTION fraud_entry_add(p_id uuid, p_kind text, p_digest uuid, p_network text, p_shown text, p_reason text, p_expires timestamptz, p_by uuid, p_at timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_entry fraud_entry;
  v_status integer := 201;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.fraud_change'));
  SELECT * INTO v_entry FROM fraud_entry e
   WHERE e.removed_at IS NULL AND e.kind = p_kind AND (e.digest = p_digest OR e.network = p_network::cidr);
  IF FOUND AND v_entry.expires_at <= p_at THEN
    UPDATE fraud_entry SET removed_at = p_at, removed_by = p_by, removal_reason = 'expired' WHERE id = v_entry.id;
    PERFORM fraud_change_append('entry_removed', v_entry.id, NULL, 'expired', p_by, p_at);
    v_entry := NULL;
  END IF;
  IF v_entry.id IS NULL THEN
    INSERT INTO fraud_entry (id, kind, digest, network, shown, reason, added_by, added_at, expires_at)
    VALUES (p_id, p_kind, p_digest, p_network::cidr, p_shown, p_reason, p_by, p_at, p_expires) RETURNING * INTO v_entry;
    PERFORM fraud_change_append('entry_added', p_id, NULL, p_reason, p_by, p_at);
  ELSE
    v_status := 200;
  END IF;
  RETURN jsonb_build_object('status_code', v_status, 'entry', fraud_entry_document(v_entry));
END $$;

CREATE FUNCTION fraud_entry_remove(p_id uuid, p_reason text, p_by uuid, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_entry fraud_entry;
BEGIN
  SELECT * INTO v_entry FROM fraud_entry WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('EM404', 'FRAUD_ENTRY_NOT_FOUND', jsonb_build_object('id', p_id), 'no such entry');
  END IF;
  IF v_entry.removed_at IS NULL THEN
    UPDATE fraud_entry SET removed_at = p_at, removed_by = p_by, removal_reason = p_reason WHERE id = p_id RETURNING * INTO v_entry;
    PERFORM fraud_change_append('entry_removed', p_id, NULL, p_reason, p_by, p_at);
  END IF;
  RETURN fraud_entry_document(v_entry);
END $$;

CREATE FUNCTION fraud_rules_document(r fraud_rules) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('version', r.version, 'rules', r.rules, 'reason', r.reason, 'changed_by', r.changed_by, 'changed_at', fraud_instant(r.changed_at)))
$$;
-- The rules after version p_version. The same rules for the same version again are the answer of the first time.
CREATE FUNCTION fraud_rules_put(p_version integer, p_rules jsonb, p_reason text, p_by uuid, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_rules fraud_rules;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.fraud_change'));
  SELECT * INTO v_rules FROM fraud_rules ORDER BY version DESC LIMIT 1;
  IF v_rules.version = p_version + 1 AND v_rules.rules = p_rules AND v_rules.reason = p_reason AND v_rules.changed_by = p_by THEN
    RETURN fraud_rules_document(v_rules);
  END IF;
  IF v_rules.version <> p_version THEN
    PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', v_rules.version), 'other rules are in force by now');
  END IF;
  INSERT INTO fraud_rules (version, rules, reason, changed_by, changed_at) VALUES (p_version + 1, p_rules, p_reason, p_by, p_at) RETURNING * INTO v_rules;
  PERFORM fraud_change_append('rules_changed', NULL, v_rules.version, p_reason, p_by, p_at);
  RETURN fraud_rules_document(v_rules);
END $$;
