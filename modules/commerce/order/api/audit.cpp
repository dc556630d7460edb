#include "modules/commerce/order/api/audit.hpp"

namespace emporion::order {

std::vector<AuditCheck> audit_checks() {
  std::vector<AuditCheck> out = {
      {"O-1 the total derives from the header's terms",
       "SELECT id::text, format('total %s', grand_total) FROM order_header "
       "WHERE grand_total <> subtotal - discount + shipping - shipping_discount + tax + payment_fee - points_value OR least(subtotal, discount, shipping, "
       "shipping_discount, tax, payment_fee, "
       "points_value, grand_total) < 0"},
      {"O-1 the header derives from the lines",
       "SELECT h.id::text, format('subtotal %s lines %s, discount %s lines %s, tax %s lines %s', h.subtotal, l.subtotal, h.discount, l.discount, h.tax - "
       "h.shipping_tax, l.tax) FROM order_header h "
       "LEFT JOIN (SELECT order_id, count(*) AS lines, sum(unit_price * qty) AS subtotal, sum(discount) AS discount, sum(tax) AS tax, sum(qty) AS units FROM "
       "order_line GROUP BY order_id) l "
       "ON l.order_id = h.id WHERE h.subtotal IS DISTINCT FROM l.subtotal OR h.discount IS DISTINCT FROM l.discount OR h.tax - h.shipping_tax IS DISTINCT FROM "
       "l.tax "
       "OR h.line_count IS DISTINCT FROM l.lines OR h.unit_count IS DISTINCT FROM l.units"},
      {"O-1 every line derives its total",
       "SELECT order_id::text, format('line %s', line_no) FROM order_line WHERE total <> unit_price * qty - discount + tax"},
      {"O-1 every line has its order",
       "SELECT order_id::text, format('line %s', line_no) FROM order_line l WHERE NOT EXISTS (SELECT FROM order_header h WHERE h.id = l.order_id)"},
      {"O-3 the counters hold",
       "SELECT order_id::text, format('line %s', line_no) FROM order_line WHERE cancelled_qty + undelivered_qty + delivered_qty > qty OR shipped_qty > qty - "
       "cancelled_qty OR returned_qty > delivered_qty "
       "OR least(cancelled_qty, shipped_qty, delivered_qty, undelivered_qty, returned_qty) < 0"},
      {"O-3 allocations add up to the live units",
       "SELECT l.order_id::text, format('line %s', l.line_no) FROM order_line l WHERE l.qty - l.cancelled_qty <> (SELECT COALESCE(sum((a ->> 'qty')::int), 0) "
       "FROM jsonb_array_elements(l.allocations) a)"},
      {"O-4 one order per saga", "SELECT saga_id::text, format('%s orders', count(*)) FROM order_header GROUP BY saga_id HAVING count(*) > 1"},
      {"O-4 one live order per session",
       "SELECT session_id::text, format('%s orders', count(*)) FROM order_header WHERE status <> 'cancelled' GROUP BY session_id HAVING count(*) > 1"},
      {"O-5 every status change is an edge of the table",
       "SELECT s.order_id::text, format('%s to %s', s.from_status, s.to_status) FROM order_status_history s WHERE s.from_status <> s.to_status "
       "AND NOT EXISTS (SELECT FROM order_transition t WHERE t.from_status = s.from_status AND t.to_status = s.to_status)"},
      {"O-5 the history ends in the status",
       "SELECT h.id::text, format('%s, history %s', h.status, s.to_status) FROM order_header h "
       "LEFT JOIN order_status_history s ON s.order_id = h.id AND s.seq = h.history_seq WHERE h.status IS DISTINCT FROM s.to_status"},
      {"O-6 what was confirmed is paid for",
       "SELECT id::text, format('%s, payment %s', status, payment_status) FROM order_header WHERE status IN ('confirmed', 'processing', 'partially_shipped', "
       "'shipped', 'delivered', 'completed') "
       "AND grand_total > credit_value AND (payment_id IS NULL OR payment_status IN ('none', 'pending', 'authorized', 'failed', 'voided')) "
       // Cash of which cancelled lines left nothing, beside credit that paid the rest.
       "AND NOT (payment_status = 'voided' AND payment_method = 'cod' AND credit_value > 0)"},
      {"O-8 a cancelled order's payment is undone after an hour",
       "SELECT id::text, format('payment %s', payment_status) FROM order_header WHERE status = 'cancelled' AND payment_id IS NOT NULL "
       "AND payment_status IN ('authorized', 'captured', 'cod_pending') AND cancelled_at < now() - interval '1 hour'"},
  };
  const std::vector<AuditCheck> of_invoices = invoice_audit_checks();
  out.insert(out.end(), of_invoices.begin(), of_invoices.end());
  return out;
}

std::vector<AuditFact> audit_facts() {
  return {
      // Orders that were placed: each is one saga of Checkout that ended well.
      {"order.placed_orders", "SELECT id::text, 'placed' FROM order_header WHERE confirmed_at IS NOT NULL AND origin = 'checkout'"},
      // Units that warehouses hold or have sent for orders. Of an order that was cancelled after a failed delivery: what had left.
      {"order.confirmed_units_by_order",
       "SELECT id || ':' || sku, sum(units)::text FROM ("
       "  SELECT h.id, l.sku, CASE WHEN h.status = 'cancelled' THEN l.shipped_qty ELSE l.qty - l.cancelled_qty END AS units FROM order_header h JOIN "
       "order_line l ON l.order_id = h.id "
       "  WHERE h.confirmed_at IS NOT NULL) u WHERE units > 0 GROUP BY id, sku"},
      // Where each line's units are held, as its order says. Of lines that are whole: what was cancelled may be taken elsewhere.
      {"order.sources_by_line",
       "SELECT h.id || ':' || l.line_no || ':' || (a ->> 'warehouse_id') || ':' || (a ->> 'reservation_id'), sum((a ->> 'qty')::int)::text FROM order_header h "
       "JOIN order_line l ON l.order_id = h.id CROSS JOIN LATERAL jsonb_array_elements(l.allocations) a "
       "WHERE h.status IN ('confirmed', 'processing') AND l.cancelled_qty = 0 GROUP BY h.id, l.line_no, a ->> 'warehouse_id', a ->> 'reservation_id'"},
      // What confirmed orders cost: equals payment.secured_by_order.
      {"order.due_by_order",
       "SELECT id::text, format('%s %s', grand_total, currency) FROM order_header "
       "WHERE status IN ('confirmed', 'processing', 'partially_shipped', 'shipped', 'delivered', 'completed', 'returned') AND grand_total > 0"},
      // What orders that may still go through would need, and what had left for those that were cancelled after a failed delivery: nothing beyond it may be
      // held or secured.
      {"order.live_units_by_order",
       "SELECT id || ':' || sku, sum(units)::text FROM ("
       "  SELECT h.id, l.sku, CASE WHEN h.status = 'cancelled' THEN l.shipped_qty ELSE l.qty - l.cancelled_qty END AS units FROM order_header h JOIN "
       "order_line l ON l.order_id = h.id) u "
       "WHERE units > 0 GROUP BY id, sku"},
      // What standing orders were let off: Promotion counts it for them.
      {"order.let_off_by_order",
       "SELECT id::text, (discount + shipping_discount)::text FROM order_header WHERE confirmed_at IS NOT NULL AND status <> 'cancelled' AND discount + "
       "shipping_discount > 0"},
      // What orders that may still go through are let off: nothing beyond it may be counted.
      {"order.live_let_off_by_order",
       "SELECT id::text, (discount + shipping_discount)::text FROM order_header WHERE status <> 'cancelled' AND discount + shipping_discount > 0"},
      // Credit that orders were paid with, and of those that may still go through: what Payment holds and has spent for them.
      {"order.credit_by_order",
       "SELECT id::text, format('%s %s', credit_value, currency) FROM order_header WHERE confirmed_at IS NOT NULL AND status <> 'cancelled' AND credit_value > "
       "0"},
      {"order.live_credit_by_order",
       "SELECT id::text, format('%s %s', credit_value, currency) FROM order_header WHERE status <> 'cancelled' AND credit_value > 0"},
      {"order.credit_returned_by_order", "SELECT id::text || ' ' || currency, credit_returned::text FROM order_header WHERE credit_returned > 0"},
      {"order.live_totals_by_order",
       "SELECT id::text, format('%s %s', grand_total, currency) FROM order_header WHERE status <> 'cancelled' AND grand_total > 0"},
      // Cancelled orders: none of them is in payment.unreturned_by_order.
      {"order.cancelled", "SELECT id::text, COALESCE(payment_status, '') FROM order_header WHERE status = 'cancelled'"},
      // What events told Order of parcels and refunds: never more than those who sent them know.
      {"order.shipped_units_by_order",
       "SELECT order_id::text || ':' || sku, sum(shipped_qty)::text FROM order_line WHERE shipped_qty > 0 GROUP BY order_id, sku"},
      {"order.delivered_units_by_order",
       "SELECT order_id::text || ':' || sku, sum(delivered_qty)::text FROM order_line WHERE delivered_qty > 0 GROUP BY order_id, sku"},
      {"order.refunded_by_order", "SELECT id::text || ' ' || currency, refunded_amount::text FROM order_header WHERE refunded_amount > 0"},
  };
}

}  // namespace emporion::order
