#include "modules/commerce/order/adapters/postgres/order_rows.hpp"

#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::order {
namespace {

using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;
using Time = std::optional<UtcTime>;

constexpr Statement select_header{"order.header",
                                  "SELECT id, order_number, saga_id, session_id, origin, customer_id, contact_email, contact_phone, currency, subtotal, "
                                  "discount, shipping, shipping_discount, shipping_tax, tax, payment_fee, "
                                  "points_value, grand_total, shipping_address::text, billing_address::text, reservation_id, channel, locale, payment_method, "
                                  "payment_provider, payment_id, payment_status, refunded_amount, "
                                  "payment_deadline, status, return_state, dispute_open, cancel_reason, cancel_by, cancelled_at, placed_at, confirmed_at, "
                                  "delivered_at, completed_at, version, credit_value, credit_returned FROM order_header WHERE id = $1",
                                  Effect::reads};
constexpr Statement select_lines{"order.lines",
                                 "SELECT line_no, product_id, sku, name, image, seller_id, unit_price, qty, cancelled_qty, shipped_qty, delivered_qty, "
                                 "undelivered_qty, returned_qty, discount, tax, tax_breakdown::text, total, "
                                 "allocations::text FROM order_line WHERE order_id = $1 ORDER BY line_no",
                                 Effect::reads};
constexpr Statement select_groups{"order.groups",
                                  "SELECT group_id, warehouse_id, seller_id, method_id, method_name, carrier, service_level, quote_id, fee, status, "
                                  "tracking_numbers FROM order_shipment_group "
                                  "WHERE order_id = $1 ORDER BY group_id",
                                  Effect::reads};
constexpr Statement lock_header{
    "order.lock",
    "SELECT id, saga_id, session_id, status, payment_status, customer_id, grand_total, currency, confirmed_at IS NOT NULL, review_decision, "
    "return_state = 'open' OR dispute_open, version, edit_seq, return_state, grand_total - credit_value, "
    "reservation_id, reservation_version FROM order_header WHERE id = $1 FOR NO KEY UPDATE",
    Effect::writes};
constexpr Statement select_counters{
    "order.line_counters",
    "SELECT line_no, sku, unit_price, qty, cancelled_qty, shipped_qty, delivered_qty, undelivered_qty, returned_qty, discount, tax, total, allocations::text "
    "FROM order_line WHERE order_id = $1 ORDER BY line_no",
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

template <typename T>
std::vector<T> list_of(const std::string& text) {
  const auto document = json::Document::parse(text);
  EMP_ASSERT(document.has_value());
  std::vector<T> out;
  json::Reader reader;
  document->root().for_each_element([&](json::Value row) {
    T item{};
    read_json(row, reader, item);
    out.push_back(std::move(item));
    return true;
  });
  EMP_ASSERT(reader.ok());
  return out;
}

}  // namespace

std::vector<postgres::Bound> order_statements(const Uuid& id) {
  return {postgres::bind(select_header, id), postgres::bind(select_lines, id), postgres::bind(select_groups, id)};
}
std::vector<postgres::Bound> lock_statements(const Uuid& id) { return {postgres::bind(lock_header, id), postgres::bind(select_counters, id)}; }

v1::Order read_order(const postgres::Rows& header, const postgres::Rows& lines, const postgres::Rows& groups) {
  const auto row = header[0];
  int column = 0;
  const auto next = [&column] { return column++; };
  v1::Order out;
  out.id = row.get<Uuid>(next());
  out.order_number = row.get<std::string>(next());
  out.saga_id = row.get<Uuid>(next());
  out.session_id = row.get<Uuid>(next());
  out.origin = enum_of<v1::OrderOrigin>(row.get<std::string>(next()));
  out.customer_id = row.get<std::optional<Uuid>>(next());
  out.contact.email = row.get<std::string>(next());
  out.contact.phone = row.get<Text>(next());
  out.currency = row.get<std::string>(next());
  const Currency currency = Currency::of(out.currency);
  const auto money = [&] { return Money(row.get<std::int64_t>(next()), currency); };
  out.totals.subtotal = money();
  out.totals.discount = money();
  out.totals.shipping = money();
  out.totals.shipping_discount = money();
  out.totals.shipping_tax = money();
  out.totals.tax = money();
  out.totals.payment_fee = money();
  out.totals.points_value = money();
  out.totals.grand_total = money();
  out.shipping_address = json_of<v1::Address>(row.get<std::string>(next()));
  out.billing_address = json_of<v1::Address>(row.get<std::string>(next()));
  out.reservation_id = row.get<Uuid>(next());
  out.channel = row.get<std::string>(next());
  out.locale = row.get<std::string>(next());
  out.payment.method = enum_of<v1::PaymentMethod>(row.get<std::string>(next()));
  out.payment.provider = row.get<Text>(next());
  out.payment.payment_id = row.get<std::optional<Uuid>>(next());
  out.payment.status = enum_of<v1::PaymentFacet>(row.get<std::string>(next()));
  const Money refunded = money();
  if (!refunded.is_zero()) out.payment.refunded = refunded;
  out.payment_deadline = row.get<Time>(next());
  out.status = enum_of<v1::OrderStatus>(row.get<std::string>(next()));
  out.return_state = enum_of<v1::ReturnState>(row.get<std::string>(next()));
  out.dispute_open = row.get<bool>(next());
  const auto reason = row.get<Text>(next());
  const auto by = row.get<Text>(next());
  const auto at = row.get<Time>(next());
  if (at) {
    v1::Cancellation cancel;
    cancel.reason = reason.value_or("");
    cancel.by = by.value_or("");
    cancel.at = *at;
    out.cancel = std::move(cancel);
  }
  out.placed_at = row.get<UtcTime>(next());
  out.confirmed_at = row.get<Time>(next());
  out.delivered_at = row.get<Time>(next());
  out.completed_at = row.get<Time>(next());
  out.version = row.get<std::int64_t>(next());
  if (const Money credit = money(); !credit.is_zero()) {
    out.totals.credit_value = credit;
    out.totals.amount_due = out.totals.grand_total - credit;
  }
  if (const Money returned = money(); !returned.is_zero()) out.payment.credit_returned = returned;

  for (const auto line : lines) {
    v1::OrderLine item;
    item.line_no = line.get<std::int32_t>(0);
    item.product_id = line.get<Uuid>(1);
    item.sku = line.get<std::string>(2);
    item.name = line.get<std::string>(3);
    item.image = line.get<Text>(4);
    item.seller_id = line.get<std::optional<Uuid>>(5);
    item.unit_price = Money(line.get<std::int64_t>(6), currency);
    item.qty = line.get<std::int32_t>(7);
    item.cancelled_qty = line.get<std::int32_t>(8);
    item.shipped_qty = line.get<std::int32_t>(9);
    item.delivered_qty = line.get<std::int32_t>(10);
    item.undelivered_qty = line.get<std::int32_t>(11);
    item.returned_qty = line.get<std::int32_t>(12);
    item.discount = Money(line.get<std::int64_t>(13), currency);
    item.tax = Money(line.get<std::int64_t>(14), currency);
    item.tax_breakdown = list_of<v1::TaxPart>(line.get<std::string>(15));
    item.total = Money(line.get<std::int64_t>(16), currency);
    item.allocations = list_of<v1::Allocation>(line.get<std::string>(17));
    out.lines.push_back(std::move(item));
  }
  for (const auto group : groups) {
    v1::ShipmentGroup item;
    item.id = group.get<Uuid>(0);
    item.warehouse_id = group.get<Uuid>(1);
    item.seller_id = group.get<std::optional<Uuid>>(2);
    item.method_id = group.get<std::string>(3);
    item.method_name = group.get<std::string>(4);
    item.carrier = group.get<Text>(5);
    item.service_level = group.get<Text>(6);
    item.quote_id = group.get<std::optional<Uuid>>(7);
    item.fee = Money(group.get<std::int64_t>(8), currency);
    item.status = enum_of<v1::ShipmentGroupStatus>(group.get<std::string>(9));
    item.tracking_numbers = group.get<std::vector<std::string>>(10);
    out.shipment_groups.push_back(std::move(item));
  }
  return out;
}

OrderState read_state(const postgres::Rows& header, const postgres::Rows& lines) {
  const auto row = header[0];
  OrderState out;
  out.id = row.get<Uuid>(0);
  out.saga_id = row.get<Uuid>(1);
  out.session_id = row.get<Uuid>(2);
  out.status = parse_status(row.get<std::string>(3)).value();
  out.payment = parse_payment_status(row.get<std::string>(4)).value();
  out.customer_id = row.get<std::optional<Uuid>>(5);
  out.grand_total = Money(row.get<std::int64_t>(6), Currency::of(row.get<std::string>(7)));
  out.is_confirmed = row.get<bool>(8);
  out.review_decision = row.get<Text>(9);
  out.return_or_dispute_open = row.get<bool>(10);
  out.version = row.get<std::int64_t>(11);
  out.edit_seq = row.get<std::int32_t>(12);
  out.return_state = parse_return_state(row.get<std::string>(13)).value();
  out.amount_due = Money(row.get<std::int64_t>(14), out.grand_total.currency());
  out.reservation_id = row.get<Uuid>(15);
  out.reservation_version = row.get<std::optional<std::int64_t>>(16);
  for (const auto line : lines) {
    LineState item;
    item.line_no = line.get<std::int32_t>(0);
    item.sku = line.get<std::string>(1);
    item.counters = LineCounters{.qty = line.get<std::int32_t>(3),
                                 .cancelled = line.get<std::int32_t>(4),
                                 .shipped = line.get<std::int32_t>(5),
                                 .delivered = line.get<std::int32_t>(6),
                                 .undelivered = line.get<std::int32_t>(7),
                                 .returned = line.get<std::int32_t>(8)};
    item.money = LineMoney{.unit_price = line.get<std::int64_t>(2),
                           .qty = item.counters.qty,
                           .discount = line.get<std::int64_t>(9),
                           .tax = line.get<std::int64_t>(10),
                           .total = line.get<std::int64_t>(11)};
    for (const auto& allocation : list_of<v1::Allocation>(line.get<std::string>(12)))
      item.allocations.push_back({allocation.warehouse_id, allocation.qty, allocation.reservation_id});
    out.lines.push_back(std::move(item));
  }
  return out;
}

std::string allocations_json(const std::vector<AllocatedUnits>& allocations) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const AllocatedUnits& row : allocations) {
    writer.begin_object()
        .key("warehouse_id")
        .string(row.warehouse_id.to_string())
        .key("qty")
        .integer(row.qty)
        .key("reservation_id")
        .string(row.reservation_id.to_string())
        .end_object();
  }
  writer.end_array();
  return out;
}

}  // namespace emporion::order
