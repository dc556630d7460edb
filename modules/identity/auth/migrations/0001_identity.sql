-- Principals, what they sign in with, sessions and signing keys. Every credential of the system lies here and nowhere else. Source: identity.md §1.

CREATE TABLE principal (
  id                  uuid PRIMARY KEY,
  realm               text NOT NULL CHECK (realm IN ('customer', 'staff')),
  status              text NOT NULL CHECK (status IN ('pending', 'active', 'suspended', 'erased')),
  external_reference  text,                               -- Of an imported customer.
  country             text,
  password_hash       text,                               -- PHC string; NULL cannot sign in by password.
  password_changed_at timestamptz,
  permissions         text[] NOT NULL DEFAULT '{}',       -- Staff: the snapshot that User gave.
  permissions_version bigint NOT NULL DEFAULT 0,
  created_at          timestamptz NOT NULL,
  version             bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX principal_reference ON principal (external_reference) WHERE external_reference IS NOT NULL;
CREATE INDEX principal_staff ON principal (id) WHERE realm = 'staff';

-- AUT-1.
CREATE TABLE identifier (
  realm        text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('email', 'phone')),
  canonical    text NOT NULL,
  principal_id uuid NOT NULL REFERENCES principal,
  value        text NOT NULL,
  verified_at  timestamptz,
  PRIMARY KEY (realm, kind, canonical)
);
CREATE INDEX identifier_principal ON identifier (principal_id);

CREATE TABLE session (
  id               uuid PRIMARY KEY,                      -- Also the refresh family.
  principal_id     uuid NOT NULL REFERENCES principal,
  realm            text NOT NULL,
  device_label     text NOT NULL,
  ua_hash          bytea NOT NULL,
  ip_first         text NOT NULL,
  ip_last          text NOT NULL,
  generation       integer NOT NULL DEFAULT 1,            -- AUT-5: the one refresh generation that is usable.
  rotated_at       timestamptz,
  family_secret    bytea NOT NULL,                        -- Sealed, bound to the id.
  remember         boolean NOT NULL,
  authenticated_at timestamptz NOT NULL,
  created_at       timestamptz NOT NULL,
  last_seen        timestamptz NOT NULL,
  idle_expires     timestamptz NOT NULL,
  absolute_expires timestamptz NOT NULL,
  status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked', 'expired')),
  revoke_reason    text,
  revoked_at       timestamptz
);
CREATE INDEX session_active ON session (principal_id, last_seen) WHERE status = 'active';
CREATE INDEX session_revoked ON session (revoked_at) WHERE status = 'revoked';
CREATE INDEX session_idle ON session (idle_expires) WHERE status = 'active';

CREATE TABLE signing_key (
  kid            text PRIMARY KEY,
  state          text NOT NULL CHECK (state IN ('pending', 'active', 'retiring', 'retired', 'revoked')),
  private_sealed bytea NOT NULL,                          -- Bound to the kid.
  public_jwk     text NOT NULL,
  created_at     timestamptz NOT NULL,
  activated_at   timestamptz,
  retires_at     timestamptz
);
CREATE UNIQUE INDEX signing_key_active ON signing_key ((true)) WHERE state = 'active';    -- AUT-8.
CREATE UNIQUE INDEX signing_key_pending ON signing_key ((true)) WHERE state = 'pending';

-- Failures by principal, or by a keyed hash of an identifier that nobody has (so that both cost the same, AUT-3).
CREATE TABLE lock_state (
  key          text PRIMARY KEY,
  fails        integer NOT NULL,
  window_start timestamptz NOT NULL,
  locked_until timestamptz,
  lock_count   integer NOT NULL DEFAULT 0
);

CREATE TABLE one_time_token (
  hash         bytea PRIMARY KEY,                         -- SHA-256 of 256 random bits.
  code_hash    bytea,                                     -- Keyed hash of the six digits for people who type.
  purpose      text NOT NULL CHECK (purpose IN ('verify', 'reset_password')),
  principal_id uuid NOT NULL REFERENCES principal,
  kind         text NOT NULL,
  canonical    text NOT NULL,
  attempts     integer NOT NULL DEFAULT 0,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz
);
CREATE INDEX one_time_token_open ON one_time_token (principal_id, purpose) WHERE used_at IS NULL;

-- What is to be told to an owner. Links and codes lie sealed until Notification takes them; `sealed` is NULL where the kind says it all.
CREATE TABLE secure_delivery (
  id           uuid PRIMARY KEY,
  kind         text NOT NULL,
  principal_id uuid NOT NULL,
  sealed       bytea,
  created_at   timestamptz NOT NULL,
  attempts     integer NOT NULL DEFAULT 0,
  sent_at      timestamptz
);
CREATE INDEX secure_delivery_open ON secure_delivery (created_at) WHERE sent_at IS NULL;

-- Requests for a message to an identifier, known or not: limits them, and makes both cost one write.
CREATE TABLE message_request (
  key text NOT NULL,
  at  timestamptz NOT NULL
);
CREATE INDEX message_request_key ON message_request (key, at);

CREATE TABLE login_history (
  principal_id uuid NOT NULL,
  at           timestamptz NOT NULL,
  ip           text NOT NULL,
  device_label text NOT NULL,
  outcome      text NOT NULL,
  session_id   uuid
);
CREATE INDEX login_history_owner ON login_history (principal_id, at);

CREATE TABLE act_as (
  staff_id    uuid NOT NULL,
  customer_id uuid NOT NULL,
  reason      text NOT NULL,
  at          timestamptz NOT NULL
);
CREATE INDEX act_as_customer ON act_as (customer_id, at);
