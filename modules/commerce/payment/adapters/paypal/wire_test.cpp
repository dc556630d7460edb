#include "modules/commerce/payment/adapters/paypal/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "kernel/base/text.hpp"

namespace emporion::payment::paypal {
namespace {

using State = ProviderReport::State;

const Uuid payment_id = Uuid::from_name("payment");

Payment a_payment(std::int64_t amount = 12'050, const char* currency = "USD") {
  Payment out{.id = payment_id, .order_number = "ORD-7"};
  out.amount = Money(amount, Currency::of(currency));
  out.provider_ref = "5O190127TN364715T";
  out.provider_txn_id = "0AW2184448108334S";
  return out;
}

std::string an_order(std::string_view status, std::string_view payments = "") {
  return text(
      R"({"id":"5O190127TN364715T","status":")", status, R"(","purchase_units":[{"reference_id":")", payment_id,
      R"(","amount":{"currency_code":"USD","value":"120.50"})", payments.empty() ? "" : R"(,"payments":)", payments,
      R"(}],"links":[{"href":"https://api.paypal.test/self","rel":"self"},{"href":"https://www.paypal.test/checkoutnow?token=5O1","rel":"payer-action"}]})");
}
std::string money(std::string_view status, std::string_view value = "120.50") {
  return text(R"({"id":"0AW2184448108334S","status":")", status, R"(","amount":{"currency_code":"USD","value":")", value,
              R"("},"expiration_time":"2026-03-30T10:00:00Z"})");
}

