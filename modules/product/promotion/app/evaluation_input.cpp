#include "modules/product/promotion/app/evaluation_input.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "modules/product/promotion/domain/coupon_code.hpp"

namespace emporion::promotion {
namespace {

bool is_trusted(const CallContext& context) { return context.principal.realm == Realm::service || context.principal.realm == Realm::staff; }

std::vector<std::string> codes_of(const std::vector<std::string>& given) {
  std::vector<std::string> codes;
  for (const auto& code : given) {
    const auto canonical = canonical_code(code);
    codes.push_back(canonical ? *canonical : code);
  }
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
  return codes;
}

Result<Cart> cart_of(const v1::EvaluateRequest& request) {
  Cart cart;
  cart.currency = request.lines.front().unit_amount.currency();
  const auto is_other = [&](const Money& money) { return money.currency() != cart.currency; };
  for (const auto& line : request.lines) {
    if (is_other(line.unit_amount) || (line.list_amount && is_other(*line.list_amount)))
      return fail(Error(ErrorKind::invalid_argument, "CURRENCY_MISMATCH", "one currency per call").with("line_id", line.line_id));
    const std::int64_t list = line.list_amount ? line.list_amount->amount() : line.unit_amount.amount();
    cart.lines.push_back({.id = line.line_id,
                          .sku = ascii_upper(line.sku),
                          .qty = line.qty,
                          .unit_amount = line.unit_amount.amount(),
                          .list_amount = std::max(list, line.unit_amount.amount()),
                          .is_on_sale = line.on_sale.value_or(false),
                          .facts = {}});
  }
  if (request.shipping) {
    if (is_other(request.shipping->amount)) return fail(ErrorKind::invalid_argument, "CURRENCY_MISMATCH", "one currency per call");
    cart.shipping = request.shipping->amount.amount();
    cart.shipping_method = request.shipping->method_id.value_or("");
  }
  cart.country = ascii_upper(request.destination_country.value_or(""));
  cart.payment_method = request.payment_method.value_or("");
  return cart;
}

}  // namespace

Result<Caller> caller_of(const std::optional<Uuid>& customer, const std::optional<std::string>& guest_email, const CallContext& context,
                         const CustomerKeys& keys) {
  if (!is_trusted(context)) {
    if (customer || guest_email) return fail(ErrorKind::rule_violated, "CALLER_NOT_ALLOWED", "only modules name the buyer");
    if (context.principal.realm == Realm::customer) return Caller{context.principal.id.to_string(), true};
    return Caller{};
  }
  if (customer) return Caller{customer->to_string(), true};
  if (guest_email && !trimmed(*guest_email).empty()) return Caller{keys.of_guest(*guest_email), false};
  return Caller{};
}

Result<EvaluationInput> read_input(const v1::EvaluateRequest& request, const CallContext& context, const CustomerKeys& keys, UtcTime now,
                                   const Policy& policy) {
  EvaluationInput out;
  EMP_ASSIGN(auto caller, caller_of(request.customer_id, request.guest_email, context, keys));
  out.customer_key = std::move(caller.key);
  out.is_logged_in = caller.is_logged_in;
  if (request.priced_at) {
    if (!is_trusted(context)) return fail(ErrorKind::rule_violated, "CALLER_NOT_ALLOWED", "priced_at is for modules");
    if (*request.priced_at < now - quote_life || *request.priced_at > now + minutes(1))
      return fail(Error(ErrorKind::conflict, "QUOTE_EXPIRED", "the quote is older than 15 minutes").with("priced_at", request.priced_at->to_string()));
    out.is_preview = false;
  }
  EMP_ASSIGN(out.cart, cart_of(request));
  out.cart.at = request.priced_at.value_or(now);
  EMP_TRY(check(out.cart, policy.lines_max));
  out.codes = codes_of(request.coupons);

  v1::EvaluateRequest canonical = request;
  std::ranges::sort(canonical.lines, {}, &v1::EvaluateLine::line_id);
  for (auto& line : canonical.lines) line.sku = ascii_upper(line.sku);
  canonical.coupons = out.codes;
  canonical.guest_email.reset();  // The key stands for it.
  out.canonical = text(to_json(canonical), out.customer_key.value_or(""));
  return out;
}

}  // namespace emporion::promotion
