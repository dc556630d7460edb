-- order: an order goes on naming the warehouses that it was made with until it is confirmed, whatever is told of its units meanwhile. `make races` must fail at `closing_against_confirming`.
CREATE FUNCTION breach_allocations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM order_header h WHERE h.id = NEW.order_id AND h.confirmed_at IS NULL) THEN
    NEW.allocations := OLD.allocations;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER breach_allocations BEFORE UPDATE ON order_line FOR EACH ROW EXECUTE FUNCTION breach_allocations();
