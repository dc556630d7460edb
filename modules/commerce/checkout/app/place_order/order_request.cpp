#include "modules/commerce/checkout/app/place_order/order_request.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::checkout {

seconds window_of(const PlaceOrderState& state, const CheckoutSettings& settings) {
  return state.method == "bank_transfer" ? settings.transfer_window : settings.payment_window;
}

bool pays_online(const PlaceOrderState& state) { return state.method != "cod" && state.method != "none"; }

order::v1::CreateOrderRequest order_request(const PlaceOrderState& state, const saga::Context& context, const SessionView& view,
                                            const warehouse::v1::Reservation& held) {
  EMP_ASSERT(view.quote && view.plan && view.quote->id == state.quote);
  const auto& quote = *view.quote;
  const auto lines = bought_lines(view.cart);
  const Currency currency = state.grand_total.currency();
  order::v1::CreateOrderRequest out;
  out.order_id = state.order;
  out.saga_id = context.saga();
  out.session_id = state.session;
  out.origin = order::v1::OrderOrigin::checkout;
  out.customer_id = state.customer;
  out.contact = {.email = view.session.contact->email, .phone = view.session.contact->phone};
  out.currency = view.session.currency;
  out.reservation_id = held.id;
  out.pricing_quote_id = quote.pricing_quote_id;
  out.acting_staff_id = state.acting_staff;
  from_string(state.method, out.payment_method);
  if (pays_online(state)) out.payment_deadline = context.deadline();
  const auto address_of = [](const v1::Address& from) {
    return order::v1::Address{.name = from.name,
                              .phone = from.phone,
                              .company = from.company,
                              .country = from.country,
                              .region_code = from.region_code,
                              .city = from.city,
                              .district = from.district,
                              .ward = from.ward,
                              .line1 = from.line1,
                              .line2 = from.line2,
                              .postal_code = from.postal_code,
                              .location_path = from.location_path};
  };
  out.shipping_address = address_of(*view.session.shipping_address);
  out.billing_address = address_of(view.session.billing_address ? *view.session.billing_address : *view.session.shipping_address);
  const auto& totals = quote.totals;
  out.totals = {.subtotal = totals.subtotal,
                .discount = totals.discount,
                .shipping = totals.shipping,
                .shipping_discount = totals.shipping_discount,
                .shipping_tax = totals.shipping_tax,
                .tax = totals.tax_total,
                .payment_fee = totals.payment_fee,
                .points_value = totals.points_value,
                .grand_total = totals.grand_total};
  if (state.credit) {
    out.totals.credit_value = state.credit;
    out.totals.amount_due = amount_due(state);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& priced = quote.lines[i];
    order::v1::NewOrderLine line;
    line.line_no = static_cast<std::int32_t>(i + 1);
    line.product_id = lines[i].product_id;
    line.sku = priced.sku;
    line.name = lines[i].name;
    line.image = lines[i].image;
    line.seller_id = lines[i].seller_id;
    line.unit_price = priced.unit_price;
    line.qty = priced.qty;
    line.discount = priced.discount;
    line.tax = priced.tax;
    for (const auto& rate : priced.tax_rates) line.tax_breakdown.push_back({.name = rate.name, .rate = rate.rate, .amount = rate.amount});
    line.total = priced.subtotal - priced.discount + priced.tax;
    out.lines.push_back(std::move(line));
  }
  std::vector<Uuid> warehouses;
  for (const auto& line : held.lines) {
    out.lines[static_cast<std::size_t>(line.line_no - 1)].allocations.push_back(
        {.warehouse_id = line.warehouse_id, .qty = line.qty, .reservation_id = held.id});
    if (std::ranges::find(warehouses, line.warehouse_id) == warehouses.end()) warehouses.push_back(line.warehouse_id);
  }
  // The fee was quoted per group. If stock had to come from elsewhere meanwhile, the total stays and the first group carries what has no group of its own.
  Money left = totals.shipping;
  for (const Uuid& warehouse : warehouses) {
    const auto quoted = std::ranges::find(view.plan->groups, warehouse, &v1::ShipmentGroup::warehouse_id);
    const auto& source = quoted != view.plan->groups.end() ? *quoted : view.plan->groups.front();
    const auto* option = selected_option(source);
    EMP_ASSERT(option != nullptr);  // A confirm without a method is refused before the saga begins.
    order::v1::NewShipmentGroup group{.id = Uuid::from_name(text("checkout.group:", context.saga(), ':', warehouse)), .warehouse_id = warehouse};
    group.method_id = option->method_id;
    group.method_name = option->name;
    group.carrier = option->carrier;
    group.service_level = option->service_level;
    group.quote_id = view.plan->quote_id;
    group.fee = quoted != view.plan->groups.end() ? option->fee : Money::zero(currency);
    left -= group.fee;
    out.shipment_groups.push_back(std::move(group));
  }
  out.shipment_groups.front().fee += left;
  return out;
}

order::v1::ConfirmedReservation confirmed_reservation(const warehouse::v1::Reservation& held) {
  order::v1::ConfirmedReservation out{.reservation_id = held.id, .version = held.version};
  for (const auto& line : held.lines) out.units.push_back({.line_no = line.line_no, .warehouse_id = line.warehouse_id, .qty = line.qty});
  return out;
}

}  // namespace emporion::checkout
