-- The worker takes what is due provider by provider, as many as the provider's rate allows: each needs its own line.
ALTER TABLE refund ADD COLUMN provider text NOT NULL DEFAULT '';  -- The trigger fills it.
UPDATE refund r SET provider = p.provider FROM payment p WHERE p.id = r.payment_id;
CREATE FUNCTION refund_of_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A refund goes the way its payment came, whoever writes it.
  SELECT p.provider INTO NEW.provider FROM payment p WHERE p.id = NEW.payment_id;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_of_provider BEFORE INSERT ON refund FOR EACH ROW EXECUTE FUNCTION refund_of_provider();
CREATE INDEX refund_due_by_provider ON refund (provider, next_run_at) WHERE next_run_at IS NOT NULL;
DROP INDEX refund_due;
CREATE INDEX payment_due_by_provider ON payment (provider, next_run_at) WHERE next_run_at IS NOT NULL;
DROP INDEX payment_due;
