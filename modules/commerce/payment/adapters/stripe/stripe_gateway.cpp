#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/payment/adapters/provider_keys.hpp"
#include "modules/commerce/payment/adapters/stripe/signature.hpp"

namespace emporion::payment::stripe {
namespace {

constexpr const char* api_version = "2023-10-16";
constexpr hours key_is_kept{23};  // By Stripe 24 at least. Source: https://docs.stripe.com/api/idempotent_requests
Result<> check_key(std::string_view setting, std::string_view key, std::initializer_list<std::string_view> prefixes) {
  bool known = false;
  for (const std::string_view prefix : prefixes) known = known || (key.starts_with(prefix) && key.size() >= prefix.size() + 8);
  if (known && !is_placeholder_key(key)) return {};
  return invalid_keys("stripe", setting, "is absent, a placeholder or of the wrong mode");
}

}  // namespace

Result<> check_keys(const StripeOptions& options, bool live_mode) {
  if (!options.enabled) return {};
  if (live_mode) {
    EMP_TRY(check_key("payment.stripe.secret_key", options.secret_key, {"sk_live_", "rk_live_"}));
  } else {
    EMP_TRY(check_key("payment.stripe.secret_key", options.secret_key, {"sk_test_", "rk_test_"}));
  }
  // Shops without pages of their own need none; one of the other mode would let nobody pay.
  if (!options.publishable_key.empty()) {
    EMP_TRY(check_key("payment.stripe.publishable_key", options.publishable_key, {live_mode ? "pk_live_" : "pk_test_"}));
  }
  return check_key("payment.stripe.webhook_secret", options.webhook_secret, {"whsec_"});
}

Offer StripeGateway::offer() const {
  Offer out;
  out.method = "card";
  out.needs_token = true;
  out.ends_by_call = true;
  out.publishable_key = options_.publishable_key;
  return out;
}

Task<Result<ProviderReport>> StripeGateway::create(Payment payment, Buyer) {
  co_return co_await post_intent("/v1/payment_intents", intent_form(payment), idempotency_key(payment.id, "create"));
}

Task<Result<ProviderReport>> StripeGateway::confirm(Payment payment, Buyer buyer) {
  co_return co_await post_intent(text("/v1/payment_intents/", *payment.provider_ref, "/confirm"), confirm_form(payment, buyer),
                                 idempotency_key(payment.id, "confirm"));
}

Task<Result<ProviderReport>> StripeGateway::capture(Payment payment) {
  Form form{{"amount_to_capture", text(payment.capture_amount.value_or(payment.amount.amount()))}, {"expand[]", "latest_charge"}};
  co_return co_await post_intent(text("/v1/payment_intents/", *payment.provider_ref, "/capture"), std::move(form), idempotency_key(payment.id, "capture"));
}

Task<Result<ProviderReport>> StripeGateway::cancel(Payment payment) {
  co_return co_await post_intent(text("/v1/payment_intents/", *payment.provider_ref, "/cancel"), {}, idempotency_key(payment.id, "cancel"));
}

Task<Result<ProviderReport>> StripeGateway::query(Payment payment) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v1/payment_intents/", *payment.provider_ref, "?expand[]=latest_charge")));
  co_return read_intent_answer(response.status, response.body);
}

Task<Result<RefundReport>> StripeGateway::refund(Payment payment, Refund refund) {
  // It may have been asked for under a key that Stripe has forgotten since.
  if (!EMP_GUARD("payment.old_refund_is_looked_for", clock_.now() - refund.created_at < key_is_kept)) {
    EMP_CO_ASSIGN(auto made, co_await find_refund(payment, refund));
    if (made) co_return std::move(*made);
  }
  EMP_CO_ASSIGN(const auto response, co_await post("/v1/refunds", refund_form(payment, refund), text(payment.id, ":refund:", refund.id)));
  co_return read_refund_answer(response.status, response.body);
}

Task<Result<std::optional<RefundReport>>> StripeGateway::find_refund(Payment payment, Refund refund) {
  for (std::optional<std::string> after;;) {
    std::string path = text("/v1/refunds?limit=100&payment_intent=", *payment.provider_ref);
    if (after) path += text("&starting_after=", *after);
    EMP_CO_ASSIGN(const auto response, co_await get(std::move(path)));
    EMP_CO_ASSIGN(auto page, read_refund_page(response.status, response.body));
    for (auto& made : page.refunds) {
      if (made.refund_id == refund.id) co_return std::optional(std::move(made));
    }
    if (!page.next) co_return std::nullopt;
    after = std::move(page.next);
  }
}

Task<Result<RefundReport>> StripeGateway::query_refund(Payment, Refund refund) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v1/refunds/", *refund.provider_ref)));
  co_return read_refund_answer(response.status, response.body);
}

Task<Result<>> StripeGateway::verify(ProviderMessage message, UtcTime now) {
  const auto signature = message.headers.find("stripe-signature");
  co_return verify_signature(signature == message.headers.end() ? std::string_view() : std::string_view(signature->second), message.text,
                             options_.webhook_secret, now);
}

Task<Result<ProviderReport>> StripeGateway::post_intent(std::string path, Form form, std::string idempotency_key) {
  EMP_CO_ASSIGN(const auto response, co_await post(std::move(path), std::move(form), std::move(idempotency_key)));
  co_return read_intent_answer(response.status, response.body);
}

Task<Result<http::Response>> StripeGateway::post(std::string path, Form form, std::string idempotency_key) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = options_.base_url + path;
  request.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
  request.headers.push_back({"idempotency-key", std::move(idempotency_key)});
  request.body = encode(form);
  co_return co_await send(std::move(request));
}

Task<Result<http::Response>> StripeGateway::get(std::string path) {
  http::ClientRequest request;
  request.url = options_.base_url + path;
  co_return co_await send(std::move(request));
}

Task<Result<http::Response>> StripeGateway::send(http::ClientRequest request) {
  request.headers.push_back({"authorization", "Bearer " + options_.secret_key});
  request.headers.push_back({"stripe-version", api_version});
  request.timeout = options_.timeout;
  auto response = co_await client_.send(std::move(request));
  if (!response) {
    if (response.error().reason() == "PROVIDER_UNREACHABLE") co_return fail(response.error());
    co_return fail(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", response.error().detail());
  }
  if (response->status == 401 || response->status == 403) observe::error("the provider does not accept our key: check payment.stripe.secret_key");
  co_return std::move(*response);
}

}  // namespace emporion::payment::stripe
