#include "modules/commerce/order/app/snapshot.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "modules/commerce/order/domain/totals.hpp"

namespace emporion::order {
namespace {

Result<> check_currencies(const v1::CreateOrderRequest& request) {
  EMP_ASSIGN(const Currency currency, Currency::parse(request.currency));
  const auto differs = [&](const Money& money) { return money.currency() != currency; };
  const v1::OrderTotals& totals = request.totals;
  bool mixed = false;
  for (const Money* money : {&totals.subtotal, &totals.discount, &totals.shipping, &totals.shipping_discount, &totals.shipping_tax, &totals.tax,
                             &totals.payment_fee, &totals.points_value, &totals.grand_total}) {
    mixed = mixed || differs(*money);
  }
  mixed = mixed || (totals.credit_value && differs(*totals.credit_value)) || (totals.amount_due && differs(*totals.amount_due));
  for (const v1::NewOrderLine& line : request.lines) {
    mixed = mixed || differs(line.unit_price) || differs(line.discount) || differs(line.tax) || differs(line.total);
    for (const v1::TaxPart& part : line.tax_breakdown) mixed = mixed || differs(part.amount);
  }
  for (const v1::NewShipmentGroup& group : request.shipment_groups) mixed = mixed || differs(group.fee);
  if (mixed) return fail(Error(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "an order has one currency").with("currency", request.currency));
  return {};
}

Result<> check_lines(const v1::CreateOrderRequest& request) {
  std::set<std::int32_t> numbers;
  for (const v1::NewOrderLine& line : request.lines) {
    if (!numbers.insert(line.line_no).second)
      return fail(Error(ErrorKind::invalid_argument, "DUPLICATE_LINE", "a line number is used once").with("line_no", line.line_no));
    std::int64_t allocated = 0;
    for (const v1::Allocation& part : line.allocations) allocated += part.qty;
    if (allocated != line.qty) {
      return fail(Error(ErrorKind::rule_violated, "ALLOCATION_MISMATCH", "allocations add up to the quantity")
                      .with("line_no", line.line_no)
                      .with("allocated", allocated)
                      .with("qty", line.qty));
    }
    std::int64_t taxes = 0;
    for (const v1::TaxPart& part : line.tax_breakdown) taxes += part.amount.amount();
    if (!line.tax_breakdown.empty() && taxes != line.tax.amount()) {
      return fail(Error(ErrorKind::rule_violated, "TOTAL_MISMATCH", "a line's taxes add up to its tax")
                      .with("field", "line_tax")
                      .with("expected", taxes)
                      .with("given", line.tax.amount()));
    }
  }
  return {};
}

}  // namespace

Result<> check_snapshot(const v1::CreateOrderRequest& request) {
  EMP_TRY(check_currencies(request));
  EMP_TRY(check_lines(request));
  std::vector<LineMoney> lines;
  lines.reserve(request.lines.size());
  for (const v1::NewOrderLine& line : request.lines) {
    lines.push_back(LineMoney{
        .unit_price = line.unit_price.amount(), .qty = line.qty, .discount = line.discount.amount(), .tax = line.tax.amount(), .total = line.total.amount()});
  }
  const v1::OrderTotals& totals = request.totals;
  if (totals.credit_value || totals.amount_due) {
    const std::int64_t credit = totals.credit_value ? totals.credit_value->amount() : 0;
    EMP_TRY(check_due(totals.grand_total.amount(), credit, totals.amount_due ? totals.amount_due->amount() : totals.grand_total.amount() - credit));
  }
  return check_totals(Totals{.subtotal = totals.subtotal.amount(),
                             .discount = totals.discount.amount(),
                             .shipping = totals.shipping.amount(),
                             .shipping_discount = totals.shipping_discount.amount(),
                             .tax = totals.tax.amount(),
                             .shipping_tax = totals.shipping_tax.amount(),
                             .payment_fee = totals.payment_fee.amount(),
                             .points_value = totals.points_value.amount(),
                             .grand_total = totals.grand_total.amount()},
                      lines);
}

Uuid digest_of(const v1::CreateOrderRequest& request) {
  std::string told = text(request.order_id, request.session_id, to_string(request.origin), request.customer_id ? request.customer_id->to_string() : "guest",
                          request.currency, to_string(request.payment_method), to_json(request.contact), to_json(request.totals));
  for (const v1::NewOrderLine& line : request.lines) told += text("|", line.line_no, " ", line.sku, " ", line.qty, " ", line.total.amount());
  return Uuid::from_name(told);
}

v1::Order born(const v1::CreateOrderRequest& request, const std::string& order_number, UtcTime placed_at) {
  v1::Order out;
  out.id = request.order_id;
  out.order_number = order_number;
  out.saga_id = request.saga_id;
  out.session_id = request.session_id;
  out.origin = request.origin;
  out.customer_id = request.customer_id;
  out.contact = request.contact;
  out.currency = request.currency;
  for (const v1::NewOrderLine& line : request.lines) {
    v1::OrderLine item;
    item.line_no = line.line_no;
    item.product_id = line.product_id;
    item.sku = line.sku;
    item.name = line.name;
    item.image = line.image;
    item.seller_id = line.seller_id;
    item.unit_price = line.unit_price;
    item.qty = line.qty;
    item.discount = line.discount;
    item.tax = line.tax;
    item.tax_breakdown = line.tax_breakdown;
    item.total = line.total;
    item.allocations = line.allocations;
    out.lines.push_back(std::move(item));
  }
  std::ranges::sort(out.lines, {}, &v1::OrderLine::line_no);
  out.totals = request.totals;
  out.shipping_address = request.shipping_address;
  out.billing_address = request.billing_address;
  for (const v1::NewShipmentGroup& group : request.shipment_groups) {
    v1::ShipmentGroup item;
    item.id = group.id;
    item.warehouse_id = group.warehouse_id;
    item.seller_id = group.seller_id;
    item.method_id = group.method_id;
    item.method_name = group.method_name;
    item.carrier = group.carrier;
    item.service_level = group.service_level;
    item.quote_id = group.quote_id;
    item.fee = group.fee;
    item.status = v1::ShipmentGroupStatus::pending;
    out.shipment_groups.push_back(std::move(item));
  }
  std::ranges::sort(out.shipment_groups, {}, &v1::ShipmentGroup::id);
  out.payment.method = request.payment_method;
  out.payment.status = request.payment_method == v1::PaymentMethod::none ? v1::PaymentFacet::none : v1::PaymentFacet::pending;
  out.status = v1::OrderStatus::pending_payment;
  out.return_state = v1::ReturnState::none;
  out.reservation_id = request.reservation_id;
  out.payment_deadline = request.payment_deadline;
  out.placed_at = placed_at;
  out.channel = request.channel.value_or("web");
  out.locale = request.locale.value_or("en");
  out.version = 1;
  return out;
}

v1::TrackedOrder tracked(const v1::Order& order) {
  v1::TrackedOrder out;
  out.order_number = order.order_number;
  out.status = order.status;
  out.payment_status = order.payment.status;
  out.grand_total = order.totals.grand_total;
  out.line_count = static_cast<std::int32_t>(order.lines.size());
  for (const v1::ShipmentGroup& group : order.shipment_groups) {
    v1::TrackedParcel parcel;
    parcel.status = group.status;
    parcel.carrier = group.carrier;
    parcel.tracking_numbers = group.tracking_numbers;
    out.parcels.push_back(std::move(parcel));
  }
  out.placed_at = order.placed_at;
  out.delivered_at = order.delivered_at;
  return out;
}

v1::OrderAddressChanged address_changed(const v1::Order& order, std::int32_t seq) {
  v1::OrderAddressChanged event;
  event.order_id = order.id;
  for (const v1::ShipmentGroup& group : order.shipment_groups) event.group_ids.push_back(group.id);
  event.seq = seq;
  const v1::Address& address = order.shipping_address;
  v1::OrderAddressFact& fact = event.shipping_address;
  fact.name = address.name;
  fact.phone = address.phone;
  fact.company = address.company;
  fact.country = address.country;
  fact.region_code = address.region_code;
  fact.city = address.city;
  fact.district = address.district;
  fact.ward = address.ward;
  fact.line1 = address.line1;
  fact.line2 = address.line2;
  fact.postal_code = address.postal_code;
  fact.location_path = address.location_path;
  return event;
}

}  // namespace emporion::order
