-- Routes that staff closed. The only thing the gateway owns at this depth.
CREATE TABLE route_override (
  route_id   text PRIMARY KEY,
  reason     text NOT NULL,
  until      timestamptz,
  actor_id   uuid NOT NULL,
  version    bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
