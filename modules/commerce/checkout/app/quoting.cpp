#include "modules/commerce/checkout/app/quoting.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/app/credits.hpp"
#include "modules/commerce/checkout/app/discounts.hpp"
#include "modules/commerce/checkout/domain/totals.hpp"

namespace emporion::checkout {
namespace {

v1::ShippingOption option_of(const shipping::v1::RateOption& rate) {
  v1::ShippingOption out;
  out.method_id = rate.method_id;
  out.name = rate.name;
  out.carrier = rate.carrier;
  out.service_level = std::string(shipping::v1::to_string(rate.service_level));
  out.fee = rate.amount;
  out.min_days = rate.min_days;
  out.max_days = rate.max_days;
  out.cod_allowed = rate.cod_allowed;
  out.estimated = rate.estimated;
  return out;
}

warehouse::v1::Destination stock_destination(const v1::Address& address) {
  warehouse::v1::Destination out;
  out.country = address.country;
  out.region_code = address.region_code;
  out.postal_code = address.postal_code;
  out.location_path = address.location_path;
  return out;
}

shipping::v1::Place shipping_destination(const v1::Address& address) {
  shipping::v1::Place out;
  out.country = address.country;
  out.region_code = address.region_code;
  out.postal_code = address.postal_code;
  return out;
}

std::vector<v1::QuoteLine> quoted_lines(const v1::Cart& cart, const pricing::v1::Quote& priced) {
  const auto lines = bought_lines(cart);
  std::vector<v1::QuoteLine> out;
  out.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = priced.lines[i];
    v1::QuoteLine quoted{.line_id = lines[i].line_id,
                         .sku = line.sku,
                         .qty = line.qty,
                         .unit_price = line.unit_price,
                         .subtotal = line.subtotal,
                         .discount = line.discount,
                         .tax = line.tax};
    for (const auto& rate : line.tax_rates) quoted.tax_rates.push_back({.name = rate.name, .rate = rate.rate, .amount = rate.amount});
    quoted.list_price = line.list_price;
    out.push_back(std::move(quoted));
  }
  return out;
}

/// Warehouse's INSUFFICIENT_STOCK as the customer's OUT_OF_STOCK, with the same items.
Error as_out_of_stock(const Error& error) {
  const auto items = error.metadata_json("items");
  return Error(ErrorKind::conflict, "OUT_OF_STOCK", "not enough in stock").with_json("items", items.empty() ? "[]" : std::string(items));
}

}  // namespace

Error as_dependency_error(Error error) {
  if (!error.is_transient()) return error;
  return Error(ErrorKind::unavailable, "DEPENDENCY_UNAVAILABLE", text("a part of the shop does not answer: ", error.reason())).with("retry_after", 2);
}

std::vector<v1::CartLine> bought_lines(const v1::Cart& cart) {
  std::vector<v1::CartLine> out;
  for (const auto& line : cart.lines) {
    if (!line.saved_for_later) out.push_back(line);
  }
  return out;
}

const v1::ShippingOption* selected_option(const v1::ShipmentGroup& group) {
  if (!group.selected_method_id) return nullptr;
  const auto found = std::ranges::find(group.options, *group.selected_method_id, &v1::ShippingOption::method_id);
  return found == group.options.end() ? nullptr : &*found;
}

namespace {

/// The one method that was chosen for all parcels that are not sent from there any more; none if several were.
std::optional<std::string> method_of_gone_parcels(const v1::ListShippingMethodsResponse& plan, const std::vector<v1::ShippingSelection>& selections) {
  std::optional<std::string> out;
  for (const auto& selection : selections) {
    if (std::ranges::find(plan.groups, selection.group_key, &v1::ShipmentGroup::group_key) != plan.groups.end()) continue;
    if (out && *out != selection.method_id) return std::nullopt;
    out = selection.method_id;
  }
  return out;
}

}  // namespace

