#include "modules/commerce/payment/testing/fuzzed_webhook.hpp"

#include <set>

#include "contracts/commerce/payment/v1/payment_api_binding.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/crc32.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/request_parser.hpp"
#include "kernel/json/value.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/keys.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/commerce/payment/adapters/bank_transfer/bank_transfer_gateway.hpp"
#include "modules/commerce/payment/adapters/momo/momo_gateway.hpp"
#include "modules/commerce/payment/adapters/paypal/paypal_gateway.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_credit_store.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/adapters/vnpay/vnpay_gateway.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"
#include "modules/commerce/payment/app/service.hpp"
#include "modules/commerce/payment/testing/forgetful_stores.hpp"
#include "tests/simulators/paypal/paypal_keys.hpp"
#include "tests/simulators/paypal/paypal_simulator.hpp"

namespace emporion::payment {
namespace {

constexpr std::string_view secret = "fuzzing_secret_0123456789";

class FuzzedModule {
 public:
  FuzzedModule() {
    EMP_ASSERT(remote_.listen().has_value());
    EMP_ASSERT(v1::add_routes(router_, binding_).has_value());
  }

  void send(std::string_view provider, std::string_view bytes) {
    if (bytes.empty()) return;
    const bool is_signed = bytes.front() & 1;
    const std::size_t line = std::min(bytes.find('\n'), bytes.size());
    const std::string_view signature = bytes.substr(1, line - 1);
    const std::string_view message = line == bytes.size() ? std::string_view() : bytes.substr(line + 1);
    // What is refused for its signature is read all the same: one day somebody signs it.
    const ProviderGateway* gateway = providers_.find(provider);
    (void)gateway->read_event(message);
    if (const auto request = request_of(provider, is_signed, signature, message)) answer(*request);
    CallContext context(clock_.now() + seconds(10), Uuid::from_name("fuzz"), Principal::of_service("payment"));
    EMP_ASSERT(run_until_done(runtime_, webhooks_.process(std::move(context), 10)).has_value());
  }

 private:
  using Headers = std::vector<std::pair<std::string_view, std::string>>;

  void answer(const http::Request& request) {
    const auto matched = router_.match(request.method, request.path);
    if (!matched) return;
    CallContext context(clock_.now() + seconds(10), Uuid::from_name("fuzz"), Principal::guest());
    const auto response = run_until_done(runtime_, const_cast<http::Route*>(matched->route)->handle(std::move(context), request, matched->parameters));
    if (response.status >= 500) std::fprintf(stderr, "%d %s\n", response.status, response.body.c_str());
    EMP_ASSERT(response.status < 500);
  }

  /// As the server's parser reads it; nothing if it refuses it.
  static std::optional<http::Request> parsed(std::string_view target, const Headers& headers, std::string_view body, bool is_get) {
    std::string wire = text(is_get ? "GET " : "POST ", target, " HTTP/1.1\r\nHost: shop\r\ncontent-type: application/json\r\n");
    for (const auto& [name, value] : headers) wire += text(name, ": ", value, "\r\n");
    if (!is_get) wire += text("content-length: ", body.size(), "\r\n");
    wire += text("\r\n", body);
    http::RequestParser parser({}, [](const http::Request&) { return std::size_t{1} << 20; });
    if (parser.put(wire).state != http::RequestParser::State::done) return std::nullopt;
    return parser.take();
  }

  std::optional<http::Request> request_of(std::string_view provider, bool is_signed, std::string_view signature, std::string_view message) {
    const std::string path = text("/api/v1/webhooks/", provider == "bank_transfer" ? "bank-transfer" : provider);
    if (provider == "vnpay") return parsed(text(path, "?", is_signed ? signed_query(message) : std::string(message)), {}, "", true);
    if (provider == "momo") return parsed(path, {}, is_signed ? signed_ipn(message) : std::string(message), false);
    if (provider == "paypal") return parsed_from_paypal(path, is_signed, signature, message);
    const std::string_view name = provider == "stripe" ? "stripe-signature" : "x-bank-signature";
    const std::int64_t t = clock_.now().micros_since_epoch() / 1'000'000;
    const std::string own = text("t=", t, ",v1=", security::hex(security::hmac_sha256(secret, text(t, ".", message))));
    return parsed(path, {{name, is_signed ? own : std::string(signature)}}, message, false);
  }

  std::string signed_query(std::string_view query) const {
    auto fields = vnpay::read_query(query);
    if (!fields) return std::string(query);
    fields->erase("vnp_SecureHash");
    const std::string hashed = vnpay::hashed_text(*fields);
    return text(hashed, "&vnp_SecureHash=", vnpay::hash_of(hashed, account_));
  }

