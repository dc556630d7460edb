#include "modules/commerce/order/adapters/postgres/invoice_rows.hpp"

#include <map>

#include "kernel/json/codec.hpp"

namespace emporion::order {
namespace {

using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;

constexpr Statement issue_invoices{
    "order.issue_invoices",
    "SELECT issued FROM "
    "issue_invoices($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24::text[]::jsonb[],$25,$26,$27,$28)",
    Effect::writes};
constexpr Statement select_due_headers{"order.invoice_headers",
                                       "SELECT h.id, d.bumps, d.tries, h.order_number, h.contact_email, h.contact_phone, h.currency, h.subtotal, h.discount, "
                                       "h.shipping, h.shipping_discount, h.shipping_tax, h.tax, h.payment_fee, "
                                       "h.points_value, h.grand_total, h.shipping_address::text, h.billing_address::text, h.payment_method, "
                                       "h.payment_provider, h.payment_status, h.refunded_amount, h.status = 'cancelled', h.placed_at, "
                                       "h.locale, d.is_mailed FROM order_header h JOIN invoice_due d ON d.order_id = h.id WHERE h.id = ANY ($1)",
                                       Effect::reads};
constexpr Statement select_due_lines{"order.invoice_lines",
                                     "SELECT order_id, line_no, sku, name, seller_id, cancelled_qty, unit_price, qty, discount, tax, total, "
                                     "tax_breakdown::text FROM order_line WHERE order_id = ANY ($1) ORDER BY order_id, line_no",
                                     Effect::reads};
constexpr Statement select_due_documents{"order.invoice_documents",
                                         "SELECT i.id, i.number, i.issued_at, i.issued_on::text, i.status, i.credited, i.currency, (SELECT c.number FROM "
                                         "invoice c WHERE c.id = i.credits), 'disabled', i.stated::text, i.order_id "
                                         "FROM invoice i WHERE i.order_id = ANY ($1) ORDER BY i.order_id, i.seq, i.issued_at, i.id",
                                         Effect::reads};

template <typename Enum>
Enum enum_of(std::string_view text) {
  Enum out{};
  const bool known = from_string(text, out);
  EMP_ASSERT(known);  // We wrote it ourselves.
  return out;
}

template <typename T>
T json_of(const std::string& text) {
  auto value = parse_json<T>(text);
  EMP_ASSERT(value.has_value());
  return std::move(*value);
}

std::vector<StatedTax> taxes_of(const std::string& breakdown) {
  const auto document = json::Document::parse(breakdown);
  EMP_ASSERT(document.has_value());
  std::vector<StatedTax> out;
  json::Reader reader;
  document->root().for_each_element([&](json::Value row) {
    v1::TaxPart part;
    read_json(row, reader, part);
    out.push_back(StatedTax{std::move(part.name), std::move(part.rate), part.amount.amount()});
    return true;
  });
  EMP_ASSERT(reader.ok());
  return out;
}

OrderBooks read_header(const postgres::Row& row) {
  int column = 0;
  const auto next = [&column] { return column++; };
  const auto amount = [&] { return row.get<std::int64_t>(next()); };
  OrderBooks out;
  out.order_id = row.get<Uuid>(next());
  out.bumps = amount();
  out.tries = row.get<std::int32_t>(next());
  out.order_number = row.get<std::string>(next());
  out.email = row.get<std::string>(next());
  out.phone = row.get<Text>(next());
  out.currency = row.get<std::string>(next());
  Totals& totals = out.totals;
  for (std::int64_t* term : {&totals.subtotal, &totals.discount, &totals.shipping, &totals.shipping_discount, &totals.shipping_tax, &totals.tax,
                             &totals.payment_fee, &totals.points_value, &totals.grand_total}) {
    *term = amount();
  }
  out.shipping_address = json_of<v1::Address>(row.get<std::string>(next()));
  out.billing_address = json_of<v1::Address>(row.get<std::string>(next()));
  out.payment_method = row.get<std::string>(next());
  out.payment_provider = row.get<Text>(next());
  out.payment_status = row.get<std::string>(next());
  out.refunded = amount();
  out.is_cancelled = row.get<bool>(next());
  out.placed_at = row.get<UtcTime>(next());
  out.locale = row.get<std::string>(next());
  out.is_mailed = row.get<bool>(next());
  return out;
}

BookedLine read_line(const postgres::Row& row) {
  BookedLine out;
  out.money.line_no = row.get<std::int32_t>(1);
  out.sku = row.get<std::string>(2);
  out.name = row.get<std::string>(3);
  out.seller_id = row.get<std::optional<Uuid>>(4);
  out.cancelled_qty = row.get<std::int32_t>(5);
  out.money.unit_price = row.get<std::int64_t>(6);
  out.money.qty = row.get<std::int32_t>(7);
  out.money.discount = row.get<std::int64_t>(8);
  out.money.tax = row.get<std::int64_t>(9);
  out.money.total = row.get<std::int64_t>(10);
  out.money.taxes = taxes_of(row.get<std::string>(11));
  if (out.money.taxes.empty() && out.money.tax != 0) out.money.taxes.push_back(StatedTax{"", "", out.money.tax});  // The order does not say which.
  return out;
}

/// One array per column of issue_invoices.
struct Columns {
  std::vector<Uuid> orders;
  std::vector<std::int64_t> bumps;
  std::vector<std::int32_t> done;
  std::vector<Uuid> ids, owners;
  std::vector<std::optional<Uuid>> sellers, credits, mails;
  std::vector<std::string> kinds, series, zones, currencies, stated;
  std::vector<std::int32_t> seqs, last;
  std::vector<std::int64_t> subtotals, discounts, shippings, shipping_discounts, shipping_taxes, taxes, fees, points, adjustments, totals;
  std::vector<Text> recipients;
};

void add(Columns& columns, const Uuid& order_id, const NewDocument& document) {
  columns.ids.push_back(document.stated.id);
  columns.owners.push_back(order_id);
  columns.sellers.push_back(document.stated.seller_id);
  columns.credits.push_back(document.stated.credits_id);
  columns.mails.push_back(document.mail_id);
  columns.kinds.emplace_back(to_string(document.stated.kind));
  columns.series.push_back(document.series);
  columns.zones.push_back(document.time_zone);
  columns.currencies.push_back(document.stated.currency);
  columns.stated.push_back(to_json(document.stated));
  columns.seqs.push_back(document.seq);
  columns.last.push_back(document.is_last ? 1 : 0);
  columns.subtotals.push_back(document.terms.subtotal);
  columns.discounts.push_back(document.terms.discount);
  columns.shippings.push_back(document.terms.shipping);
  columns.shipping_discounts.push_back(document.terms.shipping_discount);
  columns.shipping_taxes.push_back(document.terms.shipping_tax);
  columns.taxes.push_back(document.terms.tax);
  columns.fees.push_back(document.terms.payment_fee);
  columns.points.push_back(document.terms.points_value);
  columns.adjustments.push_back(document.terms.adjustment);
  columns.totals.push_back(document.terms.grand_total);
  columns.recipients.push_back(document.mail_id ? document.stated.buyer.email : Text());
}

}  // namespace

v1::Invoice read_invoice(const postgres::Row& row) {
  v1::Invoice out = json_of<v1::Invoice>(row.get<std::string>(9));
  out.id = row.get<Uuid>(0);
  out.number = row.get<std::string>(1);
  out.issued_at = row.get<UtcTime>(2);
  out.issued_on = row.get<std::string>(3);
  out.status = enum_of<v1::InvoiceStatus>(row.get<std::string>(4));
  out.credited = Money(row.get<std::int64_t>(5), Currency::of(row.get<std::string>(6)));
  out.credits_number = row.get<Text>(7);
  out.mail = enum_of<v1::InvoiceMailState>(row.get<std::string>(8));
  return out;
}

postgres::Bound issue_statement(const std::vector<DueAnswer>& answers, UtcTime at, const Uuid& trace) {
  Columns c;
  for (const DueAnswer& answer : answers) {
    c.orders.push_back(answer.order_id);
    c.bumps.push_back(answer.bumps);
    c.done.push_back(answer.is_done ? 1 : 0);
    for (const NewDocument& document : answer.documents) add(c, answer.order_id, document);
  }
  return postgres::bind(issue_invoices, c.orders, c.bumps, c.done, c.ids, c.owners, c.sellers, c.kinds, c.series, c.zones, c.credits, c.seqs, c.last,
                        c.currencies, c.subtotals, c.discounts, c.shippings, c.shipping_discounts, c.shipping_taxes, c.taxes, c.fees, c.points, c.adjustments,
                        c.totals, c.stated, c.mails, c.recipients, trace, at);
}

std::vector<postgres::Bound> books_statements(const std::vector<Uuid>& order_ids) {
  return {postgres::bind(select_due_headers, order_ids), postgres::bind(select_due_lines, order_ids), postgres::bind(select_due_documents, order_ids)};
}

std::vector<OrderBooks> read_books(const std::vector<postgres::Rows>& rows) {
  std::vector<OrderBooks> out;
  std::map<Uuid, std::size_t> place;
  for (const auto row : rows[0]) {
    out.push_back(read_header(row));
    place[out.back().order_id] = out.size() - 1;
  }
  const auto of = [&](const Uuid& order) {
    return place.contains(order) ? &out[place[order]] : nullptr;
  };  // One that another worker has dealt with meanwhile is gone.
  for (const auto row : rows[1]) {
    if (OrderBooks* const books = of(row.get<Uuid>(0))) books->lines.push_back(read_line(row));
  }
  for (const auto row : rows[2]) {
    if (OrderBooks* const books = of(row.get<Uuid>(10))) books->documents.push_back(read_invoice(row));
  }
  return out;
}

}  // namespace emporion::order
