-- Rates that staff set; they go before the settings. A plan that is no policy of ours is one of keys.
CREATE TABLE rate_plan (
  plan       text PRIMARY KEY,
  per_minute bigint NOT NULL CHECK (per_minute > 0),
  burst      bigint NOT NULL CHECK (burst > 0)
);

-- Keys of partners' programs. Of a secret there is its SHA-256 alone.
CREATE TABLE api_key (
  id               uuid PRIMARY KEY,
  prefix           text NOT NULL UNIQUE,
  secret_sha256    bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
  previous_sha256  bytea CHECK (octet_length(previous_sha256) = 32),
  previous_until   timestamptz,
  owner            text NOT NULL,
  scopes           text[] NOT NULL CHECK (cardinality(scopes) > 0),
  plan             text NOT NULL REFERENCES rate_plan,
  is_revoked       boolean NOT NULL DEFAULT false,
  expires_at       timestamptz,
  last_used_on     date,
  version          bigint NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL DEFAULT now(),
  CHECK ((previous_sha256 IS NULL) = (previous_until IS NULL))
);
