#include <utility>

#include "kernel/base/assert.hpp"
#include "modules/commerce/payment/app/service.hpp"

// What a shop offers its buyers: what its providers can, less what its administrators switched off.
namespace emporion::payment {
namespace {

v1::OfferedMethod offered(const ProviderGateway& gateway) {
  Offer offer = gateway.offer();
  v1::OfferedMethod out;
  const bool known = from_string(offer.method, out.method);
  EMP_ASSERT(known);
  out.provider = std::string(gateway.name());
  out.enabled = gateway.is_enabled();
  out.currencies = std::move(offer.currencies);
  out.min_amount = offer.min_amount;
  out.max_amount = offer.max_amount;
  if (out.enabled && !offer.publishable_key.empty()) out.publishable_key = std::move(offer.publishable_key);
  out.window_seconds = 15 * 60;
  return out;
}

}  // namespace

Task<Result<std::shared_ptr<const MethodRules>>> PaymentService::rules() {
  static const auto everything = std::make_shared<const MethodRules>();
  if (options_.policy == nullptr) co_return everything;
  co_return co_await options_.policy->current();
}

Task<Result<v1::PublicSettings>> PaymentService::get_public_settings(CallContext, v1::GetPublicSettingsRequest request) {
  EMP_CO_ASSIGN(const auto allowed, co_await rules());
  v1::PublicSettings out;
  for (const ProviderGateway* gateway : providers_.all()) out.methods.push_back(offered(*gateway));
  v1::OfferedMethod cod;
  cod.method = v1::PaymentMethod::cod;
  cod.provider = "cod";
  cod.enabled = options_.is_cod_enabled;
  // Source: commerce.md §1.2-10. Other currencies have no limit of their own here.
  if (request.currency && *request.currency == "VND") cod.max_amount = Money(5'000'000, Currency::of("VND"));
  out.methods.push_back(std::move(cod));
  const auto currency = request.currency ? Currency::parse(*request.currency) : Result<Currency>(fail(ErrorKind::invalid_argument, "UNKNOWN_CURRENCY"));
  for (v1::OfferedMethod& method : out.methods) {
    const MethodRule& rule = allowed->of(to_string(method.method));
    method.enabled = method.enabled && rule.is_enabled;
    if (!method.enabled) method.publishable_key.reset();
    if (!currency) continue;
    method.min_amount = tighter_min(method.min_amount, rule.least(*currency));
    method.max_amount = tighter_max(method.max_amount, rule.most(*currency));
  }
  co_return out;
}

Task<Result<std::optional<std::string>>> PaymentService::paying_token(v1::CreatePaymentRequest request) {
  const auto saved = request.provider_token ? Uuid::parse(*request.provider_token) : Result<Uuid>(fail(ErrorKind::invalid_argument, "INVALID_ID"));
  if (!saved) co_return request.provider_token;
  std::optional<SavedCard> card;
  if (options_.saved_cards != nullptr && request.customer_id) {
    EMP_CO_ASSIGN(card, co_await options_.saved_cards->find(*saved, *request.customer_id));
  }
  if (!card) co_return fail(ErrorKind::rule_violated, "TOKEN_INVALID", "this buyer has no such saved card");
  co_return std::optional(attached_token(card->owner, card->token));
}

}  // namespace emporion::payment
