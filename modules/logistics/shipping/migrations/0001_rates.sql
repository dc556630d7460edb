-- Methods, rate tables and quotes. Methods and tables are kept as the JSON of the contract: they are read as a whole, into memory.
CREATE TABLE rate_table (
  id      uuid PRIMARY KEY,
  body    jsonb NOT NULL,  -- contract RateTable without id and version
  version bigint NOT NULL DEFAULT 1
);
CREATE TABLE shipping_method (
  id            uuid PRIMARY KEY,
  code          text NOT NULL UNIQUE,
  body          jsonb NOT NULL,  -- contract MethodInput
  rate_table_id uuid REFERENCES rate_table,
  display_order integer NOT NULL,
  is_enabled    boolean NOT NULL,
  version       bigint NOT NULL DEFAULT 1
);
-- Counted up by every write to the two tables above, so that copies in memory know that they are old.
CREATE TABLE rate_revision (
  is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  revision bigint NOT NULL
);
INSERT INTO rate_revision (revision) VALUES (1);
CREATE FUNCTION rates_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE rate_revision SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER rate_table_changed AFTER INSERT OR UPDATE OR DELETE ON rate_table FOR EACH STATEMENT EXECUTE FUNCTION rates_changed();
CREATE TRIGGER shipping_method_changed AFTER INSERT OR UPDATE OR DELETE ON shipping_method FOR EACH STATEMENT EXECUTE FUNCTION rates_changed();

-- What a customer was promised, until it expires (S-I7).
CREATE TABLE rate_quote (
  id         uuid PRIMARY KEY,
  body       text NOT NULL,  -- contract RateQuote
  expires_at timestamptz NOT NULL
);
CREATE INDEX rate_quote_age ON rate_quote (expires_at);
