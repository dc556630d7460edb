#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_payment() {
  return {
      {.module = "payment",
       .invariant = "P-1 captured is at most the amount, refunded at most captured",
       .sql = "UPDATE payment SET amount = captured_amount - 1 WHERE status = 'captured' RETURNING id::text",
       .held_by = {"payment_captured_within_amount"},
       .also = {"what each standing order owes is secured in Payment, to the minor unit", "no money is secured for an order that does not stand"}},
      {.module = "payment",
       .invariant = "P-1 refunds that have not failed add up to at most what was captured",
       .sql = "INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, created_at)"
              " SELECT gen_random_uuid(), id, captured_amount + 1, 'broken', 'manual', 'requested', 'broken', now() FROM payment WHERE status = 'captured' "
              "RETURNING payment_id::text"},
      {.module = "payment",
       .invariant = "P-1 refunded equals the refunds that succeeded",
       .sql = "INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, created_at, provider_ref)"
              " SELECT gen_random_uuid(), id, 1, 'broken', 'manual', 'succeeded', 'broken', now(), 'bank:1' FROM payment WHERE status = 'captured' RETURNING "
              "payment_id::text"},
      {.module = "payment",
       .invariant = "P-2 one live or successful payment per order",
       .sql = "INSERT INTO payment SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'attempt_no', 2))).* FROM payment p"
              " WHERE status = 'pending_collection' RETURNING order_id::text",
       .held_by = {"payment_one_live"}},
      // Two postings of one leg each, so that the currency as a whole still adds up.
      {.module = "payment",
       .invariant = "P-8 every posting of the ledger adds up to zero in one currency",
       .sql = "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)"
              " SELECT gen_random_uuid(), 1, 'fees', leg, currency, id, order_id, 'fee', now() FROM payment, unnest(ARRAY[1, -1]) AS leg WHERE status = "
              "'captured' RETURNING posting_id::text"},
      {.module = "payment",
       .invariant = "P-8 the ledger adds up to zero in every currency",
       .sql = "UPDATE ledger_entry SET amount = amount - 1 WHERE amount < 0 RETURNING currency",
       .also = {"P-8 every posting of the ledger adds up to zero in one currency"}},
      // The same cash, posted twice.
      {.module = "payment",
       .invariant = "P-8 what was captured is in the ledger, once",
       .sql = "INSERT INTO ledger_entry SELECT (jsonb_populate_record(l, jsonb_build_object('posting_id', md5('again' || posting_id)::uuid))).* FROM "
              "ledger_entry l"
              " WHERE cause = 'cod_collection' RETURNING payment_id::text"},
      {.module = "payment",
       .invariant = "P-8 what was captured is in the ledger, once",
       .sql = "DELETE FROM ledger_entry WHERE cause = 'cod_collection' RETURNING payment_id::text"},
      {.module = "payment",
       .invariant = "P-8 what was refunded is in the ledger, once",
       .sql = "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)"
              " SELECT md5('refund')::uuid, leg.n, leg.account, leg.amount, currency, id, order_id, 'refund', now() FROM payment,"
              " (VALUES (1, 'refunds', 1), (2, 'cod_clearing', -1)) AS leg(n, account, amount) WHERE status = 'captured' RETURNING payment_id::text"},
      {.module = "payment",
       .invariant = "P-8 every status is an edge of the table",
       .sql = "UPDATE payment_transaction SET from_status = 'refunded' WHERE to_status = 'captured' RETURNING payment_id::text"},
      // An attempt that another has replaced still waits for cash.
      {.module = "payment",
       .invariant = "P-7 money that nobody waits for is on its way back",
       .sql = "INSERT INTO payment SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'attempt_no', 2, 'superseded', true))).* FROM "
              "payment p"
              " WHERE status = 'pending_collection' RETURNING id::text"},
      {.module = "payment",
       .invariant = "P-7 money that nobody waits for is on its way back",
       .sql = "INSERT INTO closed_order (order_id, at) SELECT order_id, now() FROM payment WHERE status = 'captured';"
              "SELECT id::text FROM payment WHERE status = 'captured'",
       .also = {"what each standing order owes is secured in Payment, to the minor unit"}},
  };
}

}  // namespace emporion::audit
