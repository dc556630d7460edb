#include <cstdio>
#include <filesystem>
#include <fstream>

#include "kernel/http/target.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/vnpay/vnpay_gateway.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"
#include "modules/commerce/payment/testing/provider_fixture.hpp"
#include "tests/simulators/vnpay/vnpay_simulator.hpp"

// What the providers' own SDKs sign must be accepted, and what we sign must be accepted by them: our simulators and our gateways are by the same hands and
// could agree on the same mistake.
namespace emporion::payment {
namespace {

using Fields = std::map<std::string, std::string>;

/// A line of an SDK's answer. `numbers` are written as JSON numbers.
std::string sdk(const std::string& command, const Fields& input, const std::map<std::string, std::int64_t>& numbers = {}, const Fields& fields = {}) {
  std::string json;
  json::Writer writer(json);
  writer.begin_object();
  for (const auto& [name, value] : input) writer.key_escaped(name).string(value);
  for (const auto& [name, value] : numbers) writer.key_escaped(name).integer(value);
  writer.key("fields").begin_object();
  for (const auto& [name, value] : fields) writer.key_escaped(name).string(value);
  writer.end_object().end_object();
  const std::string path = text(::testing::TempDir(), "provider_sdk_", getpid(), ".json");
  std::ofstream(path) << json;
  std::FILE* pipe = popen(text("node '", EMP_SDK_PROGRAM, "' ", command, " < '", path, "'").c_str(), "r");
  std::string out;
  for (int byte = std::fgetc(pipe); byte != EOF; byte = std::fgetc(pipe)) out.push_back(static_cast<char>(byte));
  EXPECT_EQ(pclose(pipe), 0) << "node or the SDKs are missing: run make bootstrap";
  std::filesystem::remove(path);
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

struct ProviderSdk : ProviderTest {
  ProviderSdk() { EXPECT_TRUE(bank.listen()); }
  ~ProviderSdk() override { close_servers(bank); }
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override {
    auto out = PaymentTest::gateways();
    vnpay::VnpayOptions options;
    options.enabled = true;
    options.test_mode = true;
    options.account = account;
    options.pay_url = bank.pay_url();
    options.api_url = bank.api_url();
    out.push_back(std::make_unique<vnpay::VnpayGateway>(runtime(), clock, random, std::move(options)));
    return out;
  }
  http::Response post(const std::string& path, std::string header, std::string value, std::string body) {
    http::ClientRequest request;
    request.method = http::Method::post;
    request.url = front_url() + path;
    request.headers = {{"content-type", "application/json"}, {std::move(header), std::move(value)}};
    request.body = std::move(body);
    auto answer = run(browser.send(std::move(request)));
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().to_string());
    return answer ? std::move(*answer) : http::Response{.status = 0};
  }
  http::Response stripe_webhook(const std::string& header, const std::string& body) {
    return post("/api/v1/webhooks/stripe", "stripe-signature", header, body);
  }
  std::string stripe_sign(const std::string& body, std::int64_t at) {
    return sdk("stripe-sign", {{"payload", body}, {"secret", stripe_secret}}, {{"timestamp", at}});
  }
  std::int64_t now_unix() { return clock.now().micros_since_epoch() / 1'000'000; }
  std::string ipn(const std::string& query) {
    const auto answer = http_get(front_url() + "/api/v1/webhooks/vnpay?" + query);
    if (answer.status == 400) return "400";
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto at = answer.body.find("\"RspCode\":\"");
    return at == std::string::npos ? answer.body : answer.body.substr(at + 11, 2);
  }

  const vnpay::VnpayAccount account{simulators::VnpaySimulatorOptions{}.tmn_code, simulators::VnpaySimulatorOptions{}.hash_secret};
  const std::string stripe_secret = simulators::StripeSimulatorOptions{}.webhook_secret;
  simulators::VnpaySimulator bank{runtime(), clock, simulators::VnpaySimulatorOptions{.ipn_url = ""}};
};

const std::string event =
    R"({"id":"evt_sdk_1","type":"payment_intent.created","data":{"object":{"id":"pi_1","object":"payment_intent","status":"requires_confirmation",)"
    R"("amount":253000,"currency":"vnd","note":"đồng ✓"}}})";

TEST_F(ProviderSdk, acceptance_commerce_3_9_5_WhatStripeSignsIsAcceptedAndAFlippedByteOrAnOldOneIsNot) {
  const std::string header = stripe_sign(event, now_unix());
  for (std::size_t i = 0; i < event.size(); ++i) {
    std::string flipped = event;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    const auto answer = stripe_webhook(header, flipped);
    ASSERT_EQ(answer.status, 400) << i;
    ASSERT_NE(answer.body.find("INVALID_SIGNATURE"), std::string::npos) << answer.body;
  }
  std::string bent = header;
  bent.back() = bent.back() == '0' ? '1' : '0';
  EXPECT_EQ(stripe_webhook(bent, event).status, 400);
  EXPECT_EQ(stripe_webhook(stripe_sign(event, now_unix() - 302), event).status, 400);
  EXPECT_EQ(count("webhook_event"), "0");
  const std::string other = text("t=", header.substr(2, header.find(',') - 2), ",v1=", std::string(64, '0'), header.substr(header.find(',')));
  const auto answer = stripe_webhook(other, event);
  EXPECT_EQ(answer.status, 200) << "a second v1 matches: " << answer.body;
  EXPECT_EQ(stripe_webhook(header, event).status, 200);
  EXPECT_EQ(value("SELECT string_agg(dedup_key, ' ') FROM webhook_event"), "evt_sdk_1");
}

TEST_F(ProviderSdk, WhatIsSignedAndCannotBeReadIsTheSendersMistake) {
  for (const char* body : {"", "[]", "{}", "x", R"({"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}})"}) {
    const auto answer = stripe_webhook(stripe_sign(body, now_unix()), body);
    EXPECT_EQ(answer.status, 400) << body << answer.body;
    EXPECT_NE(answer.body.find("\"MALFORMED_"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(count("webhook_event"), "0");
}

TEST_F(ProviderSdk, StripesOwnReadsWhatTheSimulatorSigns) {
  const Fields signed_event{{"payload", event}, {"header", provider.sign(event, stripe_secret)}, {"secret", stripe_secret}};
  EXPECT_EQ(sdk("stripe-read", signed_event, {{"received_at", now_unix()}}), "evt_sdk_1");
  EXPECT_TRUE(sdk("stripe-read", signed_event, {{"received_at", now_unix() + 302}}).starts_with("refused: "));
}

TEST_F(ProviderSdk, VnpaysIpnIsAcceptedAndAFlippedByteIsNot) {
  const auto request = a_payment_by(v1::PaymentMethod::vnpay);
  ASSERT_TRUE(create(request));
  const std::string query = sdk("vnpay-ipn", {{"secret", account.hash_secret}}, {},
                                {{"vnp_TmnCode", account.tmn_code},
                                 {"vnp_Amount", "25300000"},
                                 {"vnp_BankCode", "NCB"},
                                 {"vnp_BankTranNo", ""},
                                 {"vnp_CardType", "ATM *~!'()"},
                                 {"vnp_OrderInfo", "Thanh toán cho mã GD: a+b&c=d/é"},
                                 {"vnp_PayDate", "20260105150000"},
                                 {"vnp_TxnRef", base32_of(request.payment_id)},
                                 {"vnp_TransactionNo", "14000001"},
                                 {"vnp_ResponseCode", "00"},
                                 {"vnp_TransactionStatus", "00"}});
  for (std::size_t i = 0; i < query.size(); ++i) {
    std::string flipped = query;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    const std::string answer = ipn(flipped);
    ASSERT_TRUE(answer == "97" || answer == "400") << answer << " " << flipped;  // 400: no query any more, such as UTF-8 that is torn.
  }
  EXPECT_EQ(count("webhook_event"), "0");
  EXPECT_EQ(stored(request.payment_id).status, v1::PaymentStatus::requires_action);
  EXPECT_EQ(ipn(query), "00") << query;
  EXPECT_EQ(stored(request.payment_id).status, v1::PaymentStatus::captured);
  EXPECT_EQ(ipn(query), "02");
}

TEST_F(ProviderSdk, VnpayMakesTheSamePayUrlAndVerifiesOurs) {
  auto request = a_payment_by(v1::PaymentMethod::vnpay);
  request.return_url = "https://shop.test/checkout?a=1&b=*~(ü) x+y";
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  const std::string url = created->payment.next_action->url.value();
  EXPECT_EQ(sdk("vnpay-verify", {{"url", url}, {"secret", account.hash_secret}}), "true") << url;
  std::string flipped = url;
  flipped[flipped.find("vnp_Amount=") + 11] = '9';
  EXPECT_EQ(sdk("vnpay-verify", {{"url", flipped}, {"secret", account.hash_secret}}), "false");

  Fields fields;
  for (auto& [name, value] : http::parse_target(url.substr(url.find("/paymentv2"))).value().query) fields.emplace(name, value);
  fields.erase("vnp_SecureHash");
  EXPECT_EQ(sdk("vnpay-pay-url", {{"base", bank.pay_url()}, {"secret", account.hash_secret}, {"tmn_code", account.tmn_code}}, {}, fields), url);
}

}  // namespace
}  // namespace emporion::payment
