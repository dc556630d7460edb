#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_between_modules() {
  return {
      // The buyer was told that the order stands, and there is none.
      {.module = "checkout.placed_orders / order.placed_orders",
       .invariant = "every saga that ended well placed its order",
       .sql = "UPDATE order_header SET confirmed_at = NULL WHERE status = 'cancelled' RETURNING id::text",
       .also = {"I-2 every document belongs to a confirmed order"},
       .database = "order"},
      {.module = "checkout.placed_orders / order.placed_orders",
       .invariant = "every saga that ended well placed its order",
       .sql = "UPDATE saga SET context = '{}' WHERE state = 'completed' RETURNING 'saga ' || id",
       .also = {"no order was placed but by a saga that stands"},
       .database = "checkout"},
      {.module = "order.placed_orders / checkout.pursued_orders",
       .invariant = "no order was placed but by a saga that stands",
       .sql = "UPDATE saga SET state = 'failed' RETURNING context::json ->> 'order'",
       .also = {"C-I8 a converted cart has a completed saga"},
       .database = "checkout"},
      // The units of an order that stands were given back, so that the next buyer gets them.
      {.module = "order.confirmed_units_by_order / warehouse.confirmed_units_by_order",
       .invariant = "units that confirmed orders expect are held or shipped in Warehouse",
       .sql = "UPDATE stock s SET reserved = reserved - l.qty FROM reservation_line l JOIN reservation x ON x.id = l.reservation_id"
              " WHERE x.status = 'confirmed' AND s.sku = l.sku AND s.warehouse_id = l.warehouse_id;"
              "UPDATE reservation_line l SET released = qty FROM reservation x WHERE x.id = l.reservation_id AND x.status = 'confirmed' RETURNING x.order_id "
              "|| ':' || l.sku",
       .also = {"the units of an open order are held in the warehouses that it names"},
       .database = "warehouse"},
      // The warehouse closed and its units went elsewhere, which nobody told the order.
      {.module = "order.sources_by_line / warehouse.sources_by_line",
       .invariant = "the units of an open order are held in the warehouses that it names",
       .sql =
           "UPDATE order_line l SET allocations = jsonb_set(l.allocations, '{0,warehouse_id}', to_jsonb(gen_random_uuid()::text)) FROM order_header h "
           "WHERE h.id = l.order_id AND h.status = 'confirmed' RETURNING h.id || ':' || l.line_no || ':' || (l.allocations #>> '{0,warehouse_id}') || ':' || "
           "(l.allocations #>> '{0,reservation_id}')",
       .database = "order"},
      {.module = "warehouse.confirmed_units_by_order / order.live_units_by_order",
       .invariant = "no unit is committed for an order that does not stand",
       .sql = "UPDATE stock s SET reserved = reserved + l.qty FROM reservation_line l JOIN reservation x ON x.id = l.reservation_id"
              " WHERE x.status = 'released' AND s.sku = l.sku AND s.warehouse_id = l.warehouse_id;"
              "UPDATE reservation_line l SET released = 0 FROM reservation x WHERE x.id = l.reservation_id AND x.status = 'released';"
              "UPDATE reservation x SET status = 'confirmed' FROM reservation_line l WHERE l.reservation_id = x.id AND x.status = 'released' RETURNING "
              "x.order_id || ':' || l.sku",
       .database = "warehouse"},
      {.module = "order.due_by_order / payment.secured_by_order",
       .invariant = "what each standing order owes is secured in Payment, to the minor unit",
       .sql = "UPDATE payment SET status = 'failed' WHERE status = 'pending_collection' RETURNING order_id::text",
       .also = {"no money is secured for an order that does not stand"},  // The order's credit alone is not its total.
       .database = "payment"},
      {.module = "order.due_by_order / payment.secured_by_order",
       .invariant = "what each standing order owes is secured in Payment, to the minor unit",
       .sql = "UPDATE payment SET amount = amount - 1 WHERE status = 'pending_collection' RETURNING order_id::text",
       .also = {"no money is secured for an order that does not stand"},
       .database = "payment"},
      {.module = "payment.secured_by_order / order.live_totals_by_order",
       .invariant = "no money is secured for an order that does not stand",
       .sql = "DELETE FROM closed_order; UPDATE payment SET status = 'pending_collection', void_requested_at = now() WHERE status = 'voided' RETURNING "
              "order_id::text",
       .database = "payment"},
      {.module = "order.cancelled / payment.unreturned_by_order",
       .invariant = "no cancelled order keeps anybody's money",
       .sql = "UPDATE payment SET status = 'pending_collection', void_requested_at = NULL WHERE status = 'voided' RETURNING order_id::text",
       .also = {"P-7 money that nobody waits for is on its way back"},
       .database = "payment"},
      {.module = "warehouse.held_sagas / checkout.live_sagas",
       .invariant = "units held for a checkout belong to a saga that is under way",
       .sql = "UPDATE stock s SET reserved = reserved + l.qty FROM reservation_line l JOIN reservation x ON x.id = l.reservation_id"
              " WHERE x.status = 'released' AND s.sku = l.sku AND s.warehouse_id = l.warehouse_id;"
              "UPDATE reservation_line l SET released = 0 FROM reservation x WHERE x.id = l.reservation_id AND x.status = 'released';"
              "UPDATE reservation SET status = 'active', expires_at = created_at + ttl WHERE status = 'released' RETURNING reference_id::text",
       .database = "warehouse"},
      // The order stands at its reduced total, and the use was given back: the coupon works once more.
      {.module = "order.let_off_by_order / promotion.redeemed_by_order",
       .invariant = "what standing orders were let off is what Promotion counts for them",
       .sql = "SELECT redemption_end(array_agg(id), 'reversed', true, now(), NULL) FROM redemption; SELECT order_id::text FROM redemption",
       .database = "promotion"},
      {.module = "order.let_off_by_order / promotion.redeemed_by_order",
       .invariant = "what standing orders were let off is what Promotion counts for them",
       .sql = "UPDATE redemption_line l SET discount = discount - 1 FROM redemption r WHERE r.id = l.redemption_id RETURNING r.order_id::text",
       .also = {"no use of a promotion is counted for an order that does not stand"},
       .database = "promotion"},
      // The order came to nothing, and its buyer cannot use the coupon again.
      {.module = "promotion.redeemed_by_order / order.live_let_off_by_order",
       .invariant = "no use of a promotion is counted for an order that does not stand",
       .sql = "UPDATE redemption SET order_id = gen_random_uuid() RETURNING order_id::text",
       .also = {"what standing orders were let off is what Promotion counts for them"},
       .database = "promotion"},
      {.module = "promotion.held_sagas / checkout.live_sagas",
       .invariant = "uses reserved for a checkout belong to a saga that is under way",
       .sql = "UPDATE redemption SET status = 'reserved', order_id = NULL, expires_at = now() RETURNING checkout_id::text",
       .also = {"what standing orders were let off is what Promotion counts for them"},
       .database = "promotion"},
      {.module = "fulfillment.picked_units_by_order / warehouse.picked_units_by_order",
       .invariant = "units that Fulfillment picked are picked or shipped in Warehouse",
       .sql = "UPDATE fulfillment SET state = jsonb_set(state, '{items,0,picked}', '1') WHERE status = 'pending' RETURNING order_id || ':' || (state #>> "
              "'{items,0,sku}')",
       .database = "fulfillment"},
      {.module = "fulfillment.shipped_units_by_order / warehouse.shipped_units_by_order",
       .invariant = "units shipped agree between Fulfillment and Warehouse",
       .sql = "UPDATE fulfillment SET status = 'ready', state = jsonb_set(state, '{status}', '\"ready\"') WHERE status = 'completed' RETURNING order_id || ':' "
              "|| (state #>> '{items,0,sku}')",
       .also = {"units handed to a carrier were shipped by Fulfillment"},
       .database = "fulfillment"},
      {.module = "shipping.shipped_units_by_order / fulfillment.shipped_units_by_order",
       .invariant = "units handed to a carrier were shipped by Fulfillment",
       .sql = "UPDATE shipment SET items = jsonb_set(items, '{0,qty}', '1000') WHERE handed_over_at IS NOT NULL RETURNING order_id || ':' || (items #>> "
              "'{0,sku}')",
       .database = "shipping"},
      {.module = "shipping.shipped_units_by_order / fulfillment.shipped_units_by_order",
       .invariant = "units handed to a carrier were shipped by Fulfillment",
       .sql = "UPDATE shipment SET items = items #- '{0,qty}' WHERE handed_over_at IS NOT NULL RETURNING order_id || ':' || (items #>> '{0,sku}')",
       .also = {"units that Order counts as shipped were handed to a carrier", "units that Order counts as delivered were so by the carrier's word"},
       .database = "shipping"},
      {.module = "order.shipped_units_by_order / shipping.shipped_units_by_order",
       .invariant = "units that Order counts as shipped were handed to a carrier",
       .sql =
           "UPDATE order_line SET shipped_qty = 1 WHERE order_id IN (SELECT id FROM order_header WHERE status = 'confirmed') RETURNING order_id || ':' || sku",
       .database = "order"},
      {.module = "order.delivered_units_by_order / shipping.delivered_units_by_order",
       .invariant = "units that Order counts as delivered were so by the carrier's word",
       .sql = "UPDATE order_line SET delivered_qty = 1 WHERE order_id IN (SELECT id FROM order_header WHERE status = 'confirmed') RETURNING order_id || ':' || "
              "sku",
       .database = "order"},
      {.module = "shipping.collected_cash_by_parcel / payment.reported_cash_by_parcel",
       .invariant = "cash that couriers collected is known to Payment, to the minor unit",
       .sql = "DELETE FROM cod_report RETURNING shipment_id::text",
       .database = "payment"},
      {.module = "shipping.collected_cash_by_parcel / payment.reported_cash_by_parcel",
       .invariant = "cash that couriers collected is known to Payment, to the minor unit",
       .sql = "UPDATE cod_report SET amount = amount - 1 RETURNING shipment_id::text",
       .also = {"cash that Payment was told of was collected by a courier"},
       .database = "payment"},
      {.module = "payment.reported_cash_by_parcel / shipping.collected_cash_by_parcel",
       .invariant = "cash that Payment was told of was collected by a courier",
       .sql = "INSERT INTO cod_report SELECT gen_random_uuid(), payment_id, amount, counted, at FROM cod_report RETURNING shipment_id::text",
       .database = "payment"},
      {.module = "order.refunded_by_order / payment.refunded_by_order",
       .invariant = "what Order counts as refunded was refunded by Payment",
       .sql = "UPDATE order_header SET refunded_amount = 1 WHERE status = 'delivered' RETURNING id || ' ' || currency",
       .also = {"I-7 what was cancelled or refunded is credited"},
       .database = "order"},
  };
}

}  // namespace emporion::audit
