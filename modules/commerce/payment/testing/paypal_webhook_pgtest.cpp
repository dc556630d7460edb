#include "modules/commerce/payment/testing/paypal_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Delivery;
using simulators::Fault;

TEST_F(Paypal, acceptance_commerce_3_9_4_heard_five_times_in_any_order_captures_once) {
  const auto request = captured();
  for (const auto& message : remote.messages()) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(run(remote.send(message)).status, 200);
  }
  hear_webhooks();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM webhook_event"), text(remote.messages().size()));
  expect_clean_audit();
}

TEST_F(Paypal, WhoseMessagesComeNewestFirstIsCapturedOnce) {
  remote.deliver(Delivery::reversed);
  const auto request = at_the_page();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  ASSERT_TRUE(come_back("paypal", request.payment_id));
  ASSERT_TRUE(capture(request.payment_id));
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "2");
}

TEST_F(Paypal, WithAnotherAmountChangesNothingAndOpensACase) {
  const auto request = at_the_page();
  std::string body =
      remote.event("PAYMENT.AUTHORIZATION.CREATED",
                   text(R"({"id":"A","status":"CREATED","amount":{"currency_code":"USD","value":"1.00"},"custom_id":")", request.payment_id, "\"}"));
  EXPECT_EQ(run(remote.send(remote.message(body))).status, 200);
  hear_webhooks();
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
}

TEST_F(Paypal, acceptance_commerce_3_9_5_with_a_body_altered_by_one_byte_is_refused_and_stored_nowhere) {
  const auto request = at_the_page();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  const auto genuine = remote.messages().back();
  for (const std::size_t at : {std::size_t{7}, genuine.body.size() / 2, genuine.body.size() - 3}) {
    auto altered = genuine;
    altered.body[at] = static_cast<char>(altered.body[at] ^ 1);
    EXPECT_EQ(run(remote.send(altered)).status, 400) << at;
  }
  remote.deliver(Delivery::wrong_signature);
  const auto header = [&](const char* name, std::string value) {
    auto altered = genuine;
    for (auto& one : altered.headers) {
      if (one.name == name) one.value = value;
    }
    return run(remote.send(altered)).status;
  };
  EXPECT_EQ(header("paypal-transmission-id", "another"), 400);
  EXPECT_EQ(header("paypal-transmission-time", "2020-01-01T00:00:00Z"), 400);
  EXPECT_EQ(header("paypal-transmission-sig", ""), 400);
  EXPECT_EQ(header("paypal-auth-algo", "MD5withRSA"), 400);
  EXPECT_EQ(header("paypal-cert-url", "https://api.paypal.com.evil.test/certs/1"), 400);
  EXPECT_EQ(count("webhook_event"), "0");
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(run(remote.send(genuine)).status, 200);
}

TEST_F(Paypal, WithACertificateThatNobodyVouchesForIsRefused) {
  trusted_roots = "no root at all";
  const auto request = at_the_page();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  EXPECT_EQ(run(remote.send(remote.messages().back())).status, 400);
  EXPECT_EQ(count("webhook_event"), "0");
}

TEST_F(Paypal, AsksPaypalItselfWhenTheCertificateCannotBeHad) {
  const auto request = at_the_page();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  const auto genuine = remote.messages().back();
  auto altered = genuine;
  altered.body[7] = static_cast<char>(altered.body[7] ^ 1);
  remote.misbehave("certificate", Fault::error_500, 2);
  EXPECT_EQ(run(remote.send(altered)).status, 400);
  EXPECT_EQ(run(remote.send(genuine)).status, 200);
  EXPECT_EQ(remote.calls("verify"), 2);
  hear_webhooks();
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(Paypal, IsNotCutOffByMessagesOfStrangersThatNameBadCertificates) {
  const auto request = at_the_page();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  auto strange = remote.messages().back();
  strange.body[7] = static_cast<char>(strange.body[7] ^ 1);
  remote.misbehave("certificate", Fault::error_500, 8);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(run(remote.send(strange)).status, 400);
  at_the_page();
}

TEST_F(Paypal, WhoseCaptureStaysPendingIsCapturedByItsMessage) {
  const auto request = authorized();
  remote.capture_slowly();
  const auto answer = capture(request.payment_id);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, S::authorized);
  EXPECT_TRUE(answer->capture_pending);
  ASSERT_TRUE(remote.settle_capture(ref_of(request), true));
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  expect_clean_audit();
}

TEST_F(Paypal, WhosePendingCaptureIsDeniedIsOver) {
  const auto request = authorized();
  remote.capture_slowly();
  ASSERT_TRUE(capture(request.payment_id));
  ASSERT_TRUE(remote.settle_capture(ref_of(request), false));
  hear();
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(count("ledger_entry"), "0");
}

}  // namespace
}  // namespace emporion::payment
