#include "kernel/testing/rival.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

// What keeps a dispute, and the refunds that it holds, to one effect when several processes are at it.
namespace emporion::payment {
namespace {

struct DisputeGuards : PaymentTest {
  /// The bank opens a dispute, and we hear of it.
  std::string dispute(const v1::CreatePaymentRequest& request, std::int64_t amount) {
    const std::string id = provider.open_dispute(stored(request.payment_id).provider_ref.value(), amount);
    EXPECT_TRUE(deliver(provider.events().back()));
    return id;
  }
  v1::Refund a_refund(const v1::CreatePaymentRequest& of, std::int64_t amount, std::string key = "key") {
    v1::RefundPaymentRequest request;
    request.id = of.payment_id;
    request.amount = Money(amount, Currency::of("VND"));
    request.reason = "sent back";
    return run(module().service.refund_payment(by("return", std::move(key)), request)).value();
  }
};

TEST_F(DisputeGuards, OneReferenceOfAProviderIsOneDispute) {
  (void)dispute(a_captured_payment(100), 60);
  expect_refused("INSERT INTO dispute SELECT (r.x).* FROM (SELECT jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid())) AS x FROM dispute d) r",
                 "dispute_provider_provider_ref_key");
}

TEST_F(DisputeGuards, ALostDisputeIsChargedBackWholeAndNoMoreThanWasTaken) {
  (void)dispute(a_captured_payment(100), 60);
  const std::string lost = "UPDATE dispute SET status = 'lost', closed_at = now()";
  expect_refused(lost, "dispute_lost_is_charged_back");
  expect_refused(lost + ", charged_back = 59", "check constraint");
  expect_refused("UPDATE payment SET charged_back_amount = captured_amount + 1", "payment_charged_back_within_captured");
}

TEST_F(DisputeGuards, ARefundThatIsHeldIsNotDue) {
  (void)a_refund(a_captured_payment(100), 60);
  expect_refused("UPDATE refund SET held = true", "refund_held_is_unsent");
}

TEST_F(DisputeGuards, ARefundThatAWorkerTakesJustNowIsNotHeld) {
  const auto request = a_captured_payment(100);
  (void)a_refund(request, 30);
  (void)provider.open_dispute(stored(request.payment_id).provider_ref.value(), 60);
  v1::StripeWebhookRequest message;
  message.body = provider.events().back();
  message.headers["stripe-signature"] = provider.sign(message.body, simulators::StripeSimulatorOptions{}.webhook_secret);
  ASSERT_TRUE(run(module().service.stripe_webhook(by("guest"), message)));
  testing::Rival worker(superuser_dsn());
  worker.run("UPDATE refund SET sent_at = now(), next_run_at = now() + interval '1 minute'");
  ASSERT_TRUE(worker.beside(runtime(), module().worker.run_webhooks(by("payment"))));
  EXPECT_EQ(value("SELECT status FROM dispute"), "opened");
  EXPECT_EQ(value("SELECT held || ' ' || (next_run_at IS NOT NULL) FROM refund"), "false true") << "nobody knows whether it has left";
}

/// What several workers share: each takes what the others have not in hand, and waits for none of them.
TEST_F(DisputeGuards, ADisputeThatAnotherWorkerAnswersIsPassedOver) {
  (void)dispute(a_captured_payment(100), 60);
  sql("UPDATE dispute SET next_run_at = now()");
  testing::Rival worker(superuser_dsn());
  worker.run("SELECT FROM dispute FOR NO KEY UPDATE");
  EXPECT_TRUE(worker.beside(runtime(), module().dispute_store.claim_due(clock.now() + hours(1), seconds(60), 10))->empty());
  EXPECT_EQ(run(module().dispute_store.claim_due(clock.now() + hours(1), seconds(60), 10))->size(), 1u);
}

TEST_F(DisputeGuards, ARefundThatAnotherWorkerSendsIsPassedOver) {
  (void)a_refund(a_captured_payment(100), 60);
  const auto later = clock.now() + hours(1);
  testing::Rival worker(superuser_dsn());
  worker.run("SELECT FROM refund FOR NO KEY UPDATE");
  EXPECT_TRUE(worker.beside(runtime(), module().store.claim_refunds(later, seconds(60), {{"stripe", 10}}))->empty());
  EXPECT_EQ(run(module().store.claim_refunds(later, seconds(60), {{"stripe", 10}}))->size(), 1u);
}

TEST_F(DisputeGuards, AMessageThatAnotherWorkerAppliesIsPassedOver) {
  v1::StripeWebhookRequest message;
  (void)provider.open_dispute(stored(a_captured_payment(100).payment_id).provider_ref.value(), 60);
  message.body = provider.events().back();
  message.headers["stripe-signature"] = provider.sign(message.body, simulators::StripeSimulatorOptions{}.webhook_secret);
  ASSERT_TRUE(run(module().service.stripe_webhook(by("guest"), message)));
  const auto later = clock.now() + hours(1);
  testing::Rival worker(superuser_dsn());
  worker.run("SELECT FROM webhook_event FOR NO KEY UPDATE");
  EXPECT_TRUE(worker.beside(runtime(), module().store.claim_webhooks(later, seconds(60), 10))->empty());
  EXPECT_EQ(run(module().store.claim_webhooks(later, seconds(60), 10))->size(), 1u);
}

TEST_F(DisputeGuards, WhatAnOrderIsWorthIsReleasedOnce) {
  order::v1::OrderCompleted completed;
  completed.order_id = a_captured_payment(100).order_id;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(hear(&EventHandlers::on_order_completed, completed));
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.escrow.released'"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM ledger_entry WHERE cause = 'release' AND account LIKE 'escrow:%'"), "1");
}

TEST_F(DisputeGuards, APaymentIsSavedOnceFromOneReading) {
  const auto request = a_captured_payment(100);
  const auto save_twice = [](PaymentTest& test, Uuid id) -> Task<Result<>> {
    auto& store = test.module().store;
    EMP_CO_ASSIGN(auto work, co_await store.begin(test.by("payment")));
    EMP_CO_ASSIGN(const auto locked, co_await store.lock(work, id));
    EMP_CO_TRY(co_await store.save(work, locked.payment, Effects{}, test.clock.now(), Uuid()));
    EMP_CO_TRY(co_await store.save(work, locked.payment, Effects{}, test.clock.now(), Uuid()));
    co_return co_await work.commit();
  };
  EXPECT_EQ(run(save_twice(*this, request.payment_id)).error().reason(), "PAYMENT_STALE");
}

}  // namespace
}  // namespace emporion::payment
