#include "modules/commerce/payment/adapters/vnpay/vnpay_gateway.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/adapters/provider_keys.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::vnpay {
namespace {

constexpr std::size_t tmn_code_length = 8;
constexpr std::size_t secret_length_min = 16;

std::unexpected<Error> invalid(std::string_view setting, std::string_view what) { return invalid_keys("vnpay", setting, what); }

bool is_alphanumeric(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

}  // namespace

VnpayOptions default_addresses(bool test_mode) {
  VnpayOptions out;
  out.test_mode = test_mode;
  out.pay_url = test_mode ? "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html" : "https://pay.vnpay.vn/vpcpay.html";
  out.api_url = test_mode ? "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction" : "https://merchant.vnpay.vn/merchant_webapi/api/transaction";
  return out;
}

Result<> check_keys(const VnpayOptions& options) {
  if (!options.enabled) return {};
  const std::string& code = options.account.tmn_code;
  if (code.size() != tmn_code_length || !is_alphanumeric(code) || is_placeholder_key(code))
    return invalid("payment.vnpay.tmn_code", "is absent or a placeholder");
  const std::string& secret = options.account.hash_secret;
  if (secret.size() < secret_length_min || !is_alphanumeric(secret) || is_placeholder_key(secret))
    return invalid("payment.vnpay.hash_secret", "is absent or a placeholder");
  // The keys do not say their mode, the addresses do.
  for (const auto& [setting, url] : {std::pair{"payment.vnpay.pay_url", &options.pay_url}, std::pair{"payment.vnpay.api_url", &options.api_url}}) {
    const bool is_live = url->starts_with("https://") && url->find("sandbox") == std::string::npos;
    const bool is_known_live = *url == default_addresses(false).pay_url || *url == default_addresses(false).api_url;
    if (options.test_mode ? is_known_live : !is_live) return invalid(setting, "is of the wrong mode (payment.vnpay.test_mode)");
  }
  return {};
}

Offer VnpayGateway::offer() const {
  Offer out;
  out.method = "vnpay";
  out.wants_address = true;
  out.currencies = {"VND"};
  return out;
}

Task<Result<ProviderReport>> VnpayGateway::create(Payment payment, Buyer buyer) {
  ProviderReport report;
  report.ref = base32_of(payment.id);
  report.payment_id = payment.id;
  report.amount = payment.amount;
  report.state = ProviderReport::State::requires_action;
  report.next_action = redirect_action(pay_url(options_.pay_url, payment, buyer, options_.account));
  co_return report;
}

Task<Result<ProviderReport>> VnpayGateway::capture(Payment) { co_return fail(ErrorKind::rule_violated, "PROVIDER_REFUSED", "VNPay takes the money at once"); }

Task<Result<ProviderReport>> VnpayGateway::cancel(Payment payment) {
  EMP_CO_ASSIGN(auto report, co_await query(payment));
  if (report.state == ProviderReport::State::requires_action) report.state = ProviderReport::State::cancelled;
  co_return report;
}

Task<Result<ProviderReport>> VnpayGateway::query(Payment payment) {
  EMP_CO_ASSIGN(const auto response, co_await post(query_body(payment, options_.account, request_id(), clock_.now())));
  co_return read_query_answer(response.status, response.body, payment, options_.account);
}

Task<Result<RefundReport>> VnpayGateway::refund(Payment payment, Refund refund) {
  EMP_CO_ASSIGN(const auto response, co_await post(refund_body(payment, refund, options_.account, request_id(), clock_.now())));
  co_return read_refund_answer(response.status, response.body, refund, options_.account);
}

Task<Result<RefundReport>> VnpayGateway::query_refund(Payment payment, Refund refund) {
  EMP_CO_ASSIGN(const auto response, co_await post(query_body(payment, options_.account, request_id(), clock_.now())));
  co_return read_refund_query(response.status, response.body, refund, options_.account);
}

Task<Result<>> VnpayGateway::verify(ProviderMessage message, UtcTime) {
  const auto fields = read_query(message.text);
  if (!fields || !EMP_GUARD("payment.vnpay_hash", is_signed(*fields, options_.account)))
    co_return fail(ErrorKind::invalid_argument, "INVALID_SIGNATURE", "the hash does not match the parameters");
  co_return Result<>();
}

/// Unique for every call, as VNPay wants it for a day.
std::string VnpayGateway::request_id() { return security::hex(security::random_bytes(random_, 16)); }

Task<Result<http::Response>> VnpayGateway::post(std::string body) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = options_.api_url;
  request.headers.push_back({"content-type", "application/json"});
  request.body = std::move(body);
  request.timeout = options_.timeout;
  auto response = co_await client_.send(std::move(request));
  if (response) co_return std::move(*response);
  if (response.error().reason() == "PROVIDER_UNREACHABLE") co_return fail(response.error());
  co_return fail(unreadable_answer(response.error().detail()));
}

}  // namespace emporion::payment::vnpay
