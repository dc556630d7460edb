#include "modules/commerce/payment/adapters/momo/wire.hpp"

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::payment::momo {
namespace {

using State = ProviderReport::State;

// MoMo publishes no example together with its secret. The signatures below are of texts in the order of its documents, computed apart from this program:
// printf %s "$text" | openssl dgst -sha256 -hmac SECRETOFTHEKNOWNANSWERTESTS.
const MomoAccount account{"MOMOTEST", "ACCESS", "SECRETOFTHEKNOWNANSWERTESTS"};
const UtcTime now = UtcTime::parse("2024-07-23T07:44:00Z").value();

Payment a_payment() {
  Payment out{.id = Uuid::parse("01234567-89ab-70ef-8123-456789abcdef").value(), .order_number = "ORD-7"};
  out.amount = Money(253'000, Currency::of("VND"));
  out.provider_ref = out.id.to_string();
  out.provider_txn_id = "4088878653";
  out.void_reason = "changed my mind";
  out.window_ends_at = now + minutes(14) + seconds(10);
  return out;
}
Refund a_refund() {
  Refund out;
  out.id = Uuid::parse("01234567-89ab-70ef-8123-456789abcd00").value();
  out.amount = Money(100'000, Currency::of("VND"));
  return out;
}
// The members as MoMo's page of the IPN shows them.
const std::string ipn =
    R"({"orderType":"momo_wallet","amount":253000,"partnerCode":"MOMOTEST","orderId":"01234567-89ab-70ef-8123-456789abcdef","extraData":"","signature":")"
    "46504ceedd95eed531c55fb75d23e7e9822d4611557363deaed4f2215fff4498"
    R"(","transId":4088878653,"responseTime":1721720663942,"resultCode":0,"message":"Successful.","payType":"qr","requestId":"01234567-89ab-70ef-8123-456789abcdef-create","orderInfo":"Order ORD-7"})";

TEST(MomoWire, SignsCallsInTheOrderOfTheDocuments) {
  const auto signed_with = [](const std::string& body, const char* signature) {
    return body.find(text(R"("signature":")", signature, "\"")) != std::string::npos;
  };
  const std::string create = create_body(a_payment(), {"https://shop.test/return?payment_id=1", ""}, account, {"https://shop.test/ipn", false}, now);
  EXPECT_TRUE(signed_with(create, "e69029fb023afb73442f6903c6930d6734d20a8149b819dd416baffd3bf72234")) << create;
  const std::string capture = confirm_body(a_payment(), "capture", account);
  EXPECT_TRUE(signed_with(capture, "7b857bc565f694c007e69c572a57875aee3641b737a54674c7d1b9d79842a8ba")) << capture;
  const std::string cancel = confirm_body(a_payment(), "cancel", account);
  EXPECT_TRUE(signed_with(cancel, "c6f33a27d2b9a86943c30d12002e8a5e2d47df4e7e6531cb80cbe53371b41bf8")) << cancel;
  const std::string query = query_body(a_payment(), account, "req1");
  EXPECT_TRUE(signed_with(query, "26e8955761a3c70e51977741df91b222d5c9653a8ef0512033d7f19f5cf71d9f")) << query;
  const std::string refund = refund_body(a_payment(), a_refund(), account);
  EXPECT_TRUE(signed_with(refund, "22617391095db3d322d3957ed1b1fe71c4003f3046a90bb808087dfe0181969e")) << refund;
}

TEST(MomoWire, SendsNumbersAsNumbersAndNeverTheAccessKey) {
  const std::string body = create_body(a_payment(), {"https://shop.test/return", ""}, account, {"https://shop.test/ipn", false}, now);
  EXPECT_NE(body.find(R"("amount":253000,"autoCapture":false,"orderExpireTime":15)"), std::string::npos) << body;
  EXPECT_EQ(body.find("ACCESS"), std::string::npos) << body;
  EXPECT_NE(create_body(a_payment(), {}, account, {"", true}, now + hours(1)).find(R"("autoCapture":true,"orderExpireTime":1,)"), std::string::npos);
}

