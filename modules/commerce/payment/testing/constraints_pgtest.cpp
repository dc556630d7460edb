#include "kernel/testing/rival.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

// What the tables refuse by themselves, whatever the code above them does.
namespace emporion::payment {
namespace {

struct PaymentConstraints : PaymentTest {
  Task<std::string> outcome_of(v1::RefundPaymentRequest request) {
    const auto done = co_await module().service.refund_payment(by("return", "ours"), std::move(request));
    co_return done ? "ok" : done.error().reason();
  }
};

TEST_F(PaymentConstraints, NoMoreIsTakenThanTheAmountOrGivenBackThanWasTaken) {
  a_captured_payment();
  expect_refused("UPDATE payment SET captured_amount = amount + 1", "payment_captured_within_amount");
  expect_refused("UPDATE payment SET refunded_amount = captured_amount + 1", "payment_refunded_within_captured");
  expect_refused("UPDATE payment SET reduced_amount = amount + 1", "payment_reduced_within_amount");
}

TEST_F(PaymentConstraints, AStatusLeavesTheTableForNobody) {
  a_captured_payment();
  expect_refused("UPDATE payment SET status = 'authorized', captured_amount = 0, refunded_amount = 0", "PAYMENT_STATE");
}

TEST_F(PaymentConstraints, AnOrderHasOneLivePayment) {
  const auto request = a_captured_payment();
  auto second = a_payment("pm_card_chargeDeclined");
  ASSERT_TRUE(create(second));
  expect_refused(text("UPDATE payment SET order_id = '", request.order_id, "', attempt_no = 2, status = 'authorized' WHERE id = '", second.payment_id, "'"),
                 "payment_one_live");
}

TEST_F(PaymentConstraints, TheLedgerBalancesAndIsWrittenOnce) {
  a_captured_payment();
  const std::string entry =
      "INSERT INTO ledger_entry (posting_id, line_no, account, amount, currency, payment_id, order_id, cause, at) "
      "SELECT gen_random_uuid(), 1, 'revenue', 5, 'VND', payment_id, order_id, 'capture', at FROM ledger_entry LIMIT 1";
  expect_refused(entry, "does not balance");
  expect_refused("DELETE FROM ledger_entry", "append-only");
  expect_refused("UPDATE ledger_entry SET amount = -amount", "append-only");
  expect_refused("DELETE FROM payment_transaction", "append-only");
}

TEST_F(PaymentConstraints, WhatComesOnceIsStoredOnce) {
  const auto request = a_captured_payment();
  v1::RefundPaymentRequest refund;
  refund.id = request.payment_id;
  refund.source = v1::RefundSource::manual;
  refund.reason = "damaged";
  ASSERT_TRUE(run(module().service.refund_payment(by("return", "key"), refund)));
  expect_refused(
      "INSERT INTO refund SELECT (r.x).* FROM (SELECT jsonb_populate_record(refund, jsonb_build_object('id', gen_random_uuid(), 'provider_ref', NULL)) AS x "
      "FROM refund) r",
      "refund_idem_key_key");
}

TEST_F(PaymentConstraints, ACouriersReportAndABanksCreditAreStoredOnce) {
  const std::string report = text("('", Uuid::from_name("parcel"), "', gen_random_uuid(), 5, true, now())");
  expect_refused(text("INSERT INTO cod_report (shipment_id, payment_id, amount, counted, at) VALUES ", report, ", ", report), "cod_report_pkey");
  const std::string credit = "('FT1', 5, 'VND', '', 'suspense', now())";
  expect_refused(text("INSERT INTO bank_credit (bank_txn_id, amount, currency, remittance, state, at) VALUES ", credit, ", ", credit), "bank_credit_pkey");
}

TEST_F(PaymentConstraints, ARefundThatMeetsThatOfAnotherProcessWaitsForItAndIsRefused) {
  const auto request = a_captured_payment(100);
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM payment FOR NO KEY UPDATE");
  other.run(
      "INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, created_at) "
      "SELECT gen_random_uuid(), id, 60, 'theirs', 'manual', 'requested', 'theirs', now() FROM payment");
  v1::RefundPaymentRequest refund;
  refund.id = request.payment_id;
  refund.amount = Money(60, Currency::of("VND"));
  refund.source = v1::RefundSource::manual;
  refund.reason = "ours";
  EXPECT_EQ(other.beside(runtime(), outcome_of(refund)), "OVER_REFUND");
  EXPECT_TRUE(other.was_waited_for());
  EXPECT_EQ(count("refund"), "1");
}

TEST_F(PaymentConstraints, WorkThatAnotherWorkerHasInHandIsPassedOver) {
  ASSERT_TRUE(create(a_payment("pm_card_processing")));
  const auto later = clock.now() + hours(1);
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM payment FOR NO KEY UPDATE");
  const auto passed_over = run(module().store.claim_due(later, seconds(60), {{"stripe", 10}}));
  ASSERT_TRUE(passed_over) << passed_over.error().to_string();
  EXPECT_TRUE(passed_over->empty());
  other.run("ROLLBACK");
  EXPECT_EQ(run(module().store.claim_due(later, seconds(60), {{"stripe", 10}}))->size(), 1u);
  EXPECT_TRUE(run(module().store.claim_due(later, seconds(60), {{"stripe", 10}}))->empty()) << "its lease runs";
}

}  // namespace
}  // namespace emporion::payment
