-- What staff did here: every change with who made it. Nothing of it is changed or removed.
CREATE TABLE gateway_change (
  id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  action   text NOT NULL,
  subject  text NOT NULL,
  detail   jsonb NOT NULL DEFAULT '{}',
  actor_id uuid NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX gateway_change_subject ON gateway_change (action, subject, at);

-- A reset is heard by every replica, which looks for numbers that it has not acted on.
CREATE TABLE breaker_reset (
  upstream text PRIMARY KEY,
  number   bigint NOT NULL DEFAULT 1
);
