-- What administrators set about paying. Each change is a version of its own.
CREATE TABLE payment_settings (
  version    integer PRIMARY KEY CHECK (version >= 1),
  methods    jsonb NOT NULL,  -- The contract's MethodSettings, of those methods that differ from what is delivered.
  reason     text,
  changed_by uuid,
  changed_at timestamptz NOT NULL
);
CREATE TRIGGER payment_settings_append_only BEFORE UPDATE OR DELETE ON payment_settings FOR EACH STATEMENT EXECUTE FUNCTION payment_append_only();
INSERT INTO payment_settings (version, methods, changed_at) VALUES (1, '[]', now());

CREATE FUNCTION payment_settings_document(s payment_settings) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('version', s.version, 'methods', s.methods, 'reason', s.reason, 'changed_by', s.changed_by, 'changed_at', fraud_instant(s.changed_at)))
$$;
-- The settings after version p_version. The same settings for the same version again are the answer of the first time.
CREATE FUNCTION payment_settings_put(p_version integer, p_methods jsonb, p_reason text, p_by uuid, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_settings payment_settings;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.settings'));
  SELECT * INTO v_settings FROM payment_settings ORDER BY version DESC LIMIT 1;
  IF v_settings.version = p_version + 1 AND v_settings.methods = p_methods AND v_settings.reason = p_reason AND v_settings.changed_by = p_by THEN
    RETURN payment_settings_document(v_settings);
  END IF;
  IF v_settings.version <> p_version THEN
    PERFORM refuse('EM409', 'VERSION_CONFLICT', jsonb_build_object('version', v_settings.version), 'other settings are in force by now');
  END IF;
  INSERT INTO payment_settings (version, methods, reason, changed_by, changed_at) VALUES (p_version + 1, p_methods, p_reason, p_by, p_at) RETURNING * INTO v_settings;
  RETURN payment_settings_document(v_settings);
END $$;
