#include "modules/commerce/payment/api/audit.hpp"

namespace emporion::payment {

std::vector<AuditCheck> audit_checks() {
  return {
      {"P-1 captured is at most the amount, refunded at most captured",
       "SELECT id::text, format('amount %s captured %s refunded %s', amount, captured_amount, refunded_amount) FROM payment "
       "WHERE captured_amount < 0 OR captured_amount > amount OR refunded_amount < 0 OR refunded_amount > captured_amount"},
      {"P-1 refunds that have not failed add up to at most what was captured",
       "SELECT p.id::text, format('captured %s refunds %s', p.captured_amount, r.total) FROM payment p "
       "JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id WHERE r.total > "
       "p.captured_amount"},
      {"P-1 refunded equals the refunds that succeeded",
       "SELECT p.id::text, format('refunded %s succeeded %s', p.refunded_amount, COALESCE(r.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status = 'succeeded' GROUP BY payment_id) r ON r.payment_id = p.id "
       "WHERE p.refunded_amount <> COALESCE(r.total, 0)"},
      {"P-2 one live or successful payment per order",
       "SELECT order_id::text, format('%s payments', count(*)) FROM payment WHERE NOT superseded AND status NOT IN ('failed', 'expired', 'voided') GROUP BY "
       "order_id HAVING count(*) > 1"},
      {"P-8 every posting of the ledger adds up to zero in one currency",
       "SELECT posting_id::text, format('sum %s, %s currencies', sum(amount), count(DISTINCT currency)) FROM ledger_entry GROUP BY posting_id "
       "HAVING sum(amount) <> 0 OR count(DISTINCT currency) <> 1"},
      {"P-8 the ledger adds up to zero in every currency",
       "SELECT currency, format('sum %s', sum(amount)) FROM ledger_entry GROUP BY currency HAVING sum(amount) <> 0"},
      {"P-8 what was captured is in the ledger, once",
       "SELECT p.id::text, format('captured %s posted %s', p.captured_amount, COALESCE(l.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM ledger_entry WHERE cause IN ('capture', 'cod_collection') AND amount > 0 GROUP BY payment_id) "
       "l ON l.payment_id = p.id "
       "WHERE p.captured_amount <> COALESCE(l.total, 0)"},
      {"P-8 what was refunded is in the ledger, once",
       "SELECT p.id::text, format('refunded %s posted %s', p.refunded_amount, COALESCE(l.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM ledger_entry WHERE cause = 'refund' AND amount > 0 GROUP BY payment_id) l ON l.payment_id = "
       "p.id "
       "WHERE p.refunded_amount <> COALESCE(l.total, 0)"},
      {"P-8 every status is an edge of the table",
       "SELECT t.payment_id::text, format('%s to %s', t.from_status, t.to_status) FROM payment_transaction t WHERE t.to_status IS NOT NULL AND t.outcome <> "
       "'ignored' "
       "AND t.from_status IS NOT NULL AND t.from_status <> t.to_status "
       "AND NOT EXISTS (SELECT FROM payment_transition x WHERE x.from_status = t.from_status AND x.to_status = t.to_status)"},
      {"P-7 money that nobody waits for is on its way back",
       "SELECT p.id::text, format('%s, captured %s, refunds %s', p.status, p.captured_amount, COALESCE(r.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id "
       "WHERE (p.superseded OR EXISTS (SELECT FROM closed_order c WHERE c.order_id = p.order_id)) "
       "AND ((p.captured_amount > COALESCE(r.total, 0) + p.charged_back_amount) OR (p.status IN ('authorized', 'pending_collection') AND p.void_requested_at "
       "IS NULL))"},
      {"P-12 a chargeback is in the ledger if and only if its dispute is lost",
       "SELECT p.id::text, format('lost %s posted %s', COALESCE(d.total, 0), COALESCE(l.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM dispute WHERE status IN ('lost', 'accepted') GROUP BY payment_id) d ON d.payment_id = p.id "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM ledger_entry WHERE cause IN ('chargeback', 'chargeback_reversal') AND account = 'chargebacks' "
       "GROUP BY payment_id) l "
       "  ON l.payment_id = p.id WHERE COALESCE(d.total, 0) <> COALESCE(l.total, 0)"},
      {"P-12 a payment says how its disputes stand",
       "SELECT p.id::text, format('%s, charged back %s; %s open, %s lost', p.dispute_state, p.charged_back_amount, COALESCE(d.open, 0), COALESCE(d.lost, 0)) "
       "FROM payment p "
       "LEFT JOIN (SELECT payment_id, count(*) FILTER (WHERE status IN ('opened', 'submitted')) AS open, sum(amount) FILTER (WHERE status IN ('lost', "
       "'accepted')) AS lost FROM dispute "
       "  GROUP BY payment_id) d ON d.payment_id = p.id "
       "WHERE p.charged_back_amount <> COALESCE(d.lost, 0) OR (p.dispute_state = 'open') <> (COALESCE(d.open, 0) > 0) OR (p.dispute_state = 'none') <> "
       "(d.payment_id IS NULL)"},
      {"P-12 no refund is sent while a dispute of its payment is open",
       "SELECT r.id::text, format('%s, sent %s, disputed since %s', r.status, r.sent_at, d.since) FROM refund r "
       "JOIN (SELECT payment_id, min(opened_at) AS since FROM dispute WHERE status IN ('opened', 'submitted') GROUP BY payment_id) d ON d.payment_id = "
       "r.payment_id "
       "WHERE r.sent_at > d.since OR (r.status = 'requested' AND r.sent_at IS NULL AND NOT r.held)"},
      {"P-12 the escrow of a disputed order is frozen",
       "SELECT d.id::text, format('opened %s, released %s', d.opened_at, e.released_at) FROM dispute d JOIN escrow_release e ON e.order_id = d.order_id "
       "WHERE d.status IN ('opened', 'submitted') AND e.released_at > d.opened_at"},
      {"P-12 refunds and chargebacks take no more than was captured, or a person knows",
       "SELECT p.id::text, format('captured %s refunded %s charged back %s', p.captured_amount, p.refunded_amount, p.charged_back_amount) FROM payment p "
       "WHERE p.refunded_amount + p.charged_back_amount > p.captured_amount "
       "AND NOT EXISTS (SELECT FROM payment_case c WHERE c.payment_id = p.id AND c.kind = 'paid_back_twice')"},
      {"P-8 what the bank told us of is in the ledger, once",
       "SELECT c.currency, format('credits %s posted %s', c.total, COALESCE(l.total, 0)) FROM (SELECT currency, sum(amount) FILTER (WHERE posted) AS total "
       "FROM bank_credit GROUP BY currency) c "
       "LEFT JOIN (SELECT currency, sum(amount) AS total FROM ledger_entry WHERE cause = 'bank_credit' AND amount > 0 GROUP BY currency) l ON l.currency = "
       "c.currency WHERE COALESCE(c.total, 0) <> COALESCE(l.total, 0)"},
      {"P-8 what a transfer brought is captured, waits for its rest, or is to be paid out",
       "SELECT p.id::text, format('in suspense %s, waits %s, to pay out %s', COALESCE(l.total, 0), p.collected_amount, COALESCE(c.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, -sum(amount) AS total FROM ledger_entry WHERE account = 'bank_suspense' GROUP BY payment_id) l ON l.payment_id = p.id "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM payment_case WHERE kind = 'transfer_to_return' AND closed_at IS NULL GROUP BY payment_id) c ON "
       "c.payment_id = p.id "
       "WHERE p.method = 'bank_transfer' AND COALESCE(l.total, 0) <> COALESCE(c.total, 0) + "
       "  CASE WHEN p.status IN ('created', 'requires_action', 'processing', 'authorized') THEN p.collected_amount ELSE 0 END"},
      {"P-8 a transfer in suspense has a case, and a case its transfer",
       "SELECT c.bank_txn_id, c.state FROM bank_credit c WHERE (c.state = 'suspense' AND c.posted) "
       "<> EXISTS (SELECT FROM payment_case k WHERE k.kind = 'unmatched_transfer' AND k.bank_txn_id = c.bank_txn_id AND k.closed_at IS NULL)"},
      {"P-8 a case that was paid out is in the ledger, once",
       "SELECT k.currency, format('paid %s posted %s', k.total, COALESCE(l.total, 0)) FROM (SELECT currency, sum(amount) AS total FROM payment_case WHERE "
       "paid_under IS NOT NULL GROUP BY currency) k "
       "LEFT JOIN (SELECT currency, sum(amount) AS total FROM ledger_entry WHERE cause = 'bank_payout' AND amount > 0 GROUP BY currency) l ON l.currency = "
       "k.currency "
       "WHERE k.total <> COALESCE(l.total, 0)"},
      {"P-8 a refund that a person paid names the bank's payment",
       "SELECT r.id::text, COALESCE(r.provider_ref, '') FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.status = 'succeeded' AND p.method IN "
       "('cod', 'bank_transfer') "
       "AND r.target = 'source' AND r.provider_ref IS NULL"},
      {"P-8 a comparison that is done counts what it found",
       "SELECT r.id::text, format('%s and %s told, %s and %s there', r.mismatches, r.noted, COALESCE(i.open, 0), COALESCE(i.noted, 0)) FROM recon_report r "
       "LEFT JOIN (SELECT report_id, count(*) FILTER (WHERE NOT noted) AS open, count(*) FILTER (WHERE noted) AS noted FROM recon_item GROUP BY report_id) i "
       "ON i.report_id = r.id "
       "WHERE r.status = 'done' AND (COALESCE(i.open, 0) > r.mismatches OR COALESCE(i.noted, 0) > r.noted)"},
      {"P-8 the escrow of a released order is empty",
       "SELECT e.order_id::text, format('left %s', sum(l.amount)) FROM escrow_release e JOIN ledger_entry l ON l.order_id = e.order_id AND l.account LIKE "
       "'escrow:%' "
       "JOIN payment p ON p.id = l.payment_id AND NOT p.superseded WHERE e.released_at IS NOT NULL GROUP BY e.order_id HAVING sum(l.amount) <> 0"},
      {"CR-1 every posting of credit adds up to zero on one account",
       "SELECT posting_id::text, format('sum %s, %s legs', sum(amount), count(*)) FROM credit_entry GROUP BY posting_id "
       "HAVING sum(amount) <> 0 OR count(*) <> 2 OR count(DISTINCT currency) <> 1 OR count(DISTINCT account_id) <> 1"},
      {"CR-2 what is on an account is the sum of its entries, and never below zero",
       "SELECT a.id::text, format('balance %s entries %s, held %s entries %s', a.balance, COALESCE(e.balance, 0), a.held, COALESCE(e.held, 0)) FROM "
       "credit_account a "
       "LEFT JOIN (SELECT account_id, sum(amount) FILTER (WHERE bucket = 'balance') AS balance, sum(amount) FILTER (WHERE bucket = 'held') AS held FROM "
       "credit_entry GROUP BY account_id) e "
       "ON e.account_id = a.id WHERE a.balance <> COALESCE(e.balance, 0) OR a.held <> COALESCE(e.held, 0) OR least(a.balance, a.held) < 0"},
      {"CR-3 what is held of an account is what orders hold of it",
       "SELECT a.id::text, format('held %s, by orders %s', a.held, COALESCE(o.held, 0)) FROM credit_account a "
       "LEFT JOIN (SELECT p.account_id, sum(p.amount - p.returned) AS held FROM credit_hold_part p JOIN credit_hold h ON h.id = p.hold_id WHERE h.status = "
       "'held' GROUP BY p.account_id) o "
       "ON o.account_id = a.id WHERE a.held <> COALESCE(o.held, 0)"},
      {"CR-4 what was redeemed of an account and did not come back is what orders were paid with",
       "SELECT a.id::text, format('redeemed %s, by orders %s', COALESCE(e.redeemed, 0), COALESCE(o.spent, 0)) FROM credit_account a "
       "LEFT JOIN (SELECT account_id, sum(amount) AS redeemed FROM credit_entry WHERE bucket = 'redeemed' GROUP BY account_id) e ON e.account_id = a.id "
       "LEFT JOIN (SELECT p.account_id, sum(p.amount - p.returned) AS spent FROM credit_hold_part p JOIN credit_hold h ON h.id = p.hold_id WHERE h.status = "
       "'redeemed' GROUP BY p.account_id) o "
       "ON o.account_id = a.id WHERE COALESCE(e.redeemed, 0) <> COALESCE(o.spent, 0)"},
      {"CR-5 a hold is the sum of its parts",
       "SELECT h.id::text, format('amount %s parts %s, returned %s parts %s', h.amount, COALESCE(p.amount, 0), h.returned, COALESCE(p.returned, 0)) FROM "
       "credit_hold h "
       "LEFT JOIN (SELECT hold_id, sum(amount) AS amount, sum(returned) AS returned FROM credit_hold_part GROUP BY hold_id) p ON p.hold_id = h.id "
       "WHERE h.amount <> COALESCE(p.amount, 0) OR h.returned <> COALESCE(p.returned, 0)"},
  };
}

