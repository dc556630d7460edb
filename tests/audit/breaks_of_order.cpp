#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_order() {
  return {
      {.module = "order",
       .invariant = "O-1 the total derives from the header's terms",
       .sql = "UPDATE order_header SET grand_total = grand_total + 1 WHERE status = 'cancelled' RETURNING id::text",
       .held_by = {"order_total_derives"},
       .also = {"I-4 an order's invoices add up to it, term by term"}},
      {.module = "order",
       .invariant = "O-1 the header derives from the lines",
       .sql = "UPDATE order_header SET subtotal = subtotal + 1, shipping = shipping - 1 WHERE status = 'confirmed' RETURNING id::text",
       .also = {"I-4 an order's invoices add up to it, term by term"}},
      {.module = "order",
       .invariant = "O-1 the header derives from the lines",
       .sql = "UPDATE order_header SET unit_count = unit_count + 1 WHERE status = 'confirmed' RETURNING id::text"},
      {.module = "order",
       .invariant = "O-1 every line derives its total",
       .sql = "UPDATE order_line SET total = total - 1 WHERE order_id IN (SELECT id FROM order_header WHERE status = 'confirmed') RETURNING order_id::text",
       .held_by = {"order_line_total_derives"}},
      {.module = "order",
       .invariant = "O-1 every line has its order",
       .sql = "INSERT INTO order_line SELECT (jsonb_populate_record(l, jsonb_build_object('order_id', gen_random_uuid()))).* FROM order_line l"
              " WHERE order_id IN (SELECT id FROM order_header WHERE status = 'confirmed') RETURNING order_id::text"},
      {.module = "order",
       .invariant = "O-3 the counters hold",
       .sql = "UPDATE order_line SET returned_qty = delivered_qty + 1 WHERE delivered_qty > 0 RETURNING order_id::text",
       .held_by = {"order_line_returned"}},
      {.module = "order",
       .invariant = "O-3 allocations add up to the live units",
       .sql = "UPDATE order_line SET allocations = '[]' WHERE order_id IN (SELECT id FROM order_header WHERE status = 'confirmed') RETURNING order_id::text"},
      {.module = "order",
       .invariant = "O-4 one order per saga",
       .sql =
           "UPDATE order_header SET saga_id = (SELECT saga_id FROM order_header WHERE status = 'confirmed') WHERE status = 'cancelled' RETURNING saga_id::text",
       .held_by = {"order_header_saga_id_key"}},
      {.module = "order",
       .invariant = "O-4 one live order per session",
       .sql = "UPDATE order_header SET session_id = (SELECT session_id FROM order_header WHERE status = 'confirmed') WHERE status = 'delivered' RETURNING "
              "session_id::text",
       .held_by = {"order_session_live"}},
      {.module = "order",
       .invariant = "O-5 every status change is an edge of the table",
       .sql = "UPDATE order_status_history SET from_status = 'completed' WHERE to_status = 'delivered' AND from_status <> to_status RETURNING order_id::text"},
      {.module = "order",
       .invariant = "O-5 the history ends in the status",
       .sql = "UPDATE order_header SET history_seq = history_seq + 1 WHERE status = 'delivered' RETURNING id::text"},
      {.module = "order",
       .invariant = "O-6 what was confirmed is paid for",
       .sql = "UPDATE order_header SET payment_status = 'pending' WHERE status = 'confirmed' RETURNING id::text"},
      {.module = "order",
       .invariant = "O-6 what was confirmed is paid for",
       .sql = "UPDATE order_header SET payment_id = NULL WHERE status = 'confirmed' RETURNING id::text",
       .held_by = {"order_confirmed_is_payable"}},
      {.module = "order",
       .invariant = "O-8 a cancelled order's payment is undone after an hour",
       .sql =
           "UPDATE order_header SET payment_status = 'cod_pending', cancelled_at = now() - interval '2 hours' WHERE status = 'cancelled' RETURNING id::text"},
  };
}

}  // namespace emporion::audit
