#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "modules/commerce/checkout/adapters/rpc/checkout_service.hpp"
#include "modules/commerce/checkout/app/payment_options.hpp"

namespace emporion::checkout {
namespace {

Money seen_price(const v1::CartLine& line, const std::optional<v1::Quote>& quote) {
  if (quote) {
    const auto quoted = std::ranges::find(quote->lines, line.line_id, &v1::QuoteLine::line_id);
    if (quoted != quote->lines.end()) return quoted->unit_price;
  }
  return line.previous_price.value_or(line.unit_price);
}

v1::CheckoutResponse response_of(v1::CheckoutSession session, const v1::Cart& cart, std::optional<v1::Quote> quote) {
  v1::CheckoutResponse out;
  out.etag = etag_of(session.version);
  for (const auto& line : bought_lines(cart)) {
    // What the buyer saw last: the quote's price, before a quote the one that it was added at.
    const auto seen = seen_price(line, quote);
    if (seen != line.unit_price) {
      out.price_warnings.push_back(
          {.line_id = line.line_id, .sku = line.sku, .field = "unit_price", .old = text(seen.amount()), .new_value = text(line.unit_price.amount())});
    }
    if (line.availability == v1::Availability::out || line.availability == v1::Availability::discontinued) {
      out.price_warnings.push_back(
          {.line_id = line.line_id, .sku = line.sku, .field = "availability", .old = "in_stock", .new_value = std::string(v1::to_string(line.availability))});
    }
  }
  if (quote && quote->cart_version == cart.version) out.quote = std::move(quote);
  out.checkout = std::move(session);
  return out;
}

bool looks_like_email(std::string_view email) {
  const auto at = email.find('@');
  return at != std::string_view::npos && at > 0 && email.find('@', at + 1) == std::string_view::npos && email.find('.', at) != std::string_view::npos &&
         email.find_first_of(" \t\r\n<>,;") == std::string_view::npos && !email.ends_with('.');
}

}  // namespace

Task<Result<v1::CheckoutResponse>> CheckoutService::start_checkout(CallContext context, v1::StartCheckoutRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  request.cart_token.reset();  // The caller holds who asks; the rest is what is asked.
  KeyedRequest keyed{.caller = caller_of(owner), .key = context.idempotency_key, .request = to_json(request), .trace = context.trace};
  EMP_CO_ASSIGN(auto started, co_await sessions_.start(owner, std::move(keyed)));
  auto out = response_of(std::move(started.session), started.cart, std::move(started.quote));
  out.status_code = started.status;
  if (started.replayed) out.idempotent_replayed = "true";
  co_return out;
}

Task<Result<v1::CheckoutResponse>> CheckoutService::get_checkout(CallContext context, v1::GetCheckoutRequest request) {
  EMP_CO_ASSIGN(auto view, co_await sessions_.view(request.id, owner_of(context, request.cart_token)));
  co_return response_of(std::move(view.session), view.cart, std::move(view.quote));
}

Task<Result<v1::CheckoutResponse>> CheckoutService::change_session(Uuid session, Owner owner, std::optional<std::string> if_match, SessionChange change) {
  EMP_CO_ASSIGN(const auto version, version_of(if_match));
  EMP_CO_ASSIGN(auto changed, co_await sessions_.change(session, owner, version, std::move(change)));
  v1::CheckoutResponse out;
  out.etag = etag_of(changed.version);
  out.checkout = std::move(changed);
  co_return out;
}

Task<Result<v1::Address>> CheckoutService::validated(CallContext context, v1::Address address) {
  location::v1::ValidateAddressRequest question;
  question.address = {.name = address.name,
                      .phone = address.phone,
                      .country = address.country,
                      .region_code = address.region_code,
                      .city = address.city,
                      .district = address.district,
                      .ward = address.ward,
                      .line1 = address.line1,
                      .line2 = address.line2,
                      .postal_code = address.postal_code};
  const auto judged = co_await neighbours_.location().validate_address(context.as_service("checkout"), std::move(question));
  if (!judged) co_return fail(as_dependency_error(judged.error()));
  if (!judged->valid) {
    std::string errors;
    json::Writer writer(errors);
    writer.begin_array();
    for (const auto& problem : judged->errors) writer.begin_object().key("field").string(problem.field).key("reason").string(problem.reason).end_object();
    writer.end_array();
    co_return fail(Error(ErrorKind::rule_violated, "ADDRESS_INVALID", "this cannot be an address").with_json("errors", std::move(errors)));
  }
  const auto& normal = judged->normalised;
  address.name = normal.name;
  address.phone = normal.phone;
  address.country = normal.country;
  address.region_code = normal.region_code;
  address.city = normal.city;
  address.district = normal.district;
  address.ward = normal.ward;
  address.line1 = normal.line1;
  address.line2 = normal.line2;
  address.postal_code = normal.postal_code;
  address.location_path = judged->location_path;
  co_return address;
}

Task<Result<v1::CheckoutResponse>> CheckoutService::set_shipping_address(CallContext context, v1::SetAddressRequest request) {
  EMP_CO_ASSIGN(auto address, co_await validated(context, std::move(request.address)));
  co_return co_await change_session(request.id, owner_of(context, request.cart_token), request.if_match,
                                    {.shipping_address = std::move(address), .drop_selections = true, .drop_quote = true});
}

Task<Result<v1::CheckoutResponse>> CheckoutService::set_billing_address(CallContext context, v1::SetAddressRequest request) {
  EMP_CO_ASSIGN(auto address, co_await validated(context, std::move(request.address)));
  co_return co_await change_session(request.id, owner_of(context, request.cart_token), request.if_match, {.billing_address = std::move(address)});
}

Task<Result<v1::CheckoutResponse>> CheckoutService::set_contact(CallContext context, v1::SetContactRequest request) {
  if (!looks_like_email(request.contact.email))
    co_return fail(Error(ErrorKind::rule_violated, "CONTACT_INVALID", "this is not an e-mail address").with("field", "email"));
  co_return co_await change_session(request.id, owner_of(context, request.cart_token), request.if_match, {.contact = std::move(request.contact)});
}

Task<Result<v1::ListShippingMethodsResponse>> CheckoutService::list_shipping_methods(CallContext context, v1::ListShippingMethodsRequest request) {
  EMP_CO_ASSIGN(auto view, co_await sessions_.view(request.id, owner_of(context, request.cart_token)));
  const auto selections = view.session.shipping_selections;
  EMP_CO_ASSIGN(auto plan, co_await quoting_.plan(context, std::move(view)));
  (void)apply_selections(plan, selections);  // A selection that no longer fits is simply not marked.
  co_return plan;
}

Task<Result<v1::CheckoutResponse>> CheckoutService::select_shipping_method(CallContext context, v1::SelectShippingMethodRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  EMP_CO_ASSIGN(const auto shown, co_await sessions_.view_without_lines(request.id, owner));
  auto known = quoting_.recent_plan(shown);
  if (!known) {
    EMP_CO_ASSIGN(auto view, co_await sessions_.view(request.id, owner));
    EMP_CO_ASSIGN(known, co_await quoting_.plan(context, std::move(view)));
  }
  auto& plan = *known;
  EMP_CO_TRY(apply_selections(plan, request.selections));
  for (const auto& selection : request.selections) {
    if (std::ranges::find(plan.groups, selection.group_key, &v1::ShipmentGroup::group_key) == plan.groups.end()) {
      co_return fail(Error(ErrorKind::rule_violated, "METHOD_UNAVAILABLE", "there is no such parcel any more").with("group_key", selection.group_key));
    }
  }
  co_return co_await change_session(request.id, owner, request.if_match, {.selections = std::move(request.selections), .drop_quote = true});
}

Task<Result<v1::ListPaymentMethodsResponse>> CheckoutService::list_payment_methods(CallContext context, v1::ListPaymentMethodsRequest request) {
  EMP_CO_ASSIGN(const auto view, co_await sessions_.view_without_lines(request.id, owner_of(context, request.cart_token)));
  const Money total = view.quote ? view.quote->totals.grand_total : view.cart.subtotal;
  v1::ListPaymentMethodsResponse out;
  EMP_CO_ASSIGN(out.methods, co_await payment_options(neighbours_, settings_, context, total));
  co_return out;
}

Task<Result<v1::CheckoutResponse>> CheckoutService::select_payment_method(CallContext context, v1::SelectPaymentMethodRequest request) {
  EMP_CO_ASSIGN(const auto offered, co_await list_payment_methods(context, {.id = request.id, .cart_token = request.cart_token}));
  EMP_CO_TRY(check_selection(offered.methods, request.payment));
  // The fee is part of the quote, so another method needs another quote.
  co_return co_await change_session(request.id, owner_of(context, request.cart_token), request.if_match,
                                    {.payment = std::move(request.payment), .drop_quote = true});
}

Task<Result<v1::CheckoutResponse>> CheckoutService::set_points(CallContext context, v1::SetPointsRequest request) {
  if (request.points > 0) co_return fail(Error(ErrorKind::rule_violated, "POINTS_UNAVAILABLE", "there are no points to use").with("available", 0));
  co_return co_await get_checkout(context, {.id = request.id});
}

Task<Result<v1::PreviewResponse>> CheckoutService::preview_checkout(CallContext context, v1::PreviewCheckoutRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  EMP_CO_ASSIGN(auto view, co_await sessions_.view(request.id, owner));
  if (view.session.status != v1::CheckoutStatus::open)
    co_return fail(ErrorKind::conflict, "CHECKOUT_IN_PROGRESS", "an order is being placed from this checkout");
  EMP_CO_ASSIGN(auto plan, co_await quoting_.plan(context, view));
  EMP_CO_TRY(apply_selections(plan, view.session.shipping_selections));
  EMP_CO_ASSIGN(auto quote, co_await quoting_.price(context, view, plan));
  const Money total = quote.totals.grand_total;
  const auto limits = settings_.amounts(total.currency());
  EMP_CO_TRY(check_order_amount(limits, total));
  const bool is_due = !quote.totals.amount_due.value_or(total).is_zero();
  if (is_due && view.session.payment && view.session.payment->method == v1::PaymentMethod::cod) EMP_CO_TRY(check_cod_amount(limits, total));
  EMP_CO_ASSIGN(const auto session, co_await sessions_.keep_quote({.session = request.id, .quote = quote, .plan = plan}));
  v1::PreviewResponse out;
  out.missing = missing_for_confirm(session, plan, quote);
  out.quote = std::move(quote);
  out.etag = etag_of(session.version);
  co_return out;
}

}  // namespace emporion::checkout
