-- Payments that are held for long are asked for again now and then; what a failed attempt left at its provider is ended there.
ALTER TABLE payment ADD COLUMN synced_at timestamptz;
ALTER TABLE payment ADD COLUMN object_end_at timestamptz;  -- When the provider is next told to end the object of a failed attempt; infinity: it is ended.
CREATE INDEX payment_held ON payment (provider, COALESCE(synced_at, updated_at)) WHERE status = 'authorized';
CREATE INDEX payment_left_over ON payment (provider, COALESCE(object_end_at, '-infinity')) WHERE status = 'failed' AND provider_ref IS NOT NULL;
CREATE INDEX payment_ending ON payment (auth_expires_at) WHERE status = 'authorized';