Result<> apply_selections(v1::ListShippingMethodsResponse& plan, const std::vector<v1::ShippingSelection>& selections) {
  const auto carried_over = method_of_gone_parcels(plan, selections);
  for (auto& group : plan.groups) {
    group.selected_method_id.reset();
    const auto chosen = std::ranges::find(selections, group.group_key, &v1::ShippingSelection::group_key);
    if (chosen == selections.end()) {
      group.selected_method_id = carried_over;
      if (!selected_option(group)) group.selected_method_id.reset();
      continue;
    }
    group.selected_method_id = chosen->method_id;
    if (!selected_option(group)) {
      return fail(
          Error(ErrorKind::rule_violated, "METHOD_UNAVAILABLE", "this way of shipping is not offered for this parcel").with("group_key", group.group_key));
    }
  }
  return {};
}

std::vector<std::string> missing_for_confirm(const v1::CheckoutSession& session, const std::optional<v1::ListShippingMethodsResponse>& plan,
                                             const std::optional<v1::Quote>& quote) {
  std::vector<std::string> out;
  if (!session.contact) out.emplace_back("contact");
  if (!session.shipping_address) out.emplace_back("shipping_address");
  const bool all_selected = plan && std::ranges::all_of(plan->groups, [](const v1::ShipmentGroup& group) { return selected_option(group) != nullptr; });
  if (!all_selected) out.emplace_back("shipping_method");
  const bool nothing_is_due = quote && quote->totals.amount_due && quote->totals.amount_due->is_zero();
  if (!session.payment && !nothing_is_due) out.emplace_back("payment_method");
  return out;
}