  /// The same object with the signature over what is there.
  std::string signed_ipn(std::string_view body) const {
    const auto document = json::Document::parse(body);
    if (!document || !body.ends_with('}') || document->root().size() == 0) return std::string(body);
    momo::Pairs pairs{{"accessKey", momo_.access_key}};
    for (const char* name : {"amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId", "responseTime",
                             "resultCode", "transId"}) {
      const auto string = string_at(document->root(), name);
      const auto integer = integer_at(document->root(), name);
      pairs.emplace_back(name, string ? std::string(*string) : integer ? text(*integer) : std::string());
    }
    return text(body.substr(0, body.size() - 1), ",\"signature\":\"", momo::sign(pairs, momo_), "\"}");
  }

  std::optional<http::Request> parsed_from_paypal(std::string_view path, bool is_signed, std::string_view signature, std::string_view message) {
    // Signed by PayPal's key, or whatever stands there, as signature or as the certificate's address. No test asks the real PayPal.
    if (paypal::is_paypal_certificate(signature)) return std::nullopt;
    const std::string own =
        is_signed ? security::base64(key_.sign(paypal::signed_text("id-1", "2026-01-05T08:00:00Z", "WH-FUZZED", message))) : std::string(signature);
    const std::string address = is_signed || signature.size() % 2 == 0 ? remote_.url() + "/certs/sandbox.pem" : std::string(signature);
    return parsed(path,
                  {{"paypal-auth-algo", "SHA256withRSA"},
                   {"paypal-transmission-id", "id-1"},
                   {"paypal-transmission-time", "2026-01-05T08:00:00Z"},
                   {"paypal-transmission-sig", own},
                   {"paypal-cert-url", address}},
                  message, false);
  }

  Runtime runtime_;
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  const vnpay::VnpayAccount account_{"FUZZED01", std::string(secret)};
  const momo::MomoAccount momo_{"MOMOFUZZ", "access", std::string(secret)};
  const security::SigningKey key_ =
      security::SigningKey::from_private_der(security::Secret(security::from_base64(simulators::paypal_keys::private_key).value())).value();
  simulators::PaypalSimulator remote_{runtime_, clock_, simulators::PaypalSimulatorOptions{}};

  postgres::Database database_{runtime_, postgres::DatabaseOptions{.dsn = "host=/nonexistent", .module = "payment"}};  // Never asked.
  ForgetfulStore store_{database_, clock_};
  stripe::StripeGateway stripe_{runtime_, clock_,
                                stripe::StripeOptions{.enabled = true, .base_url = "http://127.0.0.1:1", .webhook_secret = std::string(secret)}};
  vnpay::VnpayGateway vnpay_{runtime_, clock_, random_,
                             vnpay::VnpayOptions{.enabled = true, .test_mode = true, .account = account_, .api_url = "http://127.0.0.1:1"}};
  momo::MomoGateway momo_gateway_{runtime_, clock_, random_,
                                  momo::MomoOptions{.enabled = true, .test_mode = true, .account = momo_, .base_url = "http://127.0.0.1:1"}};
  paypal::PaypalGateway paypal_{runtime_, clock_,
                                paypal::PaypalOptions{.enabled = true,
                                                      .test_mode = true,
                                                      .client_id = simulators::PaypalSimulatorOptions{}.client_id,
                                                      .client_secret = simulators::PaypalSimulatorOptions{}.client_secret,
                                                      .webhook_id = "WH-FUZZED",
                                                      .base_url = remote_.url(),
                                                      .trusted_roots = std::string(simulators::paypal_keys::root)}};
  bank_transfer::BankTransferGateway bank_{bank_transfer::BankTransferOptions{.enabled = true, .webhook_secret = std::string(secret)}};
  Providers providers_{{&stripe_, &vnpay_, &momo_gateway_, &paypal_, &bank_}};
  Book book_{store_, clock_, random_};
  Driver driver_{runtime_, store_, book_, providers_, clock_, DriverOptions{}};
  RefundWorker refunds_{store_, providers_, clock_, random_};
  BankCredits credits_{store_, book_, clock_, random_};
  ForgetfulDisputes dispute_store_{database_};
  Disputes disputes_{store_, dispute_store_, providers_, clock_, random_};
  Webhooks webhooks_{store_, book_, driver_, refunds_, credits_, disputes_, providers_, clock_, random_};
  PostgresCreditStore credit_store_{database_};
  OrderRefunds order_refunds_{store_, credit_store_, book_, clock_, random_};
  PaymentService service_{runtime_, store_, book_, driver_, webhooks_, credits_, order_refunds_, providers_, clock_, random_, ServiceOptions{}};
  v1::LocalPaymentApi binding_{service_, clock_};
  http::Router router_;
};

}  // namespace

void fuzz_webhook(std::string_view provider, std::string_view bytes) {
  static FuzzedModule* const module = new FuzzedModule();  // As long as the process: its runtime never runs dry.
  module->send(provider, bytes);
}

}  // namespace emporion::payment
