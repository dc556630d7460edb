#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_checkout() {
  return {
      {.module = "checkout",
       .invariant = "C-I3 a cart has one line per SKU and no empty line",
       .sql = "INSERT INTO cart_line SELECT (jsonb_populate_record(l, jsonb_build_object('line_id', gen_random_uuid()))).* FROM cart_line l JOIN cart c ON "
              "c.id = l.cart_id"
              " WHERE c.status = 'active' RETURNING cart_id::text",
       .held_by = {"cart_line_cart_id_sku_key"}},
      {.module = "checkout",
       .invariant = "C-I3 a cart has one line per SKU and no empty line",
       .sql = "UPDATE cart_line l SET qty = 0 FROM cart c WHERE c.id = l.cart_id AND c.status = 'active' RETURNING cart_id::text",
       .held_by = {"cart_line_qty_check"}},
      {.module = "checkout",
       .invariant = "C-I8 a locked cart has a saga under way",
       .sql =
           "UPDATE cart SET status = 'locked', saga_id = (SELECT id FROM saga WHERE state = 'completed' LIMIT 1) WHERE status = 'active' RETURNING id::text"},
      {.module = "checkout",
       .invariant = "C-I8 a converted cart has a completed saga",
       .sql = "UPDATE cart SET saga_id = NULL WHERE status = 'converted' RETURNING id::text"},
      {.module = "checkout",
       .invariant = "every confirm that was accepted has its saga",
       .sql = "INSERT INTO confirm_key (session_id, key, request_sha256, saga_id, order_id) VALUES (gen_random_uuid(), 'lost', '', gen_random_uuid(), "
              "gen_random_uuid())"
              " RETURNING saga_id::text"},
      {.module = "checkout",
       .invariant = "an awaited transfer belongs to a saga under way",
       .sql = "INSERT INTO pending_transfer (saga_id, email, address) SELECT id, 'mai@example.com', '' FROM saga WHERE state = 'completed' LIMIT 1 RETURNING "
              "saga_id::text"},
      {.module = "checkout",
       .invariant = "no saga is lost: each is terminal, waiting, or due within its lease",
       .sql = "INSERT INTO saga (id, definition, subject, state, step, context, deadline_at, next_run_at, lease_owner, lease_until)"
              " VALUES (gen_random_uuid(), 'checkout.place_order', 'lost', 'running', 'quote', '{}', now(), now() - interval '1 hour', 'a crashed one', now() "
              "- interval '1 hour')"
              " RETURNING id::text"},
  };
}

}  // namespace emporion::audit
