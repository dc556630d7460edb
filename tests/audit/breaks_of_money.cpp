#include "tests/audit/breaks.hpp"

namespace emporion::audit {
namespace {

// A dispute of the cash that was paid at the door. Nobody charges cash back, so only what the invariants say of disputes is broken.
#define EMP_DISPUTE(status, more)                                                                                                                     \
  "INSERT INTO dispute (id, payment_id, order_id, provider, provider_ref, reason_code, amount, currency, status, opened_at, closed_at, charged_back)" \
  " SELECT gen_random_uuid(), p.id, p.order_id, p.provider, 'dp_1', 'broken', 1, p.currency, '" status "', now() - interval '1 day', " more           \
  " FROM payment p WHERE p.status = 'captured';"

}  // namespace

std::vector<Break> breaks_of_money() {
  return {
      // Lost, and its payment says so, but the ledger does not.
      {.module = "payment",
       .invariant = "P-12 a chargeback is in the ledger if and only if its dispute is lost",
       .sql =
           EMP_DISPUTE("lost", "now(), 1") "UPDATE payment SET dispute_state = 'lost', charged_back_amount = 1 WHERE status = 'captured' RETURNING id::text"},
      // In the ledger, and nobody disputes.
      {.module = "payment",
       .invariant = "P-12 a chargeback is in the ledger if and only if its dispute is lost",
       .sql = "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)"
              " SELECT md5('chargeback')::uuid, leg.n, leg.account, leg.amount, currency, id, order_id, 'chargeback', now() FROM payment,"
              " (VALUES (1, 'chargebacks', 1), (2, 'gateway_clearing', -1)) AS leg(n, account, amount) WHERE status = 'captured' RETURNING payment_id::text"},
      {.module = "payment",
       .invariant = "P-12 a payment says how its disputes stand",
       .sql = EMP_DISPUTE("opened", "NULL, 0") "SELECT id::text FROM payment WHERE status = 'captured'"},
      {.module = "payment",
       .invariant = "P-12 no refund is sent while a dispute of its payment is open",
       .sql = EMP_DISPUTE("opened", "NULL, 0") "UPDATE payment SET dispute_state = 'open' WHERE status = 'captured';"
                                               "INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, created_at, sent_at)"
                                               " SELECT gen_random_uuid(), id, 1, 'broken', 'manual', 'submitted', 'broken', now(), now() FROM payment WHERE "
                                               "status = 'captured' RETURNING id::text"},
      {.module = "payment",
       .invariant = "P-12 the escrow of a disputed order is frozen",
       .sql = "INSERT INTO escrow_release (order_id, shares, completed_at, released_at) SELECT order_id, '[]', now(), now() FROM payment WHERE status = "
              "'captured' ON CONFLICT (order_id)"
              " DO UPDATE SET released_at = now(); " EMP_DISPUTE(
                  "opened", "NULL, 0") "UPDATE payment SET dispute_state = 'open' WHERE status = 'captured'; SELECT id::text FROM dispute",
       .also = {"P-8 the escrow of a released order is empty"}},
      {.module = "payment",
       .invariant = "P-12 refunds and chargebacks take no more than was captured, or a person knows",
       .sql = EMP_DISPUTE(
           "lost",
           "now(), 1") "UPDATE dispute SET amount = p.captured_amount + 1, charged_back = p.captured_amount + 1 FROM payment p WHERE p.id = dispute.payment_id;"
                       "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at)"
                       " SELECT md5('chargeback')::uuid, leg.n, leg.account, leg.sign * (captured_amount + 1), currency, id, order_id, 'chargeback', now() "
                       "FROM payment,"
                       " (VALUES (1, 'chargebacks', 1), (2, 'gateway_clearing', -1)) AS leg(n, account, sign) WHERE status = 'captured';"
                       "UPDATE payment SET dispute_state = 'lost', charged_back_amount = captured_amount + 1 WHERE status = 'captured' RETURNING id::text",
       .held_by = {"payment_charged_back_within_captured"}},
      {.module = "payment",
       .invariant = "P-8 the escrow of a released order is empty",
       .sql = "INSERT INTO escrow_release (order_id, shares, completed_at, released_at) SELECT order_id, '[]', now(), now() FROM payment WHERE status = "
              "'captured' RETURNING order_id::text"},
      {.module = "payment",
       .invariant = "P-8 what the bank told us of is in the ledger, once",
       .sql = "INSERT INTO bank_credit (bank_txn_id, payment_id, amount, currency, remittance, state, at, posted) SELECT 'FT1', id, 5, 'VND', 'x', 'counted', "
              "now(), true FROM payment"
              " WHERE status = 'captured' RETURNING currency"},
      {.module = "payment",
       .invariant = "P-8 what a transfer brought is captured, waits for its rest, or is to be paid out",
       .sql = "INSERT INTO payment SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'attempt_no', 2, 'method', 'bank_transfer', "
              "'status', 'requires_action',"
              " 'captured_amount', 0, 'superseded', true, 'collected_amount', 7))).* FROM payment p WHERE status = 'captured' RETURNING id::text"},
      {.module = "payment",
       .invariant = "P-8 a transfer in suspense has a case, and a case its transfer",
       .sql = "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, cause, at) VALUES (md5('c')::uuid, 1, 'gateway_clearing', 5, 'VND', "
              "'bank_credit', now()),"
              " (md5('c')::uuid, 2, 'bank_suspense', -5, 'VND', 'bank_credit', now());"
              "INSERT INTO bank_credit (bank_txn_id, amount, currency, remittance, state, at, posted) VALUES ('FT1', 5, 'VND', 'x', 'suspense', now(), true) "
              "RETURNING bank_txn_id"},
      {.module = "payment",
       .invariant = "P-8 a case that was paid out is in the ledger, once",
       .sql = "INSERT INTO payment_case (id, kind, ours, theirs, dedup_key, opened_at, closed_at, amount, currency, paid_under) VALUES"
              " (gen_random_uuid(), 'unmatched_transfer', '', '', 'broken', now(), now(), 5, 'VND', 'OUT1') RETURNING currency"},
      {.module = "payment",
       .invariant = "P-8 a refund that a person paid names the bank's payment",
       .sql = "INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, created_at) SELECT gen_random_uuid(), id, 1, 'broken', 'manual', "
              "'succeeded', 'broken', now()"
              " FROM payment WHERE status = 'captured' RETURNING id::text",
       .also = {"P-1 refunded equals the refunds that succeeded"}},
      {.module = "payment",
       .invariant = "P-8 a comparison that is done counts what it found",
       .sql = "INSERT INTO recon_report (id, provider, from_at, to_at, run_key, status, started_at, finished_at) VALUES (md5('r')::uuid, 'stripe', now() - "
              "interval '1 day', now(), 'broken', 'done',"
              " now(), now()); INSERT INTO recon_item (id, provider, kind, subject, report_id, ours, theirs, noted, found_at, happened_at)"
              " VALUES (gen_random_uuid(), 'stripe', 'missing_ours', 'ch_1', md5('r')::uuid, '', '', false, now(), now()) RETURNING report_id::text"},
  };
}

}  // namespace emporion::audit
