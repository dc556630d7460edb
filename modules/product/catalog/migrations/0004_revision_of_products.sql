-- Replicas keep products that are read often in memory; this number moves in every transaction that changes a product. Deferred to the commit and once per
-- transaction, so the one row is locked last and for a moment only.
CREATE TABLE products_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL DEFAULT 1,
  xact     xid8 NOT NULL DEFAULT '0'
);
INSERT INTO products_revision DEFAULT VALUES;
CREATE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE products_revision SET revision = revision + 1, xact = pg_current_xact_id() WHERE xact <> pg_current_xact_id();
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER product_changed AFTER INSERT OR UPDATE OR DELETE ON product DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION products_changed();