TEST(PaypalWire, WritesValuesWithTheDecimalsThatPaypalTakes) {
  const std::tuple<std::int64_t, const char*, const char*> rows[] = {{12'050, "USD", "120.50"}, {5, "EUR", "0.05"},       {100, "GBP", "1.00"},
                                                                     {1'500, "JPY", "1500"},    {150'000, "HUF", "1500"}, {70'000, "TWD", "700"}};
  for (const auto& [amount, currency, value] : rows) EXPECT_EQ(value_of(Money(amount, Currency::of(currency))), value) << currency;
  EXPECT_FALSE(value_of(Money(150'050, Currency::of("HUF")))) << "PayPal takes no fillér";
}

TEST(PaypalWire, ReadsValuesBackAndNothingElse) {
  const auto read = [](const char* currency, const char* value) {
    const auto document = json::Document::parse(text(R"({"currency_code":")", currency, R"(","value":")", value, "\"}"));
    return money_of(document->root());
  };
  EXPECT_EQ(read("USD", "120.50"), Money(12'050, Currency::of("USD")));
  EXPECT_EQ(read("USD", "120.5"), Money(12'050, Currency::of("USD")));
  EXPECT_EQ(read("USD", "120"), Money(12'000, Currency::of("USD")));
  EXPECT_EQ(read("JPY", "1500"), Money(1'500, Currency::of("JPY")));
  EXPECT_EQ(read("JPY", "1500.00"), Money(1'500, Currency::of("JPY")));
  EXPECT_EQ(read("HUF", "1500"), Money(150'000, Currency::of("HUF")));
  for (const char* bad : {"", ".5", "1.", "-1", "1.005", "1,00", "1e3", "1.0.0", "99999999999999999999"}) EXPECT_FALSE(read("USD", bad)) << bad;
  EXPECT_FALSE(read("QQQ", "1"));
}

TEST(PaypalWire, NeverOffersDong) {
  const auto taken = currencies();
  EXPECT_EQ(std::ranges::find(taken, "VND"), taken.end());
  EXPECT_NE(std::ranges::find(taken, "USD"), taken.end());
}

TEST(PaypalWire, AsksForAnAuthorizationOfThisPayment) {
  const std::string body = order_body(a_payment(), {"https://shop.test/return", ""});
  EXPECT_NE(body.find(R"("intent":"AUTHORIZE")"), std::string::npos) << body;
  EXPECT_NE(body.find(text(R"("reference_id":")", payment_id, "\"")), std::string::npos) << body;
  EXPECT_NE(body.find(R"("amount":{"currency_code":"USD","value":"120.50"})"), std::string::npos) << body;
  EXPECT_EQ(request_id(a_payment(), "create"), text(payment_id, ":create:1"));
}

TEST(PaypalWire, MapsEveryStatus) {
  const std::pair<const char*, State> orders[] = {{"CREATED", State::requires_action},
                                                  {"PAYER_ACTION_REQUIRED", State::requires_action},
                                                  {"APPROVED", State::approved},
                                                  {"VOIDED", State::cancelled},
                                                  {"COMPLETED", State::processing}};
  for (const auto& [status, state] : orders) EXPECT_EQ(read_order_answer(200, an_order(status), a_payment())->state, state) << status;
  const std::pair<const char*, State> authorizations[] = {
      {"CREATED", State::authorized}, {"PENDING", State::processing}, {"DENIED", State::failed}, {"VOIDED", State::cancelled}, {"CAPTURED", State::captured}};
  for (const auto& [status, state] : authorizations) {
    const auto report = read_order_answer(201, an_order("COMPLETED", text(R"({"authorizations":[)", money(status), "]}")), a_payment());
    ASSERT_TRUE(report) << status;
    EXPECT_EQ(report->state, state) << status;
    EXPECT_EQ(report->txn_id, "0AW2184448108334S");
  }
  const std::pair<const char*, State> captures[] = {
      {"COMPLETED", State::captured}, {"PENDING", State::processing}, {"DECLINED", State::failed}, {"FAILED", State::failed}, {"REFUNDED", State::captured}};
  for (const auto& [status, state] : captures) EXPECT_EQ(read_capture_answer(201, money(status), a_payment())->state, state) << status;
  const std::pair<const char*, RefundReport::State> refunds[] = {{"COMPLETED", RefundReport::State::succeeded},
                                                                 {"PENDING", RefundReport::State::pending},
                                                                 {"FAILED", RefundReport::State::failed},
                                                                 {"CANCELLED", RefundReport::State::failed}};
  for (const auto& [status, state] : refunds) EXPECT_EQ(read_refund_answer(201, money(status), Refund{})->state, state) << status;
  EXPECT_EQ(read_order_answer(200, an_order("BRAND_NEW"), a_payment()).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(read_capture_answer(201, money("BRAND_NEW"), a_payment()).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
}

TEST(PaypalWire, BelievesWhatWasCapturedBeforeWhatWasAuthorized) {
  const auto report = read_order_answer(
      200, an_order("COMPLETED", text(R"({"authorizations":[)", money("CAPTURED"), R"(],"captures":[)", money("PENDING"), "]}")), a_payment());
  EXPECT_EQ(report->state, State::processing);
  EXPECT_EQ(report->payment_id, payment_id);
}

TEST(PaypalWire, TellsTheBuyerWhereToGo) {
  EXPECT_EQ(read_order_answer(201, an_order("PAYER_ACTION_REQUIRED"), a_payment())->next_action,
            R"({"type":"redirect","url":"https://www.paypal.test/checkoutnow?token=5O1"})");
}

TEST(PaypalWire, KnowsWhatACallCertainlyDidNotDo) {
  const auto declined = read_order_answer(422, R"({"details":[{"issue":"INSTRUMENT_DECLINED"}]})", a_payment());
  ASSERT_TRUE(declined);
  EXPECT_EQ(declined->state, State::failed);
  EXPECT_EQ(declined->decline_category, "card_declined");
  const std::pair<int, const char*> rows[] = {{400, "PROVIDER_REFUSED"},        {401, "PROVIDER_REFUSED"}, {404, "PROVIDER_REFUSED"},
                                              {422, "PROVIDER_REFUSED"},        {429, "PROVIDER_BUSY"},    {500, "PROVIDER_OUTCOME_UNKNOWN"},
                                              {503, "PROVIDER_OUTCOME_UNKNOWN"}};
  for (const auto& [status, reason] : rows) {
    EXPECT_EQ(read_order_answer(status, R"({"details":[{"issue":"OTHER"}]})", a_payment()).error().reason(), reason) << status;
    EXPECT_EQ(read_capture_answer(status, "", a_payment()).error().reason(), reason) << status;
    EXPECT_EQ(read_void_answer(status, "", a_payment()).error().reason(), reason) << status;
  }
  EXPECT_EQ(read_void_answer(204, "", a_payment())->state, State::cancelled);
  EXPECT_EQ(read_order_answer(200, "<html>", a_payment()).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
}

TEST(PaypalWire, ReadsEvents) {
  const auto read = [](std::string_view type, std::string_view resource) {
    return read_event(text(R"({"id":"WH-1","event_type":")", type, R"(","resource":)", resource, "}"));
  };
  EXPECT_EQ(read("CHECKOUT.ORDER.APPROVED", an_order("APPROVED"))->payment->state, State::approved);
  EXPECT_EQ(read("PAYMENT.AUTHORIZATION.CREATED", money("CREATED"))->payment->state, State::authorized);
  EXPECT_EQ(read("PAYMENT.AUTHORIZATION.VOIDED", money("VOIDED"))->payment->state, State::cancelled);
  EXPECT_EQ(read("PAYMENT.CAPTURE.COMPLETED", money("COMPLETED"))->payment->captured, 12'050);
  EXPECT_EQ(read("PAYMENT.CAPTURE.DENIED", money("DECLINED"))->payment->state, State::failed);
  EXPECT_EQ(read("PAYMENT.CAPTURE.PENDING", money("PENDING"))->payment->state, State::processing);
  EXPECT_EQ(read("PAYMENT.CAPTURE.REFUNDED", money("COMPLETED"))->refund->state, RefundReport::State::succeeded);
  EXPECT_FALSE(read("PAYMENT.CAPTURE.REVERSED", money("COMPLETED"))->payment) << "money that PayPal took back is a matter of disputes";
  EXPECT_FALSE(read("CUSTOMER.DISPUTE.CREATED", "{}")->payment);
  EXPECT_FALSE(read_event("{}"));
  EXPECT_FALSE(read_event("not json"));
}

TEST(PaypalWire, SignsTheChecksumOfTheBodyInDecimal) {
  // printf %s '{"id":"WH-1"}' | gzip -c | tail -c8 | od -An -tu4 -N4
  EXPECT_EQ(signed_text("69cd13f0", "2026-03-01T00:00:00Z", "8PT597110X687430L", R"({"id":"WH-1"})"),
            "69cd13f0|2026-03-01T00:00:00Z|8PT597110X687430L|838965618");
}

TEST(PaypalWire, TakesCertificatesOfPaypalOnly) {
  EXPECT_TRUE(is_paypal_certificate("https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"));
  EXPECT_TRUE(is_paypal_certificate("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"));
  for (const char* bad : {"", "http://api.paypal.com/certs/1", "https://api.paypal.com.evil.test/certs/1", "https://evilpaypal.com/certs/1",
                          "https://paypal.com@evil.test/certs/1", "https://api.paypal.com:8443/certs/1", "https://evil.test/?x=.paypal.com/",
                          "https://evil.test#.paypal.com/", "https://api.paypal.com", "https://API.paypal.com/x", "https://evil.test\\.paypal.com/certs/1"}) {
    EXPECT_FALSE(is_paypal_certificate(bad)) << bad;
  }
}

}  // namespace
}  // namespace emporion::payment::paypal
