-- What an assessment was made of, so that later ones can count it and a person can follow it. Digests, save the address of the network and the countries.
ALTER TABLE risk_assessment
  ADD COLUMN order_id      uuid,
  ADD COLUMN phone_digest  uuid,
  ADD COLUMN device_digest uuid,
  ADD COLUMN card_digest   uuid,
  ADD COLUMN ip_country    text,
  ADD COLUMN card_country  text,
  ADD COLUMN list_version  bigint NOT NULL DEFAULT 0,
  ADD COLUMN declines      integer NOT NULL DEFAULT 0,  -- How often a provider said no to a payment of this assessment.
  ADD COLUMN declined_at   timestamptz;                 -- The last time.
UPDATE risk_assessment SET declines = 1, declined_at = created_at WHERE declined;
CREATE INDEX risk_by_device ON risk_assessment (device_digest, created_at) WHERE device_digest IS NOT NULL;
CREATE INDEX risk_by_card ON risk_assessment (card_digest, created_at) WHERE card_digest IS NOT NULL;
-- Declines are few: looking for them reads only them.
CREATE INDEX risk_declined_by_customer ON risk_assessment (customer_id, declined_at) WHERE declined_at IS NOT NULL;
CREATE INDEX risk_declined_by_email ON risk_assessment (email_digest, declined_at) WHERE declined_at IS NOT NULL;
CREATE INDEX risk_declined_by_address ON risk_assessment (address, declined_at) WHERE declined_at IS NOT NULL;
CREATE INDEX risk_declined_by_device ON risk_assessment (device_digest, declined_at) WHERE declined_at IS NOT NULL;
CREATE INDEX risk_declined_by_card ON risk_assessment (card_digest, declined_at) WHERE declined_at IS NOT NULL;

-- Customers who registered lately. Older ones are of no interest and leave.
CREATE TABLE young_account (
  customer_id   uuid PRIMARY KEY,
  registered_at timestamptz NOT NULL
);
CREATE INDEX young_account_by_time ON young_account (registered_at);

-- Whom a lost dispute has cost us money: customer, digest of the e-mail, digest of the card.
CREATE TABLE lost_chargeback (
  who        uuid NOT NULL,
  payment_id uuid NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (who, payment_id)
);
CREATE INDEX lost_chargeback_by_payment ON lost_chargeback (payment_id);
-- Follows the payment's disputes, whoever decides them: another that is opened takes nothing back, one that the provider reverses does.
CREATE FUNCTION remember_lost_chargeback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.dispute_state = 'lost' OR NEW.charged_back_amount > 0 THEN
    INSERT INTO lost_chargeback (who, payment_id, at)
    SELECT DISTINCT w.who, NEW.id, NEW.updated_at
      FROM (SELECT NEW.customer_id AS who
            UNION ALL SELECT unnest(ARRAY[r.email_digest, r.card_digest]) FROM risk_assessment r WHERE r.id = NEW.assessment_id) w
     WHERE w.who IS NOT NULL
    ON CONFLICT DO NOTHING;
  ELSE
    DELETE FROM lost_chargeback WHERE payment_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER remember_lost_chargeback AFTER UPDATE OF dispute_state ON payment FOR EACH ROW EXECUTE FUNCTION remember_lost_chargeback();
