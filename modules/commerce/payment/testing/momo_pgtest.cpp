#include "modules/commerce/payment/adapters/momo/momo_gateway.hpp"
#include "modules/commerce/payment/testing/provider_fixture.hpp"
#include "tests/simulators/momo/momo_simulator.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Delivery;
using simulators::Fault;

struct Momo : ProviderTest {
  Momo() { EXPECT_TRUE(wallet.listen()); }
  ~Momo() override { close_servers(wallet); }
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override {
    const simulators::MomoSimulatorOptions keys;
    momo::MomoOptions options;
    options.enabled = true;
    options.test_mode = true;
    options.account = {keys.partner_code, keys.access_key, keys.secret_key};
    options.base_url = wallet.url();
    options.ipn_url = front_.url() + "/api/v1/webhooks/momo";
    options.takes_at_once = one_phase;
    options.timeout = seconds(1);
    std::vector<std::unique_ptr<ProviderGateway>> out;
    out.push_back(std::make_unique<momo::MomoGateway>(runtime(), clock, random, std::move(options)));
    return out;
  }
  /// A payment whose buyer sees MoMo's page.
  v1::CreatePaymentRequest at_the_page(std::int64_t amount = 253'000) {
    (void)front_url();
    wallet.deliver(Delivery::late);
    const auto request = a_payment_by(v1::PaymentMethod::momo, amount);
    const auto created = create(request);
    EXPECT_TRUE(created) << created.error().to_string();
    EXPECT_EQ(created->payment.status, S::requires_action) << wallet.complaint();
    if (created->payment.next_action) EXPECT_EQ(created->payment.next_action->url, "https://momo.invalid/pay?t=" + request.payment_id.to_string());
    return request;
  }
  v1::CreatePaymentRequest authorized(std::int64_t amount = 253'000) {
    const auto request = at_the_page(amount);
    EXPECT_TRUE(wallet.pay(id(request)));
    hear();
    EXPECT_EQ(stored(request.payment_id).status, S::authorized);
    return request;
  }
  v1::CreatePaymentRequest captured(std::int64_t amount = 253'000) {
    const auto request = authorized(amount);
    EXPECT_EQ(capture(request.payment_id)->status, S::captured) << wallet.complaint();
    hear();
    return request;
  }
  void hear() {
    run(wallet.flush());
    hear_webhooks();
  }
  int resend() { return run(wallet.send(wallet.messages().back())).status; }
  static std::string id(const v1::CreatePaymentRequest& request) { return request.payment_id.to_string(); }

