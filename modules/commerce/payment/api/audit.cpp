#include "modules/commerce/payment/api/audit.hpp"

namespace emporion::payment {

std::vector<AuditCheck> audit_checks() {
  return {
      {"P-1 captured is at most the amount, refunded at most captured",
       "SELECT id::text, format('amount %s captured %s refunded %s', amount, captured_amount, refunded_amount) FROM payment "
       "WHERE captured_amount < 0 OR captured_amount > amount OR refunded_amount < 0 OR refunded_amount > captured_amount"},
      {"P-1 refunds that have not failed add up to at most what was captured",
       "SELECT p.id::text, format('captured %s refunds %s', p.captured_amount, r.total) FROM payment p "
       "JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id WHERE r.total > p.captured_amount"},
      {"P-1 refunded equals the refunds that succeeded",
       "SELECT p.id::text, format('refunded %s succeeded %s', p.refunded_amount, COALESCE(r.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status = 'succeeded' GROUP BY payment_id) r ON r.payment_id = p.id "
       "WHERE p.refunded_amount <> COALESCE(r.total, 0)"},
      {"P-2 one live or successful payment per order",
       "SELECT order_id::text, format('%s payments', count(*)) FROM payment WHERE NOT superseded AND status NOT IN ('failed', 'expired', 'voided') GROUP BY order_id HAVING count(*) > 1"},
      {"P-8 every posting of the ledger adds up to zero in one currency",
       "SELECT posting_id::text, format('sum %s, %s currencies', sum(amount), count(DISTINCT currency)) FROM ledger_entry GROUP BY posting_id "
       "HAVING sum(amount) <> 0 OR count(DISTINCT currency) <> 1"},
      {"P-8 the ledger adds up to zero in every currency", "SELECT currency, format('sum %s', sum(amount)) FROM ledger_entry GROUP BY currency HAVING sum(amount) <> 0"},
      {"P-8 what was captured is in the ledger, once",
       "SELECT p.id::text, format('captured %s posted %s', p.captured_amount, COALESCE(l.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM ledger_entry WHERE cause IN ('capture', 'cod_collection') AND amount > 0 GROUP BY payment_id) l ON l.payment_id = p.id "
       "WHERE p.captured_amount <> COALESCE(l.total, 0)"},
      {"P-8 what was refunded is in the ledger, once",
       "SELECT p.id::text, format('refunded %s posted %s', p.refunded_amount, COALESCE(l.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM ledger_entry WHERE cause = 'refund' AND amount > 0 GROUP BY payment_id) l ON l.payment_id = p.id "
       "WHERE p.refunded_amount <> COALESCE(l.total, 0)"},
      {"P-8 every status is an edge of the table",
       "SELECT t.payment_id::text, format('%s to %s', t.from_status, t.to_status) FROM payment_transaction t WHERE t.to_status IS NOT NULL AND t.outcome <> 'ignored' "
       "AND t.from_status IS NOT NULL AND t.from_status <> t.to_status "
       "AND NOT EXISTS (SELECT FROM payment_transition x WHERE x.from_status = t.from_status AND x.to_status = t.to_status)"},
      {"P-7 money that nobody waits for is on its way back",
       "SELECT p.id::text, format('%s, captured %s, refunds %s', p.status, p.captured_amount, COALESCE(r.total, 0)) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id "
       "WHERE (p.superseded OR EXISTS (SELECT FROM closed_order c WHERE c.order_id = p.order_id)) "
       "AND ((p.captured_amount > COALESCE(r.total, 0)) OR (p.status IN ('authorized', 'pending_collection') AND p.void_requested_at IS NULL))"},
  };
}

std::vector<AuditFact> audit_facts() {
  return {
      // Confirmed orders are paid for: equals order.due_by_order.
      {"payment.secured_by_order",
       "SELECT p.order_id::text, format('%s %s', p.amount, p.currency) FROM payment p WHERE NOT p.superseded AND p.status IN ('pending_collection', 'captured', 'partially_refunded', 'refunded') "
       "AND NOT EXISTS (SELECT FROM closed_order c WHERE c.order_id = p.order_id)"},
      // Orders whose money is neither taken nor promised any more, or is on its way back: covers order.cancelled.
      {"payment.unreturned_by_order",
       "SELECT p.order_id::text, format('%s %s', p.captured_amount - COALESCE(r.total, 0), p.currency) FROM payment p "
       "LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refund WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id "
       "WHERE p.captured_amount > COALESCE(r.total, 0) OR (p.status IN ('authorized', 'pending_collection') AND p.void_requested_at IS NULL)"},
      {"payment.refunded_by_order", "SELECT order_id::text || ' ' || currency, sum(refunded_amount)::text FROM payment GROUP BY order_id, currency"},
      // Cash that Payment was told of, whether it was what it expected or not.
      {"payment.reported_cash_by_parcel", "SELECT r.shipment_id::text, format('%s %s', r.amount, p.currency) FROM cod_report r JOIN payment p ON p.id = r.payment_id"},
  };
}

}  // namespace emporion::payment
