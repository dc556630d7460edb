#include "modules/commerce/payment/adapters/paypal/paypal_gateway.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/security/certificate.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/adapters/provider_keys.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::paypal {
namespace {

constexpr std::size_t key_length_min = 16;
constexpr std::size_t webhook_id_length_min = 8;
constexpr seconds token_margin{60};    // A token is not used so close to its end.
constexpr hours certificate_life{24};  // Then it is fetched and checked again.
constexpr std::size_t certificates_max = 8;

std::unexpected<Error> invalid(std::string_view setting, std::string_view what) { return invalid_keys("paypal", setting, what); }

std::unexpected<Error> refused(std::string why) { return fail(ErrorKind::invalid_argument, "INVALID_SIGNATURE", std::move(why)); }

std::string header_of(const ProviderMessage& message, const char* name) {
  const auto found = message.headers.find(name);
  return found == message.headers.end() ? std::string() : found->second;
}

}  // namespace

std::string default_address(bool test_mode) { return test_mode ? "https://api-m.sandbox.paypal.com" : "https://api-m.paypal.com"; }

Result<> check_keys(const PaypalOptions& options) {
  if (!options.enabled) return {};
  if (options.client_id.size() < key_length_min || is_placeholder_key(options.client_id))
    return invalid("payment.paypal.client_id", "is absent or a placeholder");
  if (options.client_secret.size() < key_length_min || is_placeholder_key(options.client_secret))
    return invalid("payment.paypal.client_secret", "is absent or a placeholder");
  if (options.webhook_id.size() < webhook_id_length_min || is_placeholder_key(options.webhook_id))
    return invalid("payment.paypal.webhook_id", "is absent or a placeholder");
  // The keys do not say their mode, the address does.
  const bool is_live = options.base_url == default_address(false);
  if (options.test_mode == is_live) return invalid("payment.paypal.base_url", "is of the wrong mode (payment.paypal.test_mode)");
  return {};
}

Offer PaypalGateway::offer() const {
  Offer out;
  out.method = "paypal";
  out.is_slow = true;
  out.currencies = currencies();
  return out;
}

Task<Result<ProviderReport>> PaypalGateway::create(Payment payment, Buyer buyer) {
  if (!value_of(payment.amount)) co_return fail(ErrorKind::rule_violated, "PROVIDER_REFUSED", "PayPal takes no fractions of this currency");
  EMP_CO_ASSIGN(const auto response, co_await post("/v2/checkout/orders", order_body(payment, buyer), request_id(payment, "create")));
  co_return read_order_answer(response.status, response.body, payment);
}

Task<Result<ProviderReport>> PaypalGateway::confirm(Payment payment, Buyer) {
  EMP_CO_ASSIGN(const auto response, co_await post(text("/v2/checkout/orders/", *payment.provider_ref, "/authorize"), "{}", request_id(payment, "authorize")));
  co_return read_order_answer(response.status, response.body, payment);
}

Task<Result<ProviderReport>> PaypalGateway::capture(Payment payment) {
  std::string path = text("/v2/payments/authorizations/", payment.provider_txn_id.value_or(""), "/capture");
  EMP_CO_ASSIGN(const auto response, co_await post(std::move(path), capture_body(payment), request_id(payment, "capture")));
  co_return read_capture_answer(response.status, response.body, payment);
}

Task<Result<ProviderReport>> PaypalGateway::cancel(Payment payment) {
  if (payment.status == Status::authorized) {
    std::string path = text("/v2/payments/authorizations/", payment.provider_txn_id.value_or(""), "/void");
    EMP_CO_ASSIGN(const auto response, co_await post(std::move(path), "{}", request_id(payment, "void")));
    co_return read_void_answer(response.status, response.body, payment);
  }
  EMP_CO_ASSIGN(auto report, co_await query(std::move(payment)));
  const bool is_unpaid = report.state == ProviderReport::State::requires_action || report.state == ProviderReport::State::approved;
  if (is_unpaid) report.state = ProviderReport::State::cancelled;  // An approval holds no money: we do not ask for it any more.
  co_return report;
}

Task<Result<ProviderReport>> PaypalGateway::query(Payment payment) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v2/checkout/orders/", *payment.provider_ref)));
  co_return read_order_answer(response.status, response.body, payment);
}

Task<Result<RefundReport>> PaypalGateway::refund(Payment payment, Refund refund) {
  std::string path = text("/v2/payments/captures/", payment.provider_txn_id.value_or(""), "/refund");
  EMP_CO_ASSIGN(const auto response, co_await post(std::move(path), refund_body(refund), text(payment.id, ":refund:", refund.id)));
  co_return read_refund_answer(response.status, response.body, refund);
}

Task<Result<RefundReport>> PaypalGateway::query_refund(Payment, Refund refund) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v2/payments/refunds/", *refund.provider_ref)));
  co_return read_refund_answer(response.status, response.body, refund);
}