std::vector<AuditFact> audit_facts() {
  return {
      // What confirmed orders are paid for with, money and credit: equals order.due_by_order. Credit that is held for a part of an order is no payment before
      // the
      // rest is there; cash of which cancelled lines left nothing stays in the sum, as the order's total does.
      {"payment.secured_by_order",
       "WITH money AS (SELECT DISTINCT p.order_id, p.amount, p.currency FROM payment p WHERE NOT p.superseded AND (p.status IN ('pending_collection', "
       "'captured', 'partially_refunded', 'refunded') "
       "  OR (p.status = 'voided' AND p.method = 'cod' AND p.reduced_amount = p.amount))), "
       "credit AS (SELECT h.order_id, h.amount, h.currency FROM credit_hold h WHERE h.amount > 0 AND (h.status IN ('redeemed', 'returned') "
       "  OR (h.status = 'held' AND (h.covers_order OR EXISTS (SELECT FROM money m WHERE m.order_id = h.order_id))))) "
       "SELECT s.order_id::text, format('%s %s', sum(s.amount), s.currency) FROM (SELECT * FROM money UNION ALL SELECT * FROM credit) s "
       "WHERE NOT EXISTS (SELECT FROM closed_order c WHERE c.order_id = s.order_id) GROUP BY s.order_id, s.currency"},
      // Orders whose money is neither taken nor promised any more, or is on its way back: covers order.cancelled.
      {"payment.unreturned_by_order",
       "SELECT p.order_id::text, format('%s %s', p.captured_amount - p.charged_back_amount - COALESCE(r.total, 0), p.currency) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id "
       "WHERE p.captured_amount > COALESCE(r.total, 0) + p.charged_back_amount OR (p.status IN ('authorized', 'pending_collection') AND p.void_requested_at IS "
       "NULL) "
       "UNION ALL SELECT h.order_id::text, format('%s %s of credit', h.amount - h.returned, h.currency) FROM credit_hold h WHERE h.amount > h.returned"},
      // Credit that orders are paid with: that of standing orders, to the minor unit, and of none that does not stand.
      {"payment.credit_by_order",
       "SELECT h.order_id::text, format('%s %s', h.amount, h.currency) FROM credit_hold h WHERE h.amount > 0 AND h.status IN ('held', 'redeemed', 'returned') "
       "AND NOT EXISTS (SELECT FROM closed_order c WHERE c.order_id = h.order_id)"},
      {"payment.credit_returned_by_order", "SELECT order_id::text || ' ' || currency, returned::text FROM credit_hold WHERE amount > 0"},
      {"payment.refunded_by_order", "SELECT order_id::text || ' ' || currency, sum(refunded_amount)::text FROM payment GROUP BY order_id, currency"},
      // Cash that Payment was told of, whether it was what it expected or not.
      {"payment.reported_cash_by_parcel",
       "SELECT r.shipment_id::text, format('%s %s', r.amount, p.currency) FROM cod_report r JOIN payment p ON p.id = r.payment_id"},
  };
}

}  // namespace emporion::payment
