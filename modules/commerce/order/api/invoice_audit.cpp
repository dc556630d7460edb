#include "modules/commerce/order/api/audit.hpp"

namespace emporion::order {

std::vector<AuditCheck> invoice_audit_checks() {
  return {
      {"I-1 the numbers of a series and year are 1 to n, each once",
       "SELECT series || '-' || year, format('%s documents, %s numbers up to %s, counter %s', i.documents, i.numbers, i.last, c.last) FROM invoice_counter c "
       "FULL JOIN (SELECT series, year, count(*) AS documents, count(DISTINCT no) AS numbers, max(no) AS last FROM invoice GROUP BY series, year) i USING "
       "(series, year) "
       "WHERE COALESCE(i.documents, 0) IS DISTINCT FROM c.last OR COALESCE(i.numbers, 0) IS DISTINCT FROM c.last OR COALESCE(i.last, 0) IS DISTINCT FROM "
       "c.last"},
      {"I-2 every document belongs to a confirmed order",
       "SELECT i.order_id::text, i.number FROM invoice i WHERE NOT EXISTS (SELECT FROM order_header h WHERE h.id = i.order_id AND h.confirmed_at IS NOT NULL)"},
      // Within the hour it may still be due.
      {"I-3 every confirmed order has one invoice per seller",
       "SELECT h.id::text, format('seller %s, %s invoices', l.seller, COALESCE(i.invoices, 0)) FROM order_header h "
       "JOIN (SELECT DISTINCT order_id, COALESCE(seller_id, '00000000-0000-0000-0000-000000000000'::uuid) AS seller FROM order_line) l ON l.order_id = h.id "
       "LEFT JOIN (SELECT order_id, COALESCE(seller_id, '00000000-0000-0000-0000-000000000000'::uuid) AS seller, count(*) AS invoices FROM invoice WHERE kind "
       "= 'invoice' GROUP BY 1, 2) i "
       "ON i.order_id = h.id AND i.seller = l.seller WHERE h.confirmed_at IS NOT NULL AND COALESCE(i.invoices, 0) <> 1 "
       "AND (i.invoices > 1 OR NOT EXISTS (SELECT FROM invoice_due d WHERE d.order_id = h.id AND d.since > now() - interval '1 hour'))"},
      {"I-4 an order's invoices add up to it, term by term",
       "SELECT h.id::text, format('total %s, invoices %s', h.grand_total, i.grand_total) FROM order_header h JOIN (SELECT order_id, sum(subtotal) AS subtotal, "
       "sum(discount) AS discount, "
       "sum(shipping) AS shipping, sum(shipping_discount) AS shipping_discount, sum(shipping_tax) AS shipping_tax, sum(tax) AS tax, sum(payment_fee) AS "
       "payment_fee, sum(points_value) AS points_value, "
       "sum(grand_total) AS grand_total FROM invoice WHERE kind = 'invoice' GROUP BY order_id) i ON i.order_id = h.id "
       "WHERE (h.subtotal, h.discount, h.shipping, h.shipping_discount, h.shipping_tax, h.tax, h.payment_fee, h.points_value, h.grand_total) IS DISTINCT FROM "
       "(i.subtotal, i.discount, i.shipping, i.shipping_discount, i.shipping_tax, i.tax, i.payment_fee, i.points_value, i.grand_total)"},
      {"I-5 a document states what it adds up to",
       "SELECT i.id::text, i.number FROM invoice i WHERE (i.stated #>> '{totals,grand_total,amount}')::bigint IS DISTINCT FROM i.grand_total "
       "OR i.tax <> (SELECT COALESCE(sum((t #>> '{tax,amount}')::bigint), 0) FROM jsonb_array_elements(i.stated -> 'taxes') t) "
       "OR i.subtotal <> (SELECT COALESCE(sum((l #>> '{unit_price,amount}')::bigint * (l ->> 'qty')::bigint), 0) FROM jsonb_array_elements(i.stated -> "
       "'lines') l)"},
      {"I-6 credit notes take no more than their invoice has",
       "SELECT i.id::text, format('%s of %s credited, notes %s', i.credited, i.grand_total, n.total) FROM invoice i "
       "LEFT JOIN (SELECT credits, count(*) AS notes, sum(grand_total) AS total, sum(tax) AS tax FROM invoice WHERE kind = 'credit_note' GROUP BY credits) n "
       "ON n.credits = i.id "
       "WHERE i.kind = 'invoice' AND (COALESCE(n.total, 0) > i.grand_total OR COALESCE(n.tax, 0) > i.tax OR COALESCE(n.total, 0) <> i.credited OR "
       "COALESCE(n.notes, 0) <> i.notes)"},
      {"I-7 what was cancelled or refunded is credited",
       "SELECT h.id::text, format('%s, refunded %s, credited %s', h.status, h.refunded_amount, i.credited) FROM order_header h "
       "JOIN (SELECT order_id, sum(credited) AS credited, bool_and(status = 'credited') AS is_over FROM invoice WHERE kind = 'invoice' GROUP BY order_id) i ON "
       "i.order_id = h.id "
       "WHERE ((h.status = 'cancelled' AND NOT i.is_over) OR h.refunded_amount > i.credited) "
       "AND NOT EXISTS (SELECT FROM invoice_due d WHERE d.order_id = h.id AND d.since > now() - interval '1 hour')"},
      {"I-8 nothing is credited but what was cancelled or refunded",
       "SELECT h.id::text, format('credited %s', n.total) FROM order_header h JOIN (SELECT order_id, sum(grand_total) AS total FROM invoice WHERE kind = "
       "'credit_note' GROUP BY order_id) n "
       "ON n.order_id = h.id WHERE h.status <> 'cancelled' AND n.total > h.refunded_amount + "
       "(SELECT sum(floor(l.total::numeric * l.cancelled_qty / l.qty)) FROM order_line l WHERE l.order_id = h.id)"},
      {"I-9 a series belongs to one seller and one kind of document",
       "SELECT i.number, format('series of %s', s.seller_id) FROM invoice i LEFT JOIN invoice_series s ON s.series = i.series WHERE s.kind IS DISTINCT FROM "
       "i.kind OR s.seller_id IS DISTINCT FROM i.seller_id"},
      {"I-10 every mail of an invoice comes to an end in three days",
       "SELECT id::text, format('%s after %s tries', state, tries) FROM invoice_mail WHERE next_at IS NOT NULL AND created_at < now() - interval '3 days'"},
  };
}

}  // namespace emporion::order