TEST(MomoWire, AcceptsAnIpnOnlyAsItWasSigned) {
  EXPECT_TRUE(verify_ipn(ipn, account));
  EXPECT_FALSE(verify_ipn(ipn, {"MOMOTEST", "ACCESS", ""})) << "an empty secret signs nothing";
  EXPECT_FALSE(verify_ipn(ipn, {"ANOTHER", "ACCESS", account.secret_key}));
  for (const char* bad : {"", "[]", "{}", "not json"}) EXPECT_EQ(verify_ipn(bad, account).error().reason(), "INVALID_SIGNATURE") << bad;
  for (std::size_t i = 0; i < ipn.size(); ++i) {
    std::string changed = ipn;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(verify_ipn(changed, account)) << "byte " << i << ": " << changed;
  }
}

TEST(MomoWire, ReadsAnIpn) {
  const auto event = read_ipn(ipn);
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->id, text(a_payment().id, ":4088878653:0"));
  EXPECT_EQ(event->payment->payment_id, a_payment().id);
  EXPECT_EQ(event->payment->state, State::captured);
  EXPECT_EQ(event->payment->captured, 253'000);
  EXPECT_EQ(event->payment->txn_id, "4088878653");
  EXPECT_FALSE(read_ipn("{}"));
}

TEST(MomoWire, MapsEveryCode) {
  const std::pair<std::int64_t, State> rows[] = {
      {0, State::captured},      {9000, State::authorized}, {1000, State::requires_action}, {7000, State::processing}, {7002, State::processing},
      {8000, State::processing}, {1001, State::failed},     {1002, State::failed},          {1004, State::failed},     {1007, State::failed},
      {1003, State::failed},     {1006, State::failed},     {1005, State::cancelled}};
  for (const auto& [code, state] : rows) {
    ASSERT_TRUE(outcome_of(code)) << code;
    EXPECT_EQ(outcome_of(code)->state, state) << code;
  }
  EXPECT_EQ(outcome_of(1001)->decline_category, "insufficient_funds");
  EXPECT_EQ(outcome_of(1003)->decline_category, "customer_cancelled");
  EXPECT_EQ(outcome_of(1006)->decline_category, "customer_cancelled");
  for (const std::int64_t code : {10, 11, 12, 13, 20, 21, 22, 40, 41, 42, 99}) EXPECT_FALSE(outcome_of(code)) << code;
  for (const std::int64_t code : {11, 12, 13, 20, 21, 22}) EXPECT_TRUE(is_our_mistake(code)) << code;
  for (const std::int64_t code : {40, 41, 42}) EXPECT_TRUE(is_known_already(code)) << code;
}

TEST(MomoWire, KnowsWhatACallCertainlyDidNotDo) {
  const auto reason = [](int status, const std::string& body) {
    const auto answer = read_answer(status, body);
    if (!answer) return std::string(answer.error().reason());
    const auto report = read_query_answer(*answer, a_payment());
    return report ? std::string("said something") : std::string(report.error().reason());
  };
  EXPECT_EQ(reason(200, R"({"resultCode":10})"), "PROVIDER_BUSY");
  for (const int code : {11, 12, 13, 20, 21, 22}) EXPECT_EQ(reason(400, text(R"({"resultCode":)", code, "}")), "PROVIDER_REFUSED") << code;
  EXPECT_EQ(reason(200, R"({"resultCode":99})"), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(reason(200, R"({"resultCode":0})"), "PROVIDER_OUTCOME_UNKNOWN") << "of which order?";
  EXPECT_EQ(reason(500, "<html>"), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(reason(200, "<html>"), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(reason(429, ""), "PROVIDER_BUSY");
}

TEST(MomoWire, FindsARefundAmongTheOthersOfItsPayment) {
  const Answer answer{0, text(R"({"resultCode":0,"orderId":"x","refundTrans":[{"orderId":"other","amount":1,"resultCode":0},{"orderId":")", a_refund().id,
                              R"(","amount":100000,"resultCode":0}]})")};
  EXPECT_EQ(read_refund_query(answer, a_refund())->state, RefundReport::State::succeeded);
  const Answer without{0, R"({"resultCode":0,"orderId":"x","refundTrans":[]})"};
  EXPECT_EQ(read_refund_query(without, a_refund()).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  Refund known = a_refund();
  known.provider_ref = known.id.to_string();
  EXPECT_EQ(read_refund_query(without, known)->state, RefundReport::State::pending);
}

}  // namespace
}  // namespace emporion::payment::momo