  simulators::MomoSimulator wallet{runtime(), clock, simulators::MomoSimulatorOptions{.hang = milliseconds(1'400)}};
  bool one_phase = false;
};

TEST_F(Momo, IsPaidInTheWalletHeldAndThenCaptured) {
  const auto request = authorized();
  EXPECT_EQ(wallet.last_answer().status, 204);
  EXPECT_EQ(wallet.balance(), 0) << "only held";
  const auto taken = capture(request.payment_id);
  ASSERT_TRUE(taken) << taken.error().to_string();
  EXPECT_EQ(taken->status, S::captured);
  hear();
  EXPECT_EQ(wallet.balance(), 253'000);
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox"),
            "payment.payment.action_required payment.payment.authorized payment.payment.captured");
  EXPECT_EQ(count("ledger_entry"), "2");
  expect_clean_audit();
}

TEST_F(Momo, IsTakenAtOnceByAccountsThatCannotHoldMoney) {
  one_phase = true;
  const auto request = at_the_page();
  ASSERT_TRUE(wallet.pay(id(request)));
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(wallet.balance(), 253'000);
}

TEST_F(Momo, acceptance_commerce_3_9_8_sends_the_amount_in_dong) {
  const auto request = at_the_page(253'000);
  EXPECT_EQ(wallet.find(id(request))->amount, 253'000);
}

TEST_F(Momo, acceptance_commerce_3_9_4_heard_five_times_moves_once_and_an_older_failure_changes_nothing) {
  const auto request = captured();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(resend(), 204);
  EXPECT_EQ(run(wallet.send(wallet.ipn(id(request), 1006, 253'000))).status, 204);
  hear_webhooks();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "2");
  EXPECT_EQ(count("webhook_event"), "3") << "held, taken, and the older failure";
}

TEST_F(Momo, WhoseMessageOvertakesTheAnswerIsFoundByOurId) {
  (void)at_the_page();
  wallet.misbehave("create", Fault::lose_answer);
  const auto request = a_payment_by(v1::PaymentMethod::momo);
  ASSERT_TRUE(create(request));
  EXPECT_EQ(stored(request.payment_id).status, S::processing);
  EXPECT_FALSE(stored(request.payment_id).provider_ref);
  ASSERT_TRUE(wallet.pay(id(request)));
  hear();
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(Momo, WhosePageWasMadeWithoutAnAnswerIsMadeOnceAndEndsUnpaid) {
  (void)at_the_page();
  wallet.misbehave("create", Fault::lose_answer);
  const auto request = a_payment_by(v1::PaymentMethod::momo);
  ASSERT_TRUE(create(request));
  work(seconds(6));  // Made again: MoMo says that it is there already, and is asked.
  EXPECT_EQ(wallet.payments(), 2u);
  EXPECT_EQ(stored(request.payment_id).status, S::processing) << "the buyer never learned where to pay";
  work(minutes(16));
  work(minutes(6));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
}

TEST_F(Momo, acceptance_commerce_3_9_2_that_answers_after_our_patience_is_driven_on_and_found) {
  (void)at_the_page();
  driver_options.answer_within = milliseconds(20);
  restart();
  wallet.misbehave("create", Fault::slow);
  const auto request = a_payment_by(v1::PaymentMethod::momo);
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->payment.status, S::processing) << "after our patience nobody knows";
  run(parts->driver.close());
  const auto payment = stored(request.payment_id);
  EXPECT_EQ(payment.status, S::requires_action) << "but the driving went on";
  EXPECT_TRUE(payment.next_action);
  EXPECT_EQ(wallet.calls("create"), 2);
}

TEST_F(Momo, WhoseMessageNeverComesIsFoundByThePoller) {
  const auto request = at_the_page();
  wallet.deliver(Delivery::never);
  ASSERT_TRUE(wallet.pay(id(request)));
  for (const Fault fault : {Fault::lose_answer, Fault::error_500, Fault::busy}) {
    wallet.misbehave("query", fault);
    work(seconds(61));
    EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  }
  work(seconds(61));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(Momo, DoesNotBelieveTheBrowserButAsks) {
  const auto request = at_the_page();
  ASSERT_TRUE(come_back("momo", request.payment_id));
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  ASSERT_TRUE(wallet.pay(id(request)));
  ASSERT_TRUE(come_back("momo", request.payment_id));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(Momo, WithAnotherAmountChangesNothingAndOpensACase) {
  const auto request = at_the_page();
  EXPECT_EQ(run(wallet.send(wallet.ipn(id(request), 9000, 253'001))).status, 204);
  hear_webhooks();
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
}

TEST_F(Momo, WithAWrongSignatureIsRefusedAndStoredNowhere) {
  const auto request = at_the_page();
  wallet.deliver(Delivery::wrong_signature);
  ASSERT_TRUE(wallet.pay(id(request)));
  EXPECT_EQ(resend(), 400);
  EXPECT_EQ(count("webhook_event"), "0");
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
}

TEST_F(Momo, ThatTheBuyerCancelsOrTheWalletDeclinesHasFailed) {
  const std::pair<std::int64_t, v1::DeclineCategory> rows[] = {
      {1006, v1::DeclineCategory::customer_cancelled}, {1001, v1::DeclineCategory::insufficient_funds}, {1002, v1::DeclineCategory::card_declined}};
  for (const auto& [code, category] : rows) {
    const auto request = at_the_page();
    ASSERT_TRUE(wallet.pay(id(request), code));
    hear();
    EXPECT_EQ(stored(request.payment_id).status, S::failed) << code;
    EXPECT_EQ(stored(request.payment_id).decline->category, category);
  }
}

TEST_F(Momo, WhoseBuyerNeverPaysExpiresWithItsWindow) {
  const auto request = at_the_page();
  work(minutes(16));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
}

TEST_F(Momo, WhoseCaptureIsNotAnsweredIsCapturedOnce) {
  const auto request = authorized();
  wallet.misbehave("capture", Fault::lose_answer);
  const auto answer = capture(request.payment_id);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, S::authorized);
  EXPECT_TRUE(answer->capture_pending);
  work(seconds(6));  // The same requestId again: known already, so MoMo is asked.
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(wallet.balance(), 253'000);
  EXPECT_EQ(count("ledger_entry"), "2");
}

TEST_F(Momo, ThatIsGivenUpIsReleased) {
  const auto request = authorized();
  wallet.misbehave("cancel", Fault::lose_answer);
  ASSERT_TRUE(give_up(request.payment_id));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  work(seconds(30));
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  EXPECT_EQ(wallet.find(id(request))->result_code, 1003);
}

TEST_F(Momo, acceptance_commerce_3_9_16_past_its_hold_is_expired_and_not_tried_again) {
  const auto request = authorized();
  wallet.lapse(id(request));
  const auto answer = capture(request.payment_id);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "AUTHORIZATION_EXPIRED");
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  const int calls = wallet.calls("capture");
  work(hours(1));
  EXPECT_EQ(wallet.calls("capture"), calls);
}

TEST_F(Momo, acceptance_commerce_3_9_10_paid_after_the_order_was_cancelled_is_released) {
  const auto request = at_the_page();
  ASSERT_TRUE(PaymentTest::hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  ASSERT_TRUE(wallet.pay(id(request)));
  hear();
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  EXPECT_EQ(wallet.balance(), 0);
  expect_clean_audit();
}

TEST_F(Momo, IsRefundedInPartAndThenInFull) {
  const auto request = captured(100'000);
  ASSERT_TRUE(refund(request.payment_id, 30'000, "a"));
  ASSERT_TRUE(refund(request.payment_id, 20'000, "b"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::partially_refunded);
  EXPECT_EQ(wallet.balance(), 50'000);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "c"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(wallet.balance(), 0);
  expect_clean_audit();
}

TEST_F(Momo, WhoseRefundIsNotAnsweredIsRefundedOnce) {
  const auto request = captured(100'000);
  wallet.misbehave("refund", Fault::lose_answer);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  work(minutes(2));
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(wallet.balance(), 0);
}

TEST_F(Momo, WhoseRefundIsRefusedIsAFailedRefund) {
  const auto request = captured(100'000);
  wallet.refund_with(1088);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  EXPECT_EQ(value("SELECT status FROM refund"), "failed");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
}

TEST_F(Momo, IsOfferedWithinItsLimitsOnly) {
  for (const std::int64_t amount : {999, 50'000'001}) EXPECT_EQ(create(a_payment_by(v1::PaymentMethod::momo, amount)).error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(create(a_payment_by(v1::PaymentMethod::momo, 1'000, "USD")).error().reason(), "METHOD_NOT_AVAILABLE");
  EXPECT_EQ(count("payment"), "0");
}

TEST(MomoKeys, acceptance_commerce_3_9_13_that_cannot_be_meant_stop_the_start) {
  momo::MomoOptions good;
  good.enabled = true;
  good.account = {"MOMOABCD20210101", "klm05TvNBzhg7h7j", "at67qH6mk8w5Y1nAyMoYKMWACiEi2bs0"};
  good.base_url = momo::default_address(false);
  good.ipn_url = "https://shop.test/api/v1/webhooks/momo";
  EXPECT_TRUE(momo::check_keys(good));
  const auto refuses = [&](auto change) {
    auto bad = good;
    change(bad);
    const auto answer = momo::check_keys(bad);
    bad.enabled = false;
    EXPECT_TRUE(momo::check_keys(bad)) << "a provider that is off needs no keys";
    return !answer && answer.error().reason() == "MOMO_KEYS_INVALID";
  };
  EXPECT_TRUE(refuses([](auto& options) { options.account.partner_code = ""; }));
  EXPECT_TRUE(refuses([](auto& options) { options.account.access_key = "changeme"; }));
  EXPECT_TRUE(refuses([](auto& options) { options.account.secret_key = "your_secret_key_here"; }));
  EXPECT_TRUE(refuses([](auto& options) { options.base_url = momo::default_address(true); })) << "the test wallet in live mode";
  EXPECT_TRUE(refuses([](auto& options) { options.test_mode = true; })) << "the live wallet in test mode";
  EXPECT_TRUE(refuses([](auto& options) { options.ipn_url = "/api/v1/webhooks/momo"; })) << "MoMo could not reach us";
}

}  // namespace
}  // namespace emporion::payment