Task<Result<>> PaypalGateway::verify(ProviderMessage message, UtcTime now) {
  if (header_of(message, "paypal-auth-algo") != "SHA256withRSA") co_return refused("signed by another algorithm than SHA256withRSA");
  const auto signature = security::from_base64(header_of(message, "paypal-transmission-sig"));
  const std::string url = header_of(message, "paypal-cert-url");
  const bool is_simulated = options_.test_mode && options_.base_url != default_address(true) && url.starts_with(options_.base_url + "/");
  if (!signature || signature->empty() || !EMP_GUARD("payment.paypal_certificate_host", is_paypal_certificate(url) || is_simulated))
    co_return refused("no signature, or a certificate from elsewhere");
  const std::string signed_bytes =
      signed_text(header_of(message, "paypal-transmission-id"), header_of(message, "paypal-transmission-time"), options_.webhook_id, message.text);
  auto key = co_await certificate_key(url, now);
  if (!key && key.error().reason() == "CERTIFICATE_REFUSED") co_return refused(key.error().detail());
  if (!key) co_return co_await ask_whether_genuine(std::move(message));
  if (!EMP_GUARD("payment.paypal_signature", key->verifies(signed_bytes, *signature))) co_return refused("the signature does not match the body");
  co_return Result<>();
}

Task<Result<security::VerificationKey>> PaypalGateway::certificate_key(std::string url, UtcTime now) {
  if (const auto cached = certificates_.find(url); cached != certificates_.end() && cached->second.until > now) co_return cached->second.key;
  http::ClientRequest request;
  request.url = url;
  request.timeout = options_.timeout;
  EMP_CO_ASSIGN(const auto response, co_await certificate_client_.send(std::move(request)));
  if (response.status != 200) co_return fail(unreadable_answer(text("HTTP ", response.status, " instead of a certificate")));
  EMP_CO_ASSIGN(auto key, security::key_of_certificate(response.body, options_.trusted_roots, "paypal.com", now));
  if (certificates_.size() >= certificates_max) certificates_.clear();
  certificates_.insert_or_assign(std::move(url), CachedKey{key, now + certificate_life});
  co_return key;
}

Task<Result<>> PaypalGateway::ask_whether_genuine(ProviderMessage message) {
  if (!json::Document::parse(message.text)) co_return refused("not JSON");
  EMP_CO_ASSIGN(const auto response, co_await post("/v1/notifications/verify-webhook-signature", verification_body(message, options_.webhook_id), ""));
  const auto document = json::Document::parse(response.body);
  if (response.status != 200 || !document) co_return fail(unreadable_answer("PayPal does not say whether the message is genuine"));
  if (string_at(document->root(), "verification_status") != "SUCCESS") co_return refused("PayPal says that the message is not genuine");
  co_return Result<>();
}

Task<Result<http::Response>> PaypalGateway::post(std::string path, std::string body, std::string request_id) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = options_.base_url + path;
  request.headers.push_back({"content-type", "application/json"});
  request.headers.push_back({"prefer", "return=representation"});
  if (!request_id.empty()) request.headers.push_back({"paypal-request-id", std::move(request_id)});
  request.body = std::move(body);
  co_return co_await send(std::move(request));
}

Task<Result<http::Response>> PaypalGateway::get(std::string path) {
  http::ClientRequest request;
  request.url = options_.base_url + path;
  co_return co_await send(std::move(request));
}

Task<Result<http::Response>> PaypalGateway::send(http::ClientRequest request) {
  for (int tried = 0;; ++tried) {
    EMP_CO_ASSIGN(const auto bearer, co_await token());
    http::ClientRequest one = request;
    one.headers.push_back({"authorization", "Bearer " + bearer});
    EMP_CO_ASSIGN(auto response, co_await send_once(std::move(one)));
    if (response.status != 401 || tried > 0) co_return std::move(response);
    token_.clear();
  }
}

/// A call for a token moves no money: whatever happens to it, the call that needed it was not made.
Task<Result<std::string>> PaypalGateway::token() {
  if (!token_.empty() && clock_.now() < token_until_) co_return token_;
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = options_.base_url + "/v1/oauth2/token";
  request.headers.push_back({"authorization", "Basic " + security::base64(text(options_.client_id, ":", options_.client_secret))});
  request.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
  request.body = "grant_type=client_credentials";
  const auto response = co_await send_once(std::move(request));
  if (!response && was_not_made(response.error())) co_return fail(response.error());
  if (!response) co_return fail(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", response.error().detail());
  const auto document = json::Document::parse(response->body);
  const auto given = document ? string_at(document->root(), "access_token") : std::nullopt;
  const auto life = document ? integer_at(document->root(), "expires_in") : std::nullopt;
  if (response->status == 401) observe::error("PayPal does not accept our keys: check payment.paypal.client_id and client_secret");
  if (response->status != 200 || !given || !life)
    co_return fail(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", text("HTTP ", response->status, " instead of a token"));
  token_ = *given;
  token_until_ = clock_.now() + seconds(*life) - token_margin;
  co_return token_;
}

Task<Result<http::Response>> PaypalGateway::send_once(http::ClientRequest request) {
  request.timeout = options_.timeout;
  auto response = co_await client_.send(std::move(request));
  if (response) co_return std::move(*response);
  if (response.error().reason() == "PROVIDER_UNREACHABLE") co_return fail(response.error());
  co_return fail(unreadable_answer(response.error().detail()));
}

}  // namespace emporion::payment::paypal
