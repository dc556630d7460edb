-- Saved cards. One that was deleted stays until its keeper has confirmed that it is gone, and nobody sees it.
ALTER TABLE payment_method
  ADD COLUMN owner       text NOT NULL,          -- The keeper's reference of the customer.
  ADD COLUMN country     text,
  ADD COLUMN created_at  timestamptz NOT NULL,
  ADD COLUMN removed_at  timestamptz,
  ADD COLUMN next_run_at timestamptz,            -- When the keeper is told (again).
  ADD COLUMN run_tries   integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT payment_method_default_is_there CHECK (NOT is_default OR removed_at IS NULL),
  ADD CONSTRAINT payment_method_told_when_removed CHECK (next_run_at IS NULL OR removed_at IS NOT NULL);
CREATE INDEX payment_method_due ON payment_method (next_run_at) WHERE next_run_at IS NOT NULL;
-- The same number, saved twice, is one card.
CREATE UNIQUE INDEX payment_method_once ON payment_method (customer_id, fingerprint) WHERE removed_at IS NULL AND fingerprint <> '';

-- Whom the keepers of cards know our customers as.
CREATE TABLE card_owner (
  customer_id uuid NOT NULL,
  provider    text NOT NULL,
  reference   text NOT NULL,
  PRIMARY KEY (customer_id, provider)
);

CREATE FUNCTION saved_method_document(m payment_method) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', m.id, 'provider', m.provider, 'brand', COALESCE(m.brand, ''), 'last4', COALESCE(m.last4, ''), 'exp_month', m.exp_month, 'exp_year', m.exp_year,
                            'is_default', m.is_default, 'created_at', fraud_instant(m.created_at))
$$;

-- Saves a card that its keeper has attached. Changes of one customer's cards happen one after another: the default and the limit hang on all of them.
CREATE FUNCTION saved_method_add(p_id uuid, p_customer uuid, p_provider text, p_owner text, p_token text, p_brand text, p_last4 text, p_month integer, p_year integer, p_fingerprint text,
                                 p_country text, p_default boolean, p_max integer, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_method payment_method;
  v_count integer;
  v_status integer := 201;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.methods:' || p_customer));
  SELECT * INTO v_method FROM payment_method m
   WHERE m.customer_id = p_customer AND m.removed_at IS NULL AND (m.token = p_token OR (p_fingerprint <> '' AND m.fingerprint = p_fingerprint));
  IF FOUND THEN
    v_status := 200;
    IF v_method.token <> p_token THEN
      -- The same card under another token: it is the first one's that pays, the other is given back.
      INSERT INTO payment_method (id, customer_id, provider, owner, token, created_at, removed_at, next_run_at) VALUES (p_id, p_customer, p_provider, p_owner, p_token, p_at, p_at, p_at)
      ON CONFLICT DO NOTHING;
    END IF;
  ELSE
    SELECT count(*) INTO v_count FROM payment_method m WHERE m.customer_id = p_customer AND m.removed_at IS NULL;
    IF v_count >= p_max THEN PERFORM refuse('EM422', 'METHOD_LIMIT', jsonb_build_object('limit', p_max), 'delete a card first'); END IF;
    INSERT INTO payment_method (id, customer_id, provider, owner, token, brand, last4, exp_month, exp_year, fingerprint, country, is_default, created_at)
    VALUES (p_id, p_customer, p_provider, p_owner, p_token, p_brand, p_last4, p_month, p_year, p_fingerprint, p_country, false, p_at)
    ON CONFLICT (customer_id, token) DO NOTHING RETURNING * INTO v_method;
    -- A token that was given back cannot be taken again.
    IF NOT FOUND THEN PERFORM refuse('EM422', 'TOKEN_INVALID', '{}', 'this card was deleted; enter it again'); END IF;
  END IF;
  IF NOT v_method.is_default AND (p_default OR v_count = 0) THEN
    UPDATE payment_method SET is_default = false WHERE customer_id = p_customer AND is_default;
    UPDATE payment_method SET is_default = true WHERE id = v_method.id RETURNING * INTO v_method;
  END IF;
  RETURN jsonb_build_object('status_code', v_status, 'method', saved_method_document(v_method));
END $$;

CREATE FUNCTION saved_method_default(p_id uuid, p_customer uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_method payment_method;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.methods:' || p_customer));
  SELECT * INTO v_method FROM payment_method m WHERE m.id = p_id AND m.customer_id = p_customer AND m.removed_at IS NULL;
  IF NOT FOUND THEN PERFORM refuse('EM404', 'METHOD_NOT_FOUND', '{}', 'no such card'); END IF;
  IF NOT v_method.is_default THEN
    UPDATE payment_method SET is_default = false WHERE customer_id = p_customer AND is_default;
    UPDATE payment_method SET is_default = true WHERE id = p_id RETURNING * INTO v_method;
  END IF;
  RETURN saved_method_document(v_method);
END $$;

-- True: gone, now or before. False: there never was such a card of this customer.
CREATE FUNCTION saved_method_remove(p_id uuid, p_customer uuid, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_method payment_method;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('payment.methods:' || p_customer));
  SELECT * INTO v_method FROM payment_method m WHERE m.id = p_id AND m.customer_id = p_customer;
  IF NOT FOUND THEN RETURN false; END IF;
  IF v_method.removed_at IS NOT NULL THEN RETURN true; END IF;
  UPDATE payment_method SET removed_at = p_at, next_run_at = p_at, is_default = false WHERE id = p_id;
  IF v_method.is_default THEN
    UPDATE payment_method SET is_default = true
     WHERE id = (SELECT m.id FROM payment_method m WHERE m.customer_id = p_customer AND m.removed_at IS NULL ORDER BY m.created_at DESC, m.id DESC LIMIT 1);
  END IF;
  RETURN true;
END $$;
