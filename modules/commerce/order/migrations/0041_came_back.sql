-- A cancellation says whether the goods had been sent and are back: Payment may hear it before what Shipping tells of them, and cash that was refused at the door is no payment that was given up.

-- One move of one order whose row the caller holds locked and has judged: status, history and events in one statement. The trigger refuses what is not in the table.
CREATE OR REPLACE FUNCTION move_order(p_id uuid, p_to text, p_actor text, p_actor_id uuid, p_reason text, p_event uuid, p_at timestamptz, p_trace uuid,
                           p_assessment uuid DEFAULT NULL, p_cancel_by text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_from text;
  h order_header;
  v_topic text;
  v_facts text;
BEGIN
  SELECT o.status INTO v_from FROM order_header o WHERE o.id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'EM404', MESSAGE = 'ORDER_NOT_FOUND';
  END IF;
  UPDATE order_header o
     SET status = p_to, history_seq = o.history_seq + 1, version = o.version + 1,
         assessment_id = COALESCE(p_assessment, o.assessment_id),
         cancel_reason = CASE WHEN p_to = 'cancelled' THEN COALESCE(p_reason, 'unknown') ELSE o.cancel_reason END,
         cancel_by = CASE WHEN p_to = 'cancelled' THEN COALESCE(p_cancel_by, 'system') ELSE o.cancel_by END,
         cancelled_at = CASE WHEN p_to = 'cancelled' THEN p_at ELSE o.cancelled_at END,
         delivered_at = CASE WHEN p_to = 'delivered' THEN p_at ELSE o.delivered_at END,
         completed_at = CASE WHEN p_to = 'completed' THEN p_at ELSE o.completed_at END
   WHERE o.id = p_id RETURNING o.* INTO h;
  INSERT INTO order_status_history (order_id, seq, from_status, to_status, actor_type, actor_id, reason, source_event_id, at)
  VALUES (p_id, h.history_seq, v_from, p_to, p_actor, p_actor_id, p_reason, p_event, p_at);
  PERFORM outbox_append('order.order.status_changed', p_id::text, h.version, order_status_changed(p_id, v_from, p_to, p_reason, p_actor, h.history_seq), p_trace);
  IF p_to = 'cancelled' THEN
    UPDATE order_shipment_group g SET status = 'cancelled' WHERE g.order_id = p_id AND g.status = 'pending';
  END IF;
  v_topic := CASE p_to WHEN 'confirmed' THEN 'order.order.confirmed' WHEN 'cancelled' THEN 'order.order.cancelled' WHEN 'completed' THEN 'order.order.completed' END;
  IF v_topic IS NOT NULL THEN
    v_facts := order_facts(h);
    IF p_to = 'cancelled' AND v_from = 'delivery_failed' THEN
      v_facts := left(v_facts, -1) || ',"came_back":true}';
    END IF;
    PERFORM outbox_append(v_topic, p_id::text, h.version, v_facts, p_trace);
  END IF;
  RETURN h.version;
END $$;

SELECT plan_functions(ARRAY['move_order'], 'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off');
