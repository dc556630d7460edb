#include "kernel/fault/fault_points.hpp"
#include "modules/commerce/payment/testing/paypal_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Fault;

TEST_F(Paypal, IsApprovedAtItsPageAuthorizedByUsAndCaptured) {
  const auto request = authorized();
  EXPECT_EQ(remote.find(ref_of(request))->amount, 12'050);
  EXPECT_EQ(remote.last_answer().status, 200);
  EXPECT_EQ(capture(request.payment_id)->status, S::captured);
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(remote.balance(), 12'050);
  EXPECT_EQ(remote.calls("token"), 1) << "a token serves many calls";
  EXPECT_EQ(remote.calls("certificate"), 1) << "and so does a certificate";
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox"),
            "payment.payment.action_required payment.payment.authorized payment.payment.captured");
  EXPECT_EQ(count("ledger_entry"), "2");
  expect_clean_audit();
}

TEST_F(Paypal, acceptance_commerce_3_9_1_created_a_hundred_times_at_once_is_one_row_and_one_order) {
  (void)front_url();
  const auto request = a_payment_by(v1::PaymentMethod::paypal, 12'050, "USD");
  std::vector<Task<Result<v1::CreatePaymentResponse>>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(module().service.create_payment(by("checkout"), request));
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->payment.status, S::requires_action);
  }
  EXPECT_EQ(count("payment"), "1");
  EXPECT_EQ(remote.calls("create"), 1);
}

TEST_F(Paypal, IsAuthorizedWhenTheBuyerComesBackBeforeTheMessage) {
  const auto request = at_the_page();
  ASSERT_TRUE(come_back("paypal", request.payment_id));
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action) << "not yet approved, whatever the browser says";
  ASSERT_TRUE(remote.approve(ref_of(request)));
  ASSERT_TRUE(come_back("paypal", request.payment_id));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  EXPECT_EQ(remote.calls("authorize"), 1);
}

TEST_F(Paypal, acceptance_commerce_3_9_2_whose_authorization_is_not_answered_is_found_and_not_asked_for_twice) {
  for (const Fault fault : {Fault::lose_answer, Fault::error_500_after}) {
    const auto request = at_the_page();
    ASSERT_TRUE(remote.approve(ref_of(request)));
    remote.misbehave("authorize", fault);
    ASSERT_TRUE(come_back("paypal", request.payment_id));
    EXPECT_EQ(stored(request.payment_id).status, S::processing);
    work(seconds(6));
    EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  }
  EXPECT_EQ(remote.calls("authorize"), 2);
}

TEST_F(Paypal, acceptance_commerce_3_9_3_whose_process_dies_after_the_authorization_catches_up) {
  const auto request = at_the_page();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  ASSERT_TRUE(fault::FaultPoints::arm("lose:payment.after_confirm:1"));
  ASSERT_TRUE(come_back("paypal", request.payment_id));
  fault::FaultPoints::disarm();
  restart();
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  EXPECT_EQ(remote.calls("authorize"), 1);
}

TEST_F(Paypal, WhoseOrderWasMadeWithoutAnAnswerIsMadeOnce) {
  (void)front_url();
  remote.misbehave("create", Fault::lose_answer);
  const auto request = a_payment_by(v1::PaymentMethod::paypal, 12'050, "USD");
  ASSERT_TRUE(create(request));
  EXPECT_EQ(stored(request.payment_id).status, S::processing);
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action) << "the same answer again, with the page";
  EXPECT_TRUE(stored(request.payment_id).next_action);
  EXPECT_EQ(remote.orders(), 1u);
}

TEST_F(Paypal, WhoseInstrumentIsDeclinedHasFailed) {
  const auto request = at_the_page();
  remote.decline_instrument();
  ASSERT_TRUE(remote.approve(ref_of(request)));
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::failed);
  EXPECT_EQ(stored(request.payment_id).decline->category, v1::DeclineCategory::card_declined);
}

TEST_F(Paypal, WhoseBuyerGoesAwayExpiresWithItsWindowAndIsNotTakenLater) {
  const auto request = at_the_page();
  ASSERT_TRUE(come_back("paypal", request.payment_id));
  work(minutes(16));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  ASSERT_TRUE(remote.approve(ref_of(request)));
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(remote.calls("authorize"), 0) << "an approval holds no money, so nothing has to go back";
}

TEST_F(Paypal, WhoseTokenIsForgottenTakesANewOne) {
  const auto request = authorized();
  remote.revoke_token();
  EXPECT_EQ(capture(request.payment_id)->status, S::captured);
  EXPECT_EQ(remote.calls("token"), 2);
}

