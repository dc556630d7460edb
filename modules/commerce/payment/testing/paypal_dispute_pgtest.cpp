#include "modules/commerce/payment/testing/paypal_fixture.hpp"

namespace emporion::payment {
namespace {

struct PaypalDispute : Paypal {
  std::string dispute(const v1::CreatePaymentRequest& request, std::int64_t amount) {
    const std::string id = remote.open_dispute(ref_of(request), amount);
    EXPECT_FALSE(id.empty());
    hear();
    return id;
  }
  std::string status() { return value("SELECT string_agg(status, ' ') FROM dispute"); }
  Result<v1::Dispute> respond(v1::DisputeAction action, std::string key = "key") {
    v1::RespondToDisputeRequest request;
    request.id = Uuid::parse(value("SELECT id FROM dispute")).value();
    request.action = action;
    if (action == v1::DisputeAction::evidence) {
      v1::DisputeEvidence evidence;
      evidence.explanation = "it was \"signed\" for";
      evidence.shipping_carrier = "GHN";
      evidence.shipping_tracking_number = "VN123";
      request.evidence = std::move(evidence);
    }
    CallContext context = by("finance", std::move(key));
    context.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("ann"), .permissions = {"payment.*"}};
    return run(module().dispute_operations.respond_to_dispute(context, request));
  }
};

TEST_F(PaypalDispute, IsOpenedAnsweredAndWon) {
  const auto request = captured();
  const std::string id = dispute(request, 5'000);
  EXPECT_EQ(status(), "opened");
  EXPECT_EQ(value("SELECT reason_code || ' ' || amount FROM dispute"), "merchandise_or_service_not_received 5000");
  const auto answered = respond(v1::DisputeAction::evidence);
  ASSERT_TRUE(answered) << answered.error().to_string() << " " << remote.complaint();
  EXPECT_EQ(answered->status, v1::DisputeStatus::submitted);
  EXPECT_NE(remote.find_dispute(id)->evidence.find("VN123"), std::string::npos);
  ASSERT_TRUE(remote.decide_dispute(id, true));
  hear();
  EXPECT_EQ(status(), "won");
  EXPECT_EQ(count("ledger_entry"), "2");
  expect_clean_audit();
}

TEST_F(PaypalDispute, ThatIsLostIsAChargeback) {
  const auto request = captured();
  ASSERT_TRUE(remote.decide_dispute(dispute(request, 12'050), false));
  hear();
  EXPECT_EQ(status(), "lost");
  EXPECT_EQ(value("SELECT sum(amount) FROM ledger_entry WHERE account = 'chargebacks'"), "12050");
  EXPECT_EQ(remote.balance(), 0);
  expect_clean_audit();
}

TEST_F(PaypalDispute, ThatIsAcceptedTwiceBecauseTheAnswerWasLostIsLostOnce) {
  const auto request = captured();
  (void)dispute(request, 12'050);
  remote.misbehave("accept", simulators::Fault::lose_answer);
  const auto answered = respond(v1::DisputeAction::accept);
  ASSERT_TRUE(answered) << answered.error().to_string();
  EXPECT_TRUE(answered->response->pending);
  clock.move(minutes(2));
  ASSERT_TRUE(run(module().disputes.run_due(by("payment"))));
  hear();
  EXPECT_EQ(status(), "accepted");
  EXPECT_EQ(value("SELECT sum(amount) FROM ledger_entry WHERE account = 'chargebacks'"), "12050");
  expect_clean_audit();
}

TEST_F(PaypalDispute, OfMoneyThatIsReconciledByAskingForEachPayment) {
  const auto good = captured(100'00);
  clock.move(seconds(2));
  const auto begun = run(module().reconciler.begin("paypal", clock.now() - hours(1), clock.now(), "a"));
  ASSERT_TRUE(begun) << begun.error().to_string();
  ASSERT_TRUE(run(module().reconciler.run_due(by("payment"))));
  EXPECT_EQ(value("SELECT status || ' ' || rows_read || ' ' || mismatches FROM recon_report"), "done 1 0");
  remote.misbehave("get", simulators::Fault::wrong_amount);
  ASSERT_TRUE(run(module().reconciler.begin("paypal", clock.now() - hours(1), clock.now(), "b")));
  ASSERT_TRUE(run(module().reconciler.run_due(by("payment"))));
  EXPECT_EQ(value("SELECT kind || ' ' || subject FROM recon_item"), text("amount_differs ", good.payment_id));
}

}  // namespace
}  // namespace emporion::payment
