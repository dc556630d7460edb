-- Replicas keep prices and facts of SKUs in memory as well; the revision moves with them. Deferred to the commit and once per transaction, so the one row is
-- locked last and for a moment only: writers of different prices neither wait for each other nor deadlock on it.
ALTER TABLE tables_revision ADD COLUMN xact xid8 NOT NULL DEFAULT '0';
CREATE FUNCTION prices_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tables_revision SET revision = revision + 1, xact = pg_current_xact_id() WHERE xact <> pg_current_xact_id();
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER price_changed AFTER INSERT OR UPDATE OR DELETE ON price DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION prices_changed();
CREATE CONSTRAINT TRIGGER sku_fact_changed AFTER INSERT OR UPDATE OR DELETE ON sku_fact DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION prices_changed();

-- A price of a product has no SKU: without this the planner may read all of those for each SKU.
DROP INDEX price_sku_list;
CREATE INDEX price_sku_list ON price (sku, id DESC) WHERE sku IS NOT NULL;