Task<Result<v1::ListShippingMethodsResponse>> Quoting::plan(CallContext context, SessionView view) {
  if (!view.session.shipping_address) co_return fail(ErrorKind::rule_violated, "ADDRESS_REQUIRED", "set the shipping address first");
  const auto lines = bought_lines(view.cart);
  if (lines.empty()) co_return fail(ErrorKind::rule_violated, "CART_EMPTY", "there is nothing to buy in the cart");
  const CallContext call = context.as_service("checkout");

  catalog::v1::BatchGetProductsRequest skus;
  warehouse::v1::PlanAllocationRequest allocation;
  allocation.destination = stock_destination(*view.session.shipping_address);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    skus.skus.push_back(lines[i].sku);
    allocation.lines.push_back({.line_no = static_cast<std::int32_t>(i + 1), .sku = lines[i].sku, .qty = lines[i].qty});
  }
  const auto facts = co_await neighbours_.catalog().batch_get_products(call, std::move(skus));
  if (!facts) co_return fail(as_dependency_error(facts.error()));
  std::unordered_map<std::string_view, std::int64_t> weights;
  for (const auto& fact : facts->found) weights[fact.sku] = fact.weight_g.value_or(0);
  const auto parcels = co_await neighbours_.warehouse().plan_allocation(call, std::move(allocation));
  if (!parcels) {
    if (parcels.error().reason() == "INSUFFICIENT_STOCK") co_return fail(as_out_of_stock(parcels.error()));
    if (parcels.error().reason() == "NOT_COVERED") co_return fail(ErrorKind::rule_violated, "ADDRESS_NOT_DELIVERABLE", "no warehouse delivers there");
    co_return fail(as_dependency_error(parcels.error()));
  }

  v1::ListShippingMethodsResponse out;
  shipping::v1::GetRatesRequest rates;
  rates.destination = shipping_destination(*view.session.shipping_address);
  rates.currency = view.session.currency;
  rates.goods_value = view.cart.subtotal;
  rates.cod = view.session.payment && view.session.payment->method == v1::PaymentMethod::cod;
  for (const auto& parcel : parcels->parcels) {
    const std::string key = parcel.warehouse_id.to_string();
    auto group = std::ranges::find(out.groups, key, &v1::ShipmentGroup::group_key);
    if (group == out.groups.end()) {
      out.groups.push_back({.group_key = key, .warehouse_id = parcel.warehouse_id});
      rates.parcels.push_back({.group_key = key, .warehouse_id = parcel.warehouse_id});
      group = out.groups.end() - 1;
    }
    auto& weighed = rates.parcels[static_cast<std::size_t>(group - out.groups.begin())];
    for (const auto& planned : parcel.lines) {
      const auto& line = lines[static_cast<std::size_t>(planned.line_no - 1)];
      group->lines.push_back({.line_id = line.line_id, .sku = line.sku, .qty = planned.qty});
      weighed.weight_g = static_cast<std::int32_t>(std::min<std::int64_t>(1'000'000'000, weighed.weight_g + weights[line.sku] * planned.qty));
      weighed.unit_count += planned.qty;
    }
  }
  auto quoted = co_await neighbours_.shipping().get_rates(call, std::move(rates));
  if (!quoted) {
    if (quoted.error().reason() == "NOT_COVERED") co_return fail(ErrorKind::rule_violated, "ADDRESS_NOT_DELIVERABLE", "nobody delivers there");
    co_return fail(as_dependency_error(quoted.error()));
  }
  out.quote_id = quoted->quote_id;
  out.expires_at = quoted->expires_at;
  for (const auto& rated : quoted->groups) {
    const auto group = std::ranges::find(out.groups, rated.group_key, &v1::ShipmentGroup::group_key);
    if (group == out.groups.end()) continue;
    for (const auto& rate : rated.options) group->options.push_back(option_of(rate));
    std::ranges::sort(group->options, [](const auto& a, const auto& b) { return a.fee != b.fee ? a.fee < b.fee : a.method_id < b.method_id; });
  }
  recent_.keep(view.session, view.cart, out, clock_.now());
  co_return out;
}

Task<Result<v1::Quote>> Quoting::price(CallContext context, SessionView view, v1::ListShippingMethodsResponse plan) {
  const auto lines = bought_lines(view.cart);
  if (lines.empty()) co_return fail(ErrorKind::rule_violated, "CART_EMPTY", "there is nothing to buy in the cart");
  const Currency currency = Currency::of(view.session.currency);
  Money fee = Money::zero(currency);
  for (const auto& group : plan.groups) {
    if (const auto* option = selected_option(group)) fee += option->fee;
  }
  pricing::v1::CreateQuoteRequest request;
  request.currency = view.session.currency;
  request.destination = {.country = view.session.shipping_address->country,
                         .region = view.session.shipping_address->region_code,
                         .postcode = view.session.shipping_address->postal_code};
  request.shipping = fee;
  for (const auto& line : lines) request.lines.push_back({.line_id = line.line_id.to_string(), .sku = line.sku, .qty = line.qty});
  std::string inputs = to_json(request);
  const Uuid id = Uuid::v7(clock_.now(), random_);
  auto priced = co_await neighbours_.pricing().create_quote(context.as_service("checkout", id.to_string()), request);
  if (!priced) co_return fail(as_dependency_error(priced.error()));
  EMP_ASSERT(priced->lines.size() == lines.size());
  const UtcTime promotions_at = priced->priced_at;
  EMP_CO_ASSIGN(const auto promotions,
                co_await promotions_for(neighbours_, context, evaluation_of(view, plan, quoted_lines(view.cart, *priced), promotions_at)));
  if (promotions && !promotions->applied.empty()) {
    // Priced again, less the discounts: taxes and totals are Pricing's.
    for (std::size_t i = 0; i < lines.size(); ++i) request.lines[i].discount = promotions->lines[i].discount;
    request.shipping_discount = promotions->shipping_discount;
    inputs += text(to_json(request), promotions->evaluation_hash);
    auto reduced = co_await neighbours_.pricing().create_quote(context.as_service("checkout", text(id, ":reduced")), std::move(request));
    if (!reduced) co_return fail(as_dependency_error(reduced.error()));
    const auto differs = [](const auto& a, const auto& b) { return a.unit_price != b.unit_price; };
    if (!std::ranges::equal(priced->lines, reduced->lines, std::not_fn(differs)))
      co_return fail(Error(ErrorKind::unavailable, "DEPENDENCY_UNAVAILABLE", "a price changed meanwhile").with("retry_after", 1));
    priced = std::move(reduced);
  }

  v1::Quote out;
  out.id = id;
  out.session_id = view.session.id;
  out.cart_version = view.cart.version;
  out.pricing_quote_id = priced->id;
  out.expires_at = std::min(clock_.now() + settings_.quote_life, priced->expires_at);
  if (!plan.groups.empty()) out.expires_at = std::min(out.expires_at, plan.expires_at);
  out.lines = quoted_lines(view.cart, *priced);
  if (promotions && !promotions->applied.empty()) {
    out.evaluation_hash = promotions->evaluation_hash;
    out.promotions_at = promotions_at;
    for (const auto& applied : promotions->applied)
      out.promotions.push_back({.promotion_id = applied.promotion_id,
                                .name = applied.name,
                                .coupon = applied.coupon,
                                .discount = applied.discount,
                                .is_shipping = applied.is_shipping});
  } else {
    for (auto& line : out.lines) line.list_price.reset();
  }
  const Money none = Money::zero(currency);
  const bool cod = view.session.payment && view.session.payment->method == v1::PaymentMethod::cod;
  Totals totals{.subtotal = priced->totals.subtotal,
                .discount = priced->totals.discount,
                .shipping = priced->totals.shipping,
                .shipping_discount = priced->totals.shipping_discount,
                .tax = priced->totals.tax_total,
                .payment_fee = none,
                .points_value = none};
  // Where credit covers everything, nobody collects cash, and nobody is paid for it.
  EMP_CO_ASSIGN(const auto usable, co_await usable_credits(neighbours_, context, view.session, view.owner.customer));
  if (cod && sum_of(usable, currency) < totals.grand_total()) totals.payment_fee = settings_.amounts(currency).cod_fee;
  out.credits = taken_for(totals.grand_total(), usable);
  const Money credit_value = sum_of(out.credits, currency);
  for (const auto& code : view.cart.coupons) inputs += text(' ', code);
  out.inputs_sha256 = security::hex(security::sha256(inputs + text(' ', totals.payment_fee.amount(), ' ', plan.quote_id, ' ', credit_value.amount())));
  EMP_ASSERT(totals.is_sound());  // Pricing's own law: net and tax never fall below zero.
  out.totals = {.subtotal = totals.subtotal,
                .discount = totals.discount,
                .shipping = totals.shipping,
                .shipping_discount = totals.shipping_discount,
                .shipping_tax = priced->totals.shipping_tax,
                .tax_total = totals.tax,
                .payment_fee = totals.payment_fee,
                .points_value = totals.points_value,
                .grand_total = totals.grand_total(),
                .credit_value = credit_value,
                .amount_due = totals.grand_total() - credit_value};
  co_return out;
}

Task<Result<>> peek(const Neighbours& neighbours, CallContext context, std::vector<Wanted> wanted) {
  warehouse::v1::BatchStockRequest request;
  for (const auto& line : wanted) request.skus.push_back(line.sku);
  const auto stock = co_await neighbours.warehouse().batch_stock(context.as_service("checkout"), std::move(request));
  if (!stock) co_return fail(as_dependency_error(stock.error()));
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  bool short_of_any = false;
  for (std::size_t i = 0; i < wanted.size() && i < stock->stock.size(); ++i) {
    if (stock->stock[i].available >= wanted[i].qty) continue;
    short_of_any = true;
    writer.begin_object()
        .key("sku")
        .string(wanted[i].sku)
        .key("requested")
        .integer(wanted[i].qty)
        .key("available")
        .integer(stock->stock[i].available)
        .end_object();
  }
  writer.end_array();
  if (short_of_any) co_return fail(Error(ErrorKind::conflict, "OUT_OF_STOCK", "not enough in stock").with_json("items", std::move(items)));
  co_return Result<>();
}

}  // namespace emporion::checkout
