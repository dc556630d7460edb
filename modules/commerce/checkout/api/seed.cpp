#include "modules/commerce/checkout/api/module.hpp"

namespace emporion::checkout {

SeedPart seed_part() {
  return {
      .module = "checkout",
      .orders =
          {
              R"(INSERT INTO saga (id, definition, subject, state, step, context, deadline_at, next_run_at, version, created_at, updated_at)
SELECT o.saga_id, 'checkout.place_order', o.session_id::text, 'completed', 'confirm_order',
       json_build_object('session', o.session_id, 'cart', pg_temp.seeded_time_id('cart', o.n, o.placed_at), 'order', o.id, 'expected_total', o.total || ' ' || g.currency,
         'grand_total', o.total || ' ' || g.currency, 'items', o.line_count, 'price_adjusted', false, 'method', 'cod', 'reserve_attempt', 1, 'payment_attempt', 1,
         'assessment', pg_temp.seeded_time_id('assessment', o.n, o.placed_at), 'risk', 'allow', 'order_number', o.number, 'payment_status', 'pending_collection',
         'next_action', 'null', 'provider', 'cod', 'held_version', 1)::text,
       o.placed_at + interval '15 minutes', o.confirmed_at, 10, o.placed_at, o.confirmed_at FROM seeded_order o CROSS JOIN seeded g ORDER BY o.n)",
          },
  };
}

}  // namespace emporion::checkout
