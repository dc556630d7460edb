#include "modules/commerce/payment/adapters/stripe/wire.hpp"

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::payment::stripe {
namespace {

using State = ProviderReport::State;
const Uuid payment_id = Uuid::from_name("payment");

std::string intent(std::string_view status, std::string_view more = "") {
  return text(R"({"id":"pi_1","object":"payment_intent","amount":253000,"amount_received":0,"currency":"vnd","status":")", status,
              R"(","client_secret":"pi_1_secret",)", R"("metadata":{"payment_id":")", payment_id, R"("})", more, "}");
}

TEST(StripeWire, SendsAmountsInMinorUnitsAndTheCurrencyInLowerCase) {
  Payment payment{.id = payment_id, .order_id = Uuid::from_name("order")};
  payment.amount = Money(253'000, Currency::of("VND"));
  payment.provider_token = "pm_card";
  const std::string body = encode(intent_form(payment));
  EXPECT_NE(body.find("amount=253000&currency=vnd&capture_method=manual"), std::string::npos) << body;
  EXPECT_NE(body.find(text("metadata%5Bpayment_id%5D=", payment_id)), std::string::npos) << body;
  EXPECT_EQ(idempotency_key(payment_id, "create"), text(payment_id, ":create:1"));
}

TEST(StripeWire, MapsEveryStatus) {
  const std::pair<const char*, State> rows[] = {{"requires_confirmation", State::not_confirmed},
                                                {"requires_action", State::requires_action},
                                                {"processing", State::processing},
                                                {"requires_capture", State::authorized},
                                                {"succeeded", State::captured},
                                                {"canceled", State::cancelled}};
  for (const auto& [status, state] : rows) {
    const auto report = read_intent_answer(200, intent(status));
    ASSERT_TRUE(report) << status;
    EXPECT_EQ(report->state, state) << status;
    EXPECT_EQ(report->amount, Money(253'000, Currency::of("VND")));
    EXPECT_EQ(report->payment_id, payment_id);
  }
  EXPECT_EQ(read_intent_answer(200, intent("requires_payment_method"))->state, State::not_confirmed);
  EXPECT_EQ(read_intent_answer(200, intent("brand_new")).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
}

TEST(StripeWire, ADeclineIsAReportWithItsCategory) {
  const std::pair<const char*, const char*> rows[] = {{"insufficient_funds", "insufficient_funds"}, {"expired_card", "expired_card"},
                                                      {"incorrect_cvc", "incorrect_cvc"},           {"authentication_required", "authentication_required"},
                                                      {"generic_decline", "card_declined"},         {"lost_card", "generic"}};
  for (const auto& [code, category] : rows) {
    const std::string body =
        text(R"({"error":{"type":"card_error","code":"card_declined","decline_code":")", code, R"(","payment_intent":)",
             intent("requires_payment_method", text(R"(,"last_payment_error":{"code":"card_declined","decline_code":")", code, R"("})")), "}}");
    const auto report = read_intent_answer(402, body);
    ASSERT_TRUE(report) << code;
    EXPECT_EQ(report->state, State::failed);
    EXPECT_EQ(report->decline_category, category);
    EXPECT_EQ(report->decline_code, code);
  }
}

TEST(StripeWire, KnowsWhatACallCertainlyDidNotDo) {
  const std::pair<int, const char*> rows[] = {
      {400, "PROVIDER_REFUSED"},         {401, "PROVIDER_REFUSED"},         {404, "PROVIDER_REFUSED"},         {429, "PROVIDER_BUSY"},
      {409, "PROVIDER_OUTCOME_UNKNOWN"}, {500, "PROVIDER_OUTCOME_UNKNOWN"}, {502, "PROVIDER_OUTCOME_UNKNOWN"}, {402, "PROVIDER_OUTCOME_UNKNOWN"}};
  for (const auto& [status, reason] : rows) EXPECT_EQ(read_intent_answer(status, R"({"error":{"message":"no"}})").error().reason(), reason) << status;
  EXPECT_EQ(read_intent_answer(200, "<html>").error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
}

TEST(StripeWire, ReadsWhatTheBuyerHasToDo) {
  const auto redirect =
      read_intent_answer(200, intent("requires_action", R"(,"next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"https://bank.example/3ds"}})"));
  EXPECT_EQ(redirect->next_action, R"({"type":"redirect","url":"https://bank.example/3ds"})");
  const auto sdk = read_intent_answer(200, intent("requires_action", R"(,"next_action":{"type":"use_stripe_sdk"})"));
  EXPECT_EQ(sdk->next_action, R"({"type":"sdk","client_secret":"pi_1_secret"})");
}

TEST(StripeWire, ReadsTheCardAndTheEndOfItsAuthorization) {
  const auto report = read_intent_answer(
      200, intent("requires_capture",
                  R"(,"latest_charge":{"id":"ch_1","payment_method_details":{"card":{"brand":"visa","last4":"4242","capture_before":1772323200}}})"));
  EXPECT_EQ(report->txn_id, "ch_1");
  EXPECT_EQ(report->card_last4, "4242");
  EXPECT_EQ(report->auth_expires_at, UtcTime::from_micros(1'772'323'200'000'000));
}

TEST(StripeWire, ReadsEvents) {
  const auto event = read_event(text(R"({"id":"evt_1","type":"payment_intent.succeeded","data":{"object":)", intent("succeeded"), "}}"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->payment->state, State::captured);
  const auto refund = read_event(
      R"({"id":"evt_2","type":"refund.updated","data":{"object":{"id":"re_1","amount":100,"currency":"usd","status":"failed","failure_reason":"expired_or_canceled_card"}}})");
  EXPECT_EQ(refund->refund->state, RefundReport::State::failed);
  EXPECT_FALSE(read_event("{}"));
  EXPECT_TRUE(read_event(R"({"id":"evt_3","type":"customer.created","data":{"object":{}}})"));
  const auto dispute = read_event(
      R"({"id":"evt_4","type":"charge.dispute.created","data":{"object":{"id":"dp_1","amount":50,"currency":"usd","charge":"ch_1","payment_intent":"pi_1","reason":"fraudulent","status":"needs_response","evidence_details":{"due_by":1700000000}}}})");
  ASSERT_TRUE(dispute);
  EXPECT_EQ(dispute->dispute->status, DisputeStatus::opened);
  EXPECT_EQ(dispute->dispute->payment_ref, "pi_1");
  EXPECT_FALSE(read_event(R"({"id":"evt_5","type":"charge.dispute.closed","data":{"object":{"id":"dp_1"}}})"));
}

TEST(StripeWire, APageOfRefundsTellsWhatComesAfterIt) {
  const auto page = [](std::string_view rows, bool more) {
    return read_refund_page(200, text(R"({"object":"list","data":[)", rows, R"(],"has_more":)", more ? "true" : "false", "}"));
  };
  constexpr std::string_view one = R"({"id":"re_1","amount":5,"currency":"vnd","status":"succeeded","metadata":{}})";
  EXPECT_EQ(page(one, true)->next, "re_1");
  EXPECT_EQ(page(one, false)->next, std::nullopt);
  EXPECT_EQ(page("", true)->next, std::nullopt) << "it would be asked for for ever";
  EXPECT_EQ(page(one, false)->refunds.at(0).refund_id, std::nullopt);
  EXPECT_EQ(page(R"({"id":"re_1"})", false).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(read_refund_page(200, "{}").error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(read_refund_page(500, "{}").error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
}

}  // namespace
}  // namespace emporion::payment::stripe
