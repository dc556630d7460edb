#include "modules/commerce/checkout/app/discounts.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {
namespace {

// A guest is known by the e-mail address; until it is given, by the cart.
void name_buyer(promotion::v1::EvaluateRequest& request, const Owner& owner, const std::optional<v1::Contact>& contact, const v1::Cart& cart) {
  if (owner.customer) {
    request.customer_id = owner.customer;
  } else if (contact) {
    request.guest_email = contact->email;
  } else if (cart.id) {
    request.guest_email = text("cart:", *cart.id);
  }
}

promotion::v1::EvaluateLine line_of(const std::string& id, const std::string& sku, std::int32_t qty, const Money& unit, const Money& list) {
  promotion::v1::EvaluateLine out;
  out.line_id = id;
  out.sku = sku;
  out.qty = qty;
  out.unit_amount = unit;
  if (list > unit) {
    out.list_amount = list;
    out.on_sale = true;
  }
  return out;
}

}  // namespace

promotion::v1::EvaluateRequest evaluation_of(const SessionView& view, const v1::ListShippingMethodsResponse& plan, const std::vector<v1::QuoteLine>& lines,
                                             UtcTime at) {
  promotion::v1::EvaluateRequest out;
  for (const auto& line : lines)
    out.lines.push_back(line_of(line.line_id.to_string(), line.sku, line.qty, line.unit_price, line.list_price.value_or(line.unit_price)));
  Money fee = Money::zero(Currency::of(view.session.currency));
  std::optional<std::string> method;
  bool is_mixed = false;
  for (const auto& group : plan.groups) {
    const auto* option = selected_option(group);
    if (option == nullptr) continue;
    fee += option->fee;
    is_mixed = is_mixed || (method && *method != option->method_id);
    method = option->method_id;
  }
  if (method) out.shipping = promotion::v1::EvaluateShipping{.amount = fee, .method_id = is_mixed ? std::nullopt : method};
  if (view.session.shipping_address) out.destination_country = view.session.shipping_address->country;
  if (view.session.payment) out.payment_method = std::string(to_string(view.session.payment->method));
  out.coupons = view.cart.coupons;
  out.priced_at = at;
  name_buyer(out, view.owner, view.session.contact, view.cart);
  return out;
}

promotion::v1::EvaluateRequest evaluation_of(const v1::Cart& cart, const Owner& owner) {
  promotion::v1::EvaluateRequest out;
  for (const auto& line : bought_lines(cart)) out.lines.push_back(line_of(line.line_id.to_string(), line.sku, line.qty, line.unit_price, line.list_price));
  out.coupons = cart.coupons;
  name_buyer(out, owner, std::nullopt, cart);
  return out;
}

Result<std::optional<promotion::v1::Evaluation>> what_applies(Result<promotion::v1::Evaluation> answer, bool has_coupons) {
  if (!answer) {
    if (has_coupons) return fail(as_dependency_error(answer.error()));
    return std::optional<promotion::v1::Evaluation>();
  }
  for (const auto& rejected : answer->rejected) {
    if (rejected.coupon) return fail(coupon_invalid(*rejected.coupon, coupon_reason(rejected.reason)));
  }
  return std::optional(std::move(*answer));
}

Task<Result<std::optional<promotion::v1::Evaluation>>> promotions_for(const Neighbours& neighbours, CallContext context,
                                                                      promotion::v1::EvaluateRequest request) {
  const bool has_coupons = !request.coupons.empty();
  auto answer = co_await neighbours.promotion().evaluate(context.as_service("checkout"), std::move(request));
  co_return what_applies(std::move(answer), has_coupons);
}

Error coupon_invalid(const std::string& code, std::string_view reason) {
  return Error(ErrorKind::rule_violated, "COUPON_INVALID", "this code does not apply").with("code", code).with("reason", reason);
}

std::string_view coupon_reason(std::string_view rejection) {
  if (rejection == "EXPIRED") return "expired";
  if (rejection == "LIMIT") return "exhausted";
  if (rejection == "NOT_STACKABLE" || rejection == "OUTBID") return "not_stackable";
  return "not_applicable";
}

Error as_coupon_refusal(const Error& error, const std::vector<v1::QuotePromotion>& promotions) {
  const auto names = [&](const v1::QuotePromotion& promotion) {
    return error.metadata_json("promotion_id").find(promotion.promotion_id.to_string()) != std::string_view::npos;
  };
  auto found = std::ranges::find_if(promotions, names);
  if (found == promotions.end() || !found->coupon)
    found = std::ranges::find_if(promotions, [](const v1::QuotePromotion& promotion) { return promotion.coupon.has_value(); });
  if (found == promotions.end()) return Error(ErrorKind::conflict, "PRICE_CHANGED", "a promotion ended meanwhile: look at the total again");
  const bool is_customers = error.metadata_json("limit").find("customer") != std::string_view::npos;
  const bool is_used_up = error.reason() == "LIMIT_REACHED" || error.reason() == "BUDGET_EXHAUSTED" || error.reason() == "RESERVATION_EXPIRED";
  return coupon_invalid(*found->coupon, is_customers ? "customer_limit" : is_used_up ? "exhausted" : "not_applicable");
}

}  // namespace emporion::checkout
