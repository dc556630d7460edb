#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_delivery() {
  return {
      {.module = "fulfillment",
       .invariant = "F-I1 an item holds packed ≤ picked, and picked + short + cancelled ≤ qty",
       .sql = "UPDATE fulfillment SET state = jsonb_set(state, '{items,0,short_qty}', '1000') WHERE status = 'pending' RETURNING id::text"},
      {.module = "fulfillment",
       .invariant = "F-I1 an item holds packed ≤ picked, and picked + short + cancelled ≤ qty",
       .sql = "UPDATE fulfillment SET state = jsonb_set(state, '{items,0,packed}', '1') WHERE status = 'pending' RETURNING id::text",
       .also = {"F-I2 packages hold each packed unit once"}},
      {.module = "fulfillment",
       .invariant = "F-I2 packages hold each packed unit once",
       .sql = "UPDATE fulfillment SET state = jsonb_set(state, '{packages,0,items,0,qty}', '1') WHERE status = 'completed' RETURNING id::text"},
      {.module = "fulfillment",
       .invariant = "F-I2 the cash of the packages is the cash of the fulfillment",
       .sql = "UPDATE fulfillment SET state = jsonb_set(state, '{cod,amount}', '1') WHERE status = 'completed' RETURNING id::text"},
      {.module = "fulfillment",
       .invariant = "F-I5 what is shipped has a shipment with tracking number for every package",
       .sql = "UPDATE fulfillment SET state = state #- '{packages,0,tracking_number}' WHERE status = 'completed' RETURNING id::text"},
      {.module = "fulfillment",
       .invariant = "F-I9 a cancelled order has nothing left in house",
       .sql = "UPDATE order_book b SET is_cancelled = true FROM fulfillment f WHERE f.order_id = b.order_id AND f.status = 'pending' RETURNING f.id::text"},
      {.module = "fulfillment",
       .invariant = "F the columns say what the state says",
       .sql = "UPDATE fulfillment SET version = version + 1 WHERE status = 'completed' RETURNING id::text"},
      {.module = "fulfillment",
       .invariant = "F the columns say what the state says",
       .sql = "UPDATE fulfillment SET state = state - 'version' WHERE status = 'completed' RETURNING id::text"},
      {.module = "shipping",
       .invariant = "S-I1 a package has one live outbound shipment at most",
       .sql =
           "INSERT INTO shipment SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'number', 'SHP-2', 'tracking_number', '2', "
           "'status', 'booked',"
           " 'handed_over_at', NULL, 'dispatched_at', NULL, 'delivered_at', NULL, 'cod_collected_minor', NULL))).* FROM shipment s RETURNING package_id::text",
       .held_by = {"shipment_live_per_package"}},
      {.module = "shipping",
       .invariant = "S-I3 a shipment stands where the last report that moved it put it",
       .sql = "UPDATE shipment SET status = 'in_transit', delivered_at = NULL WHERE status = 'delivered' RETURNING id::text"},
      {.module = "shipping",
       .invariant = "S-I4 what is delivered was so once, at the carrier's time",
       .sql = "UPDATE shipment SET delivered_at = NULL WHERE status = 'delivered' RETURNING id::text",
       .held_by = {"delivered_has_its_time"}},
      {.module = "shipping",
       .invariant = "S-I4 what is delivered was so once, at the carrier's time",
       .sql = "UPDATE shipment SET delivered_at = delivered_at + interval '1 second' WHERE status = 'delivered' RETURNING id::text"},
      {.module = "shipping",
       .invariant = "S-I5 cash collected is at most what was asked",
       .sql = "UPDATE shipment SET cod_collected_minor = cod_minor + 1 WHERE status = 'delivered' RETURNING id::text",
       .held_by = {"cod_within_what_was_asked"},
       .also = {"cash that couriers collected is known to Payment, to the minor unit", "cash that Payment was told of was collected by a courier"}},
      {.module = "location",
       .invariant = "L-I1 a place lies in its parent's country, at a lower level",
       .sql = "UPDATE location SET country_code = 'GB' WHERE id = (SELECT id FROM location WHERE country_code = 'VN' AND level = 1 AND is_active LIMIT 1) "
              "RETURNING id::text"},
      {.module = "location",
       .invariant = "L-I2 a path is the chain of parents",
       .sql = "UPDATE location SET path = gen_random_uuid() || path WHERE id = (SELECT l.id FROM location l WHERE l.level = 1 AND NOT EXISTS"
              " (SELECT FROM location k WHERE k.parent_id = l.id) LIMIT 1) RETURNING id::text"},
      {.module = "location",
       .invariant = "L-I5 nothing active lies below something inactive",
       .sql = "UPDATE location SET is_active = false WHERE code = 'VN' AND level = 0; SELECT id::text FROM location WHERE country_code = 'VN' AND level = 1 "
              "AND is_active"},
  };
}

}  // namespace emporion::audit