TEST_F(Paypal, WhoseCaptureIsNotAnsweredIsCapturedOnce) {
  const auto request = authorized();
  remote.misbehave("capture", Fault::lose_answer);
  const auto answer = capture(request.payment_id);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_TRUE(answer->capture_pending);
  work(seconds(6));  // The same PayPal-Request-Id: the first answer again.
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(remote.balance(), 12'050);
  EXPECT_EQ(count("ledger_entry"), "2");
}

TEST_F(Paypal, acceptance_commerce_3_9_16_past_its_authorization_is_expired_and_not_tried_again) {
  const auto request = authorized();
  remote.expire(ref_of(request));
  const auto answer = capture(request.payment_id);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "AUTHORIZATION_EXPIRED");
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  const int calls = remote.calls("capture");
  work(hours(1));
  EXPECT_EQ(remote.calls("capture"), calls);
}

TEST_F(Paypal, ThatIsGivenUpIsReleased) {
  const auto request = authorized();
  remote.misbehave("void", Fault::lose_answer);
  ASSERT_TRUE(give_up(request.payment_id));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  work(seconds(30));
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  EXPECT_EQ(remote.find(ref_of(request))->authorization_status, "VOIDED");
}

TEST_F(Paypal, acceptance_commerce_3_9_10_approved_after_the_order_was_cancelled_takes_nothing) {
  const auto request = at_the_page();
  ASSERT_TRUE(PaymentTest::hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  ASSERT_TRUE(remote.approve(ref_of(request)));
  hear();
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(remote.calls("authorize"), 0);
  EXPECT_EQ(remote.balance(), 0);
}

TEST_F(Paypal, IsRefundedInPartAndThenInFull) {
  const auto request = captured(10'000);
  ASSERT_TRUE(refund(request.payment_id, 3'000, "a", "USD"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::partially_refunded);
  EXPECT_EQ(remote.balance(), 7'000);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "b"));
  work();
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(remote.balance(), 0);
  expect_clean_audit();
}

TEST_F(Paypal, WhoseRefundIsNotAnsweredIsRefundedOnceAlsoIfTheMessageIsFirst) {
  const auto request = captured(10'000);
  remote.misbehave("refund", Fault::lose_answer);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  work(minutes(2));
  EXPECT_EQ(remote.balance(), 0);
  EXPECT_EQ(value("SELECT count(*) FROM ledger_entry WHERE cause = 'refund'"), "2");
  expect_clean_audit();
}

TEST_F(Paypal, WhoseRefundStaysPendingIsAskedFor) {
  const auto request = captured(10'000);
  remote.refund_with("PENDING");
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  EXPECT_EQ(value("SELECT status FROM refund"), "submitted");
  ASSERT_TRUE(remote.settle_refund(value("SELECT provider_ref FROM refund"), "COMPLETED"));
  work(minutes(6));
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
}

TEST_F(Paypal, WhoseRefundFailsIsAFailedRefund) {
  const auto request = captured(10'000);
  remote.refund_with("FAILED");
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  EXPECT_EQ(value("SELECT status FROM refund"), "failed");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
}

TEST_F(Paypal, IsNeverOfferedInDong) {
  const auto refused = create(a_payment_by(v1::PaymentMethod::paypal, 253'000, "VND"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "METHOD_NOT_AVAILABLE");
  EXPECT_EQ(count("payment"), "0");
}

TEST(PaypalKeys, acceptance_commerce_3_9_13_that_cannot_be_meant_stop_the_start) {
  paypal::PaypalOptions good;
  good.enabled = true;
  good.client_id = "AeA1QIZXiflr1_-r0U2UbWTziOWX1GRQ";
  good.client_secret = "EL1tVxAjhT7cJimnz5-Nsx9k2reTKSVf";
  good.webhook_id = "8PT597110X687430LKGECATA";
  good.base_url = paypal::default_address(false);
  EXPECT_TRUE(paypal::check_keys(good));
  const auto refuses = [&](auto change) {
    auto bad = good;
    change(bad);
    const auto answer = paypal::check_keys(bad);
    bad.enabled = false;
    EXPECT_TRUE(paypal::check_keys(bad)) << "a provider that is off needs no keys";
    return !answer && answer.error().reason() == "PAYPAL_KEYS_INVALID";
  };
  EXPECT_TRUE(refuses([](auto& options) { options.client_id = ""; }));
  EXPECT_TRUE(refuses([](auto& options) { options.client_secret = "your_client_secret_here"; }));
  EXPECT_TRUE(refuses([](auto& options) { options.webhook_id = "changeme"; }));
  EXPECT_TRUE(refuses([](auto& options) { options.base_url = paypal::default_address(true); })) << "the sandbox in live mode";
  EXPECT_TRUE(refuses([](auto& options) { options.test_mode = true; })) << "live PayPal in test mode";
}

}  // namespace
}  // namespace emporion::payment
