#include "modules/commerce/payment/api/module.hpp"

namespace emporion::payment {

SeedPart seed_part() {
  return {
      .module = "payment",
      .orders =
          {
              R"(INSERT INTO risk_assessment (id, idem_key, saga_id, order_id, customer_id, email_digest, method, amount, currency, score, decision, force_3ds, signals, rules_version,
                             created_at)
SELECT pg_temp.seeded_time_id('assessment', o.n, o.placed_at), o.saga_id || ':assess_risk', o.saga_id, o.id, o.customer_id, md5(o.email)::uuid, 'cod', o.total, g.currency, 0,
       'allow', false, '[]', 1, o.placed_at FROM seeded_order o CROSS JOIN seeded g ORDER BY o.n)",
              R"(INSERT INTO payment (id, order_id, order_number, attempt_no, customer_id, method, provider, amount, currency, captured_amount, collected_amount, status, assessment_id,
                     captured_at, request_digest, transaction_seq, version, created_at, updated_at)
SELECT o.payment_id, o.id, o.number, 1, o.customer_id, 'cod', 'cod', o.total, g.currency, o.total, o.total, 'captured', pg_temp.seeded_time_id('assessment', o.n, o.placed_at),
       o.delivered_at, pg_temp.seeded_id('payment body', o.n), 2, 2, o.placed_at, o.delivered_at FROM seeded_order o CROSS JOIN seeded g ORDER BY o.n)",
              R"(INSERT INTO payment_transaction (payment_id, seq, type, from_status, to_status, amount, outcome, detail, at)
SELECT o.payment_id, t.seq, t.type, t.from_status, t.to_status, o.total, 'succeeded', t.detail, t.at FROM seeded_order o CROSS JOIN LATERAL (VALUES
    (1, 'create', NULL, 'pending_collection', NULL, o.placed_at), (2, 'collect', 'pending_collection', 'captured', 'parcel ' || o.shipment_id, o.delivered_at))
    AS t(seq, type, from_status, to_status, detail, at) ORDER BY o.n, t.seq)",
              R"(INSERT INTO cod_report (shipment_id, payment_id, amount, counted, at)
SELECT o.shipment_id, o.payment_id, o.total, true, o.delivered_at FROM seeded_order o ORDER BY o.n)",
              // Collected into the escrow; released from it, a tenth of it commission, when the order was completed.
              R"(INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)
SELECT pg_temp.seeded_id(e.cause, o.n), e.line_no, e.account, e.amount, g.currency, o.payment_id, o.id, e.cause, e.at FROM seeded_order o CROSS JOIN seeded g
 CROSS JOIN LATERAL (VALUES
    ('cod_collection', 1, 'cod_clearing', o.total, o.delivered_at), ('cod_collection', 2, 'escrow:platform', -o.total, o.delivered_at),
    ('release', 1, 'escrow:platform', o.total, o.completed_at), ('release', 2, 'revenue', -(o.total / 10), o.completed_at),
    ('release', 3, 'revenue', o.total / 10 - o.total, o.completed_at)) AS e(cause, line_no, account, amount, at) ORDER BY o.n, e.cause, e.line_no)",
              R"(INSERT INTO escrow_release (order_id, shares, completed_at, released_at)
SELECT o.id, jsonb_build_array(jsonb_build_object('seller', 'platform', 'weight', o.total)), o.completed_at, o.completed_at FROM seeded_order o ORDER BY o.n)",
          },
  };
}

}  // namespace emporion::payment
