#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"

#include <array>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/payment/adapters/stripe/signature.hpp"

namespace emporion::payment::stripe {
namespace {

constexpr const char* api_version = "2023-10-16";
constexpr std::array<std::string_view, 7> placeholder_words{"placeholder", "changeme", "change_me", "your", "xxx", "example", "dummy"};

bool is_placeholder(std::string_view key) {
  const std::string lower = ascii_lower(key);
  for (const std::string_view word : placeholder_words) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

Result<> check_key(std::string_view setting, std::string_view key, std::initializer_list<std::string_view> prefixes) {
  bool known = false;
  for (const std::string_view prefix : prefixes) known = known || (key.starts_with(prefix) && key.size() >= prefix.size() + 8);
  if (known && !is_placeholder(key)) return {};
  return fail(ErrorKind::invalid_argument, "STRIPE_KEYS_INVALID", text(setting, " is absent, a placeholder or of the wrong mode; set it, or payment.stripe.enabled: false"));
}

}  // namespace

Result<> check_keys(const StripeOptions& options, bool live_mode) {
  if (!options.enabled) return {};
  if (live_mode) {
    EMP_TRY(check_key("payment.stripe.secret_key", options.secret_key, {"sk_live_", "rk_live_"}));
  } else {
    EMP_TRY(check_key("payment.stripe.secret_key", options.secret_key, {"sk_test_", "rk_test_"}));
  }
  return check_key("payment.stripe.webhook_secret", options.webhook_secret, {"whsec_"});
}

Task<Result<ProviderReport>> StripeGateway::create(IntentOrder order) { co_return co_await post_intent("/v1/payment_intents", intent_form(order), idempotency_key(order.payment_id, "create")); }

Task<Result<ProviderReport>> StripeGateway::confirm(ConfirmOrder order) {
  co_return co_await post_intent(text("/v1/payment_intents/", order.ref, "/confirm"), confirm_form(order), idempotency_key(order.payment_id, "confirm"));
}

Task<Result<ProviderReport>> StripeGateway::capture(Uuid payment_id, std::string ref, std::int64_t amount) {
  Form form{{"amount_to_capture", text(amount)}, {"expand[]", "latest_charge"}};
  co_return co_await post_intent(text("/v1/payment_intents/", ref, "/capture"), std::move(form), idempotency_key(payment_id, "capture"));
}

Task<Result<ProviderReport>> StripeGateway::cancel(Uuid payment_id, std::string ref) {
  co_return co_await post_intent(text("/v1/payment_intents/", ref, "/cancel"), {}, idempotency_key(payment_id, "cancel"));
}

Task<Result<ProviderReport>> StripeGateway::query(std::string ref) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v1/payment_intents/", ref, "?expand[]=latest_charge")));
  co_return read_intent_answer(response.status, response.body);
}

Task<Result<RefundReport>> StripeGateway::refund(Uuid payment_id, Uuid refund_id, std::string ref, Money amount) {
  EMP_CO_ASSIGN(const auto response, co_await post("/v1/refunds", refund_form(ref, payment_id, refund_id, amount), text(payment_id, ":refund:", refund_id)));
  co_return read_refund_answer(response.status, response.body);
}

Task<Result<RefundReport>> StripeGateway::query_refund(std::string refund_ref) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v1/refunds/", refund_ref)));
  co_return read_refund_answer(response.status, response.body);
}

Result<> StripeGateway::verify(std::string_view body, std::string_view signature, UtcTime now) const { return verify_signature(signature, body, options_.webhook_secret, now); }

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
