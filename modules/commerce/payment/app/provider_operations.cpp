#include <utility>

#include "modules/commerce/payment/app/service.hpp"

// The operations that providers and their pages call. None of them believes what it is told: messages are verified, browsers only make us ask.
namespace emporion::payment {
Task<Result<v1::StripeWebhookResponse>> PaymentService::stripe_webhook(CallContext, v1::StripeWebhookRequest request) {
  EMP_CO_TRY(co_await webhooks_.receive("stripe", {std::move(request.body), std::move(request.headers)}));
  if (on_webhook) on_webhook();
  v1::StripeWebhookResponse out;
  out.received = true;
  co_return out;
}

Task<Result<v1::ReturnFromProviderResponse>> PaymentService::return_from_provider(CallContext context, v1::ReturnFromProviderRequest request) {
  v1::ReturnFromProviderResponse out;
  out.status_code = 303;
  out.location = options_.storefront_url;
  std::optional<Payment> payment;
  if (request.payment_id) {
    if (auto found = co_await store_.find(*request.payment_id)) payment = std::move(*found);
  } else if (request.payment_intent) {
    EMP_CO_ASSIGN(payment, co_await store_.find_by_ref(request.provider, *request.payment_intent));
  }
  if (payment) {
    // What the browser says proves nothing (invariant 4): the provider is asked; if it does not answer now, the worker asks again.
    (void)co_await driver_.sync(context.as_service("payment"), *payment);
    if (payment->return_url && !payment->return_url->empty()) out.location = *payment->return_url;
  }
  co_return out;
}

}  // namespace emporion::payment
