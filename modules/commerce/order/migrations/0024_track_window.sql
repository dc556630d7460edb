-- One try of an address to look up a guest's order. Answers 0 and counts it, or the seconds until the next one is let through; a try that is refused is not counted. Tries of one address
-- come one after the other, so that many at once are not more than five.
CREATE FUNCTION take_track_try(p_address text, p_at timestamptz, p_max integer, p_window interval) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_tries integer;
  v_oldest timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('order.track:' || p_address, 0));
  SELECT count(*), min(t.at) INTO v_tries, v_oldest FROM order_track_try t WHERE t.address = p_address AND t.at > p_at - p_window;
  IF v_tries >= p_max THEN
    RETURN greatest(1, ceil(extract(epoch FROM v_oldest + p_window - p_at)))::integer;
  END IF;
  INSERT INTO order_track_try (address, at) VALUES (p_address, p_at);
  RETURN 0;
END $$;
