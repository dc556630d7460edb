#include "tests/audit/breaks.hpp"

namespace emporion::audit {

// The shop's house has an invoice for each of its orders, and a credit note for the one that was cancelled.
std::vector<Break> breaks_of_invoices() {
  return {
      {.module = "order",
       .invariant = "I-1 the numbers of a series and year are 1 to n, each once",
       .sql = "UPDATE invoice_counter SET last = last + 1 WHERE series = 'EM' RETURNING series || '-' || year"},
      {.module = "order",
       .invariant = "I-1 the numbers of a series and year are 1 to n, each once",
       .sql = "UPDATE invoice SET no = no + 5 WHERE series = 'EM' AND no = (SELECT max(no) FROM invoice WHERE series = 'EM') RETURNING series || '-' || year"},
      {.module = "order",
       .invariant = "I-2 every document belongs to a confirmed order",
       .sql = "UPDATE invoice_counter SET last = last + 1 WHERE series = 'EM';"
              " INSERT INTO invoice (id, kind, series, year, no, order_id, seq, issued_at, issued_on, currency, subtotal, discount, shipping, "
              "shipping_discount, shipping_tax, tax,"
              " payment_fee, points_value, adjustment, grand_total, stated) SELECT gen_random_uuid(), kind, series, year, no + 1, gen_random_uuid(), seq, "
              "issued_at, issued_on, currency,"
              " subtotal, discount, shipping, shipping_discount, shipping_tax, tax, payment_fee, points_value, adjustment, grand_total, stated FROM invoice"
              " WHERE series = 'EM' AND no = (SELECT max(no) FROM invoice WHERE series = 'EM') RETURNING order_id::text"},
      {.module = "order",
       .invariant = "I-3 every confirmed order has one invoice per seller",
       .sql = "UPDATE invoice SET seller_id = gen_random_uuid() WHERE kind = 'invoice' AND order_id IN (SELECT id FROM order_header WHERE status = "
              "'confirmed') RETURNING order_id::text",
       .also = {"I-9 a series belongs to one seller and one kind of document"}},
      {.module = "order",
       .invariant = "I-4 an order's invoices add up to it, term by term",
       .sql = "UPDATE invoice SET shipping = shipping + 1, shipping_discount = shipping_discount + 1 WHERE kind = 'invoice'"
              " AND order_id IN (SELECT id FROM order_header WHERE status = 'confirmed') RETURNING order_id::text"},
      {.module = "order",
       .invariant = "I-5 a document states what it adds up to",
       .sql =
           "UPDATE invoice SET stated = jsonb_set(stated, '{totals,grand_total,amount}', '1') WHERE kind = 'invoice' AND status = 'issued' RETURNING id::text"},
      {.module = "order",
       .invariant = "I-5 a document states what it adds up to",
       .sql = "UPDATE invoice SET stated = jsonb_set(stated, '{lines}', '[]') WHERE kind = 'invoice' AND status = 'credited' RETURNING id::text"},
      {.module = "order",
       .invariant = "I-6 credit notes take no more than their invoice has",
       .sql = "UPDATE invoice SET credited = credited + 1 WHERE kind = 'invoice' AND status = 'issued' RETURNING id::text"},
      {.module = "order",
       .invariant = "I-6 credit notes take no more than their invoice has",
       .sql = "UPDATE invoice SET grand_total = grand_total + 1, adjustment = adjustment + 1 WHERE kind = 'credit_note' RETURNING credits::text",
       .also = {"I-5 a document states what it adds up to"}},
      {.module = "order",
       .invariant = "I-7 what was cancelled or refunded is credited",
       .sql = "UPDATE invoice SET status = 'issued' WHERE kind = 'invoice' AND status = 'credited' RETURNING order_id::text"},
      {.module = "order",
       .invariant = "I-8 nothing is credited but what was cancelled or refunded",
       .sql = "UPDATE invoice SET order_id = (SELECT id FROM order_header WHERE status = 'confirmed') WHERE kind = 'credit_note' RETURNING order_id::text"},
      {.module = "order",
       .invariant = "I-9 a series belongs to one seller and one kind of document",
       .sql = "UPDATE invoice_series SET seller_id = gen_random_uuid() WHERE series = 'EMC'; SELECT number FROM invoice WHERE series = 'EMC'"},
      {.module = "order",
       .invariant = "I-10 every mail of an invoice comes to an end in three days",
       .sql = "INSERT INTO invoice_mail (id, invoice_id, seq, recipient, next_at, created_at) SELECT gen_random_uuid(), id, 0, 'nobody@example.com', now(), "
              "now() - interval '4 days'"
              " FROM invoice WHERE kind = 'credit_note' RETURNING id::text"},
  };
}

}  // namespace emporion::audit
