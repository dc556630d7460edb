#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/json/codec.hpp"
#include "modules/commerce/order/adapters/postgres/order_rows.hpp"
#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"

namespace emporion::order {
namespace {

using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;
using OptionalId = std::optional<Uuid>;

constexpr Statement create_orders{
    "order.create_batch",
    "SELECT outcome FROM "
    "create_orders_batch($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22::text[]::jsonb[],$23::text[]::jsonb[],$24,$25,$26,$27,$"
    "28,$29,$30,$31,"
    "$32,$33,$34,$35,$36,$37,$38,$39,$40,$41,$42,$43,$44,$45,$46,$47::text[]::jsonb[],$48,$49::text[]::jsonb[],$50,$51,$52,$53,$54,$55,$56,$57,$58,$59)",
    Effect::writes};
constexpr Statement confirm_orders{"order.confirm_batch", "SELECT outcome, status FROM confirm_orders_batch($1, $2, $3, $4, $5, $6)", Effect::writes};

/// One array per column of create_orders_batch.
struct Columns {
  std::vector<Uuid> ids, sagas, sessions, reservations, digests, traces;
  std::vector<std::string> numbers, origins, emails, currencies, shipping_addresses, billing_addresses, channels, locales, methods, before, after;
  std::vector<OptionalId> customers, quotes, staff;
  std::vector<Text> phones;
  std::vector<std::int64_t> subtotals, discounts, shippings, shipping_discounts, shipping_taxes, taxes, fees, points, totals, credits, unit_counts;
  std::vector<std::int32_t> line_counts;
  std::vector<std::optional<UtcTime>> deadlines;
};
struct LineColumns {
  std::vector<std::int32_t> ords, numbers, qtys;
  std::vector<Uuid> products;
  std::vector<std::string> skus, names, breakdowns, allocations;
  std::vector<Text> images;
  std::vector<OptionalId> sellers;
  std::vector<std::int64_t> prices, discounts, taxes, totals;
};
struct GroupColumns {
  std::vector<std::int32_t> ords;
  std::vector<Uuid> ids, warehouses;
  std::vector<OptionalId> sellers, quotes;
  std::vector<std::string> methods, names;
  std::vector<Text> carriers, levels;
  std::vector<std::int64_t> fees;
};

template <typename T>
std::string array_json(const std::vector<T>& items) {
  std::string out = "[";
  for (const T& item : items) {
    if (out.size() > 1) out.push_back(',');
    append_json(out, item);
  }
  out.push_back(']');
  return out;
}

v1::OrderAddressFact fact_of(const v1::Address& address) {
  v1::OrderAddressFact out;
  out.name = address.name;
  out.phone = address.phone;
  out.company = address.company;
  out.country = address.country;
  out.region_code = address.region_code;
  out.city = address.city;
  out.district = address.district;
  out.ward = address.ward;
  out.line1 = address.line1;
  out.line2 = address.line2;
  out.postal_code = address.postal_code;
  out.location_path = address.location_path;
  return out;
}

/// The text of the order's events, in its two parts around the payment.
std::pair<std::string, std::string> event_text(const NewOrder& order, UtcTime placed_at) {
  const v1::CreateOrderRequest& request = order.request;
  v1::OrderCreated event;
  event.order_id = request.order_id;
  event.order_number = order.order_number;
  event.saga_id = request.saga_id;
  event.customer_id = request.customer_id;
  event.contact.email = request.contact.email;
  event.contact.phone = request.contact.phone;
  event.currency = request.currency;
  event.totals.subtotal = request.totals.subtotal;
  event.totals.discount = request.totals.discount;
  event.totals.shipping = request.totals.shipping;
  event.totals.shipping_discount = request.totals.shipping_discount;
  event.totals.tax = request.totals.tax;
  event.totals.payment_fee = request.totals.payment_fee;
  event.totals.points_value = request.totals.points_value;
  event.totals.grand_total = request.totals.grand_total;
  event.totals.credit_value = request.totals.credit_value;
  event.totals.amount_due = request.totals.amount_due;
  for (const v1::NewOrderLine& line : request.lines) {
    v1::OrderLineFact fact;
    fact.line_no = line.line_no;
    fact.product_id = line.product_id;
    fact.sku = line.sku;
    fact.name = line.name;
    fact.qty = line.qty;
    fact.unit_price = line.unit_price;
    fact.total = line.total;
    fact.seller_id = line.seller_id;
    for (const v1::Allocation& allocation : line.allocations) {
      v1::OrderAllocationFact part;
      part.warehouse_id = allocation.warehouse_id;
      part.qty = allocation.qty;
      part.reservation_id = allocation.reservation_id;
      fact.allocations.push_back(part);
    }
    event.lines.push_back(std::move(fact));
  }
  event.payment.method = std::string(to_string(request.payment_method));
  event.payment.status = request.payment_method == v1::PaymentMethod::none ? "none" : "pending";
  event.shipping_address = fact_of(request.shipping_address);
  for (const v1::NewShipmentGroup& group : request.shipment_groups) {
    v1::OrderShipmentGroupFact fact;
    fact.id = group.id;
    fact.warehouse_id = group.warehouse_id;
    fact.method_id = group.method_id;
    fact.carrier = group.carrier;
    fact.service_level = group.service_level;
    fact.quote_id = group.quote_id;
    fact.fee = group.fee;
    event.shipment_groups.push_back(std::move(fact));
  }
  event.placed_at = placed_at;
  const std::string whole = to_json(event);
  // No other member can look like this: quotes inside of strings are escaped.
  const std::string payment = to_json(event.payment);
  const std::size_t at = whole.find("\"payment\":" + payment);
  EMP_ASSERT(at != std::string::npos);
  const std::size_t start = at + std::string_view("\"payment\":").size();
  return {whole.substr(0, start), whole.substr(start + payment.size())};
}

void add(Columns& columns, const NewOrder& order, UtcTime placed_at) {
  const v1::CreateOrderRequest& request = order.request;
  columns.ids.push_back(request.order_id);
  columns.numbers.push_back(order.order_number);
  columns.sagas.push_back(request.saga_id);
  columns.sessions.push_back(request.session_id);
  columns.origins.emplace_back(to_string(request.origin));
  columns.customers.push_back(request.customer_id);
  columns.emails.push_back(request.contact.email);
  columns.phones.push_back(request.contact.phone);
  columns.currencies.push_back(request.currency);
  columns.subtotals.push_back(request.totals.subtotal.amount());
  columns.discounts.push_back(request.totals.discount.amount());
  columns.shippings.push_back(request.totals.shipping.amount());
  columns.shipping_discounts.push_back(request.totals.shipping_discount.amount());
  columns.shipping_taxes.push_back(request.totals.shipping_tax.amount());
  columns.taxes.push_back(request.totals.tax.amount());
  columns.fees.push_back(request.totals.payment_fee.amount());
  columns.points.push_back(request.totals.points_value.amount());
  columns.totals.push_back(request.totals.grand_total.amount());
  columns.credits.push_back(request.totals.credit_value ? request.totals.credit_value->amount() : 0);
  columns.line_counts.push_back(static_cast<std::int32_t>(request.lines.size()));
  std::int64_t units = 0;
  for (const v1::NewOrderLine& line : request.lines) units += line.qty;
  columns.unit_counts.push_back(units);
  columns.shipping_addresses.push_back(to_json(request.shipping_address));
  columns.billing_addresses.push_back(to_json(request.billing_address));
  columns.reservations.push_back(request.reservation_id);
  columns.quotes.push_back(request.pricing_quote_id);
  columns.staff.push_back(request.acting_staff_id);
  columns.channels.push_back(request.channel.value_or("web"));
  columns.locales.push_back(request.locale.value_or("en"));
  columns.methods.emplace_back(to_string(request.payment_method));
  columns.deadlines.push_back(request.payment_deadline);
  columns.digests.push_back(order.digest);
  auto [before, after] = event_text(order, placed_at);
  columns.before.push_back(std::move(before));
  columns.after.push_back(std::move(after));
  columns.traces.push_back(order.trace);
}

void add(LineColumns& columns, std::int32_t ord, const v1::NewOrderLine& line) {
  columns.ords.push_back(ord);
  columns.numbers.push_back(line.line_no);
  columns.products.push_back(line.product_id);
  columns.skus.push_back(line.sku);
  columns.names.push_back(line.name);
  columns.images.push_back(line.image);
  columns.sellers.push_back(line.seller_id);
  columns.prices.push_back(line.unit_price.amount());
  columns.qtys.push_back(line.qty);
  columns.discounts.push_back(line.discount.amount());
  columns.taxes.push_back(line.tax.amount());
  columns.breakdowns.push_back(array_json(line.tax_breakdown));
  columns.totals.push_back(line.total.amount());
  columns.allocations.push_back(array_json(line.allocations));
}

void add(GroupColumns& columns, std::int32_t ord, const v1::NewShipmentGroup& group) {
  columns.ords.push_back(ord);
  columns.ids.push_back(group.id);
  columns.warehouses.push_back(group.warehouse_id);
  columns.sellers.push_back(group.seller_id);
  columns.methods.push_back(group.method_id);
  columns.names.push_back(group.method_name);
  columns.carriers.push_back(group.carrier);
  columns.levels.push_back(group.service_level);
  columns.quotes.push_back(group.quote_id);
  columns.fees.push_back(group.fee.amount());
}

}  // namespace

Task<Result<std::vector<Result<CreationAnswer>>>> PostgresOrderStore::create_batch(std::vector<NewOrder> batch) {
  const UtcTime placed_at = clock_.now();
  Columns c;
  LineColumns l;
  GroupColumns g;
  std::int32_t ord = 0;
  for (const NewOrder& order : batch) {
    ++ord;
    add(c, order, placed_at);
    for (const v1::NewOrderLine& line : order.request.lines) add(l, ord, line);
    for (const v1::NewShipmentGroup& group : order.request.shipment_groups) add(g, ord, group);
  }
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(create_orders, c.ids, c.numbers, c.sagas, c.sessions, c.origins, c.customers, c.emails, c.phones, c.currencies,
                                         c.subtotals, c.discounts, c.shippings, c.shipping_discounts, c.shipping_taxes, c.taxes, c.fees, c.points, c.totals,
                                         c.credits, c.line_counts, c.unit_counts, c.shipping_addresses, c.billing_addresses, c.reservations, c.quotes, c.staff,
                                         c.channels, c.locales, c.methods, c.deadlines, c.digests, c.before, c.after, c.traces, placed_at, l.ords, l.numbers,
                                         l.products, l.skus, l.names, l.images, l.sellers, l.prices, l.qtys, l.discounts, l.taxes, l.breakdowns, l.totals,
                                         l.allocations, g.ords, g.ids, g.warehouses, g.sellers, g.methods, g.names, g.carriers, g.levels, g.quotes, g.fees));
  std::vector<Result<CreationAnswer>> answers;
  for (const auto row : rows) answers.emplace_back(CreationAnswer{row.get<std::string>(0), placed_at});
  co_return answers;
}

Task<Result<std::vector<Result<ConfirmationAnswer>>>> PostgresOrderStore::confirm_batch(std::vector<Confirmation> batch) {
  std::vector<Uuid> ids;
  std::vector<OptionalId> payments;
  std::vector<std::string> statuses;
  std::vector<Text> providers;
  std::vector<Uuid> traces;
  for (const Confirmation& confirmation : batch) {
    ids.push_back(confirmation.order_id);
    payments.push_back(confirmation.payment_id);
    statuses.push_back(confirmation.payment_status);
    providers.push_back(confirmation.provider);
    traces.push_back(confirmation.trace);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(confirm_orders, ids, payments, statuses, providers, traces, clock_.now()));
  std::vector<Result<ConfirmationAnswer>> answers;
  for (const auto row : rows) answers.emplace_back(ConfirmationAnswer{row.get<std::string>(0), row.get<Text>(1)});
  co_return answers;
}

}  // namespace emporion::order
