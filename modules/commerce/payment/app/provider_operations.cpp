#include <utility>

#include "modules/commerce/payment/app/service.hpp"

// The operations that providers and their pages call. None of them believes what it is told: messages are verified, browsers only make us ask.
namespace emporion::payment {
namespace {

/// Source: commerce.md §3.7. VNPay sends again unless it hears 00 or 02.
std::string vnpay_answer(const Result<Recorded>& recorded) {
  if (!recorded)
    return recorded.error().reason() == "INVALID_SIGNATURE" ? R"({"RspCode":"97","Message":"Invalid signature"})"
                                                            : R"({"RspCode":"99","Message":"Unknown error"})";
  switch (*recorded) {
    case Recorded::now: return R"({"RspCode":"00","Message":"Confirm Success"})";
    case Recorded::before: return R"({"RspCode":"02","Message":"Order already confirmed"})";
    case Recorded::unknown_reference: return R"({"RspCode":"01","Message":"Order not found"})";
    case Recorded::amount_differs: return R"({"RspCode":"04","Message":"Invalid amount"})";
  }
  return R"({"RspCode":"99","Message":"Unknown error"})";
}

}  // namespace

Task<Result<v1::StripeWebhookResponse>> PaymentService::stripe_webhook(CallContext, v1::StripeWebhookRequest request) {
  EMP_CO_TRY(co_await webhooks_.receive("stripe", {std::move(request.body), std::move(request.headers)}));
  if (on_webhook) on_webhook();
  v1::StripeWebhookResponse out;
  out.received = true;
  co_return out;
}

Task<Result<v1::VnpayIpnResponse>> PaymentService::vnpay_ipn(CallContext context, v1::VnpayIpnRequest request) {
  const auto recorded = co_await webhooks_.record(context.as_service("payment"), "vnpay", {std::move(request.query), {}});
  if (on_webhook) on_webhook();
  v1::VnpayIpnResponse out;
  out.content_type = "application/json";
  out.body = vnpay_answer(recorded);
  co_return out;
}

Task<Result<v1::MomoIpnResponse>> PaymentService::momo_ipn(CallContext, v1::MomoIpnRequest request) {
  EMP_CO_TRY(co_await webhooks_.receive("momo", {std::move(request.body), std::move(request.headers)}));
  if (on_webhook) on_webhook();
  v1::MomoIpnResponse out;
  out.status_code = 204;
  co_return out;
}

Task<Result<v1::PaypalWebhookResponse>> PaymentService::paypal_webhook(CallContext, v1::PaypalWebhookRequest request) {
  EMP_CO_TRY(co_await webhooks_.receive("paypal", {std::move(request.body), std::move(request.headers)}));
  if (on_webhook) on_webhook();
  v1::PaypalWebhookResponse out;
  out.received = true;
  co_return out;
}

Task<Result<v1::BankTransferWebhookResponse>> PaymentService::bank_transfer_webhook(CallContext, v1::BankTransferWebhookRequest request) {
  EMP_CO_TRY(co_await webhooks_.receive("bank_transfer", {std::move(request.body), std::move(request.headers)}));
  if (on_webhook) on_webhook();
  v1::BankTransferWebhookResponse out;
  out.received = true;
  co_return out;
}

Task<Result<v1::MatchTransferResponse>> PaymentService::match_transfer(CallContext context, v1::MatchTransferRequest request) {
  if (request.amount.amount() <= 0)
    co_return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "a transfer brings money").with("amount", request.amount.amount()));
  EMP_CO_ASSIGN(const auto matched, co_await credits_.match(context, request.id, request.bank_txn_id, request.amount));
  v1::MatchTransferResponse out;
  out.payment = shown(matched.payment, context);
  out.awaits_second_person = matched.awaits_second_person;
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
