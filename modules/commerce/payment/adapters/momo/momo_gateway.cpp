#include "modules/commerce/payment/adapters/momo/momo_gateway.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/adapters/provider_keys.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::momo {
namespace {

// Source: commerce.md §3.7.
constexpr std::int64_t amount_min = 1'000;
constexpr std::int64_t amount_max = 50'000'000;
constexpr std::size_t key_length_min = 8;

std::unexpected<Error> invalid(std::string_view setting, std::string_view what) { return invalid_keys("momo", setting, what); }

}  // namespace

std::string default_address(bool test_mode) { return test_mode ? "https://test-payment.momo.vn" : "https://payment.momo.vn"; }

Result<> check_keys(const MomoOptions& options) {
  if (!options.enabled) return {};
  const auto is_bad = [](const std::string& key) { return key.size() < key_length_min || is_placeholder_key(key); };
  if (is_bad(options.account.partner_code)) return invalid("payment.momo.partner_code", "is absent or a placeholder");
  if (is_bad(options.account.access_key)) return invalid("payment.momo.access_key", "is absent or a placeholder");
  if (is_bad(options.account.secret_key)) return invalid("payment.momo.secret_key", "is absent or a placeholder");
  // The keys do not say their mode, the address does.
  const bool is_live = options.base_url.starts_with("https://") && options.base_url != default_address(true);
  if (options.test_mode ? options.base_url == default_address(false) : !is_live)
    return invalid("payment.momo.base_url", "is of the wrong mode (payment.momo.test_mode)");
  if (!options.test_mode && !options.ipn_url.starts_with("https://"))
    return invalid("payment.public_base_url", "is not an https address that MoMo could send to");
  return {};
}

Offer MomoGateway::offer() const {
  Offer out;
  out.method = "momo";
  out.is_slow = true;
  out.currencies = {"VND"};
  out.min_amount = Money(amount_min, Currency::of("VND"));
  out.max_amount = Money(amount_max, Currency::of("VND"));
  return out;
}

Task<Result<ProviderReport>> MomoGateway::create(Payment payment, Buyer buyer) {
  std::string body = create_body(payment, buyer, options_.account, {options_.ipn_url, options_.takes_at_once}, clock_.now());
  EMP_CO_ASSIGN(const auto answer, co_await post("/v2/gateway/api/create", std::move(body)));
  if (is_known_already(answer.result_code)) co_return co_await query(std::move(payment));
  co_return read_create_answer(answer, payment);
}

Task<Result<ProviderReport>> MomoGateway::capture(Payment payment) { co_return co_await confirm_as(std::move(payment), "capture"); }

Task<Result<ProviderReport>> MomoGateway::cancel(Payment payment) {
  if (payment.status == Status::authorized) co_return co_await confirm_as(std::move(payment), "cancel");
  EMP_CO_ASSIGN(auto report, co_await query(std::move(payment)));
  if (report.state == ProviderReport::State::requires_action) report.state = ProviderReport::State::cancelled;
  co_return report;
}

Task<Result<ProviderReport>> MomoGateway::confirm_as(Payment payment, std::string request_type) {
  EMP_CO_ASSIGN(const auto answer, co_await post("/v2/gateway/api/confirm", confirm_body(payment, request_type, options_.account)));
  if (is_known_already(answer.result_code)) co_return co_await query(std::move(payment));
  co_return read_confirm_answer(answer, payment, request_type);
}

Task<Result<ProviderReport>> MomoGateway::query(Payment payment) {
  EMP_CO_ASSIGN(const auto answer, co_await ask(payment));
  co_return read_query_answer(answer, payment);
}

Task<Result<RefundReport>> MomoGateway::refund(Payment payment, Refund refund) {
  EMP_CO_ASSIGN(const auto answer, co_await post("/v2/gateway/api/refund", refund_body(payment, refund, options_.account)));
  if (is_known_already(answer.result_code)) co_return co_await query_refund(std::move(payment), std::move(refund));
  co_return read_refund_answer(answer, refund);
}

Task<Result<RefundReport>> MomoGateway::query_refund(Payment payment, Refund refund) {
  EMP_CO_ASSIGN(const auto answer, co_await ask(std::move(payment)));
  co_return read_refund_query(answer, refund);
}

Task<Result<Answer>> MomoGateway::ask(Payment payment) {
  std::string request_id = security::hex(security::random_bytes(random_, 16));
  co_return co_await post("/v2/gateway/api/query", query_body(payment, options_.account, request_id));
}

Task<Result<Answer>> MomoGateway::post(std::string path, std::string body) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = options_.base_url + path;
  request.headers.push_back({"content-type", "application/json; charset=UTF-8"});
  request.body = std::move(body);
  request.timeout = options_.timeout;
  auto response = co_await client_.send(std::move(request));
  if (!response) {
    if (response.error().reason() == "PROVIDER_UNREACHABLE") co_return fail(response.error());
    co_return fail(unreadable_answer(response.error().detail()));
  }
  auto answer = read_answer(response->status, std::move(response->body));
  if (answer && is_our_mistake(answer->result_code))
    observe::error("MoMo does not accept what we send: check payment.momo.*", {{"result_code", text(answer->result_code)}});
  co_return answer;
}

}  // namespace emporion::payment::momo
