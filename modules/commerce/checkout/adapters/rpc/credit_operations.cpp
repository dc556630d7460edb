#include "kernel/base/text.hpp"
#include "modules/commerce/checkout/adapters/rpc/checkout_service.hpp"

namespace emporion::checkout {
namespace {

Result<> check_max(const std::optional<Money>& max, std::string_view currency) {
  if (!max) return {};
  if (max->currency().code() != currency)
    return fail(Error(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "the order has another currency").with("currency", currency));
  if (max->amount() <= 0) return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "an amount above 0").with("amount", max->amount()));
  return {};
}

}  // namespace

Task<Result<v1::CheckoutResponse>> CheckoutService::set_credits(CallContext context, v1::SetCreditsRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  EMP_CO_ASSIGN(const auto version, version_of(request.if_match));
  EMP_CO_ASSIGN(const auto view, co_await sessions_.view_without_lines(request.id, owner));
  const bool own = request.use_store_credit.value_or(false) || request.store_credit_max;
  if (own && owner.is_guest()) co_return fail(ErrorKind::rule_violated, "CREDIT_LOGIN_REQUIRED", "store credit is a customer's; sign in to use it");
  EMP_CO_TRY(check_max(request.store_credit_max, view.session.currency));
  payment::v1::ResolveCreditsRequest question;
  for (const auto& card : request.gift_cards) {
    EMP_CO_TRY(check_max(card.max_amount, view.session.currency));
    question.codes.push_back(card.code);
  }
  if (own) question.customer_id = owner.customer;
  question.currency = view.session.currency;
  question.asked_by = owner.customer ? text("customer:", *owner.customer, " ", request.client_address) : text("guest ", request.client_address);
  std::vector<v1::SessionCredit> credits;
  if (own || !request.gift_cards.empty()) {
    const auto resolved = co_await neighbours_.credit().resolve_credits(context.as_service("checkout"), std::move(question));
    if (!resolved) co_return fail(resolved.error().reason() == "RATE_LIMITED" ? resolved.error() : as_dependency_error(resolved.error()));
    for (const auto& found : resolved->credits) {
      v1::SessionCredit credit{.account_id = found.account_id, .kind = std::string(payment::v1::to_string(found.kind)), .last4 = found.last4};
      credit.max_amount = found.code_index ? request.gift_cards[static_cast<std::size_t>(*found.code_index)].max_amount : request.store_credit_max;
      credits.push_back(std::move(credit));
    }
  }
  EMP_CO_ASSIGN(auto changed, co_await sessions_.set_credits(request.id, owner, version, std::move(credits)));
  v1::CheckoutResponse out;
  out.etag = etag_of(changed.version);
  out.checkout = std::move(changed);
  co_return out;
}

}  // namespace emporion::checkout
