#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using simulators::Fault;

/// Card payments whose buyers go to their banks.
struct CardDispute : PaymentTest {
  std::string intent_of(const v1::CreatePaymentRequest& request) { return stored(request.payment_id).provider_ref.value(); }
  /// The bank opens a dispute, and we hear of it.
  std::string dispute(const v1::CreatePaymentRequest& request, std::int64_t amount) {
    const std::string id = provider.open_dispute(intent_of(request), amount);
    EXPECT_FALSE(id.empty());
    EXPECT_TRUE(deliver(provider.events().back()));
    return id;
  }
  void decide(const std::string& id, bool won) {
    ASSERT_TRUE(provider.decide_dispute(id, won));
    ASSERT_TRUE(deliver(provider.events().back()));
  }
  Uuid only() { return Uuid::parse(value("SELECT id FROM dispute")).value(); }
  CallContext by_staff(const char* person, std::string key = "key") {
    CallContext out = by("finance", std::move(key));
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name(person), .permissions = {"payment.*"}};
    return out;
  }
  v1::RespondToDisputeRequest evidence(Uuid id, std::string explanation = "signed at the door") {
    v1::RespondToDisputeRequest request;
    request.id = id;
    request.action = v1::DisputeAction::evidence;
    v1::DisputeEvidence told;
    told.explanation = std::move(explanation);
    told.shipping_tracking_number = "VN123";
    request.evidence = std::move(told);
    return request;
  }
  v1::RespondToDisputeRequest acceptance(Uuid id) {
    v1::RespondToDisputeRequest request;
    request.id = id;
    request.action = v1::DisputeAction::accept;
    return request;
  }
  Result<v1::Dispute> respond(const v1::RespondToDisputeRequest& request, std::string key = "key", const char* person = "ann") {
    return run(module().dispute_operations.respond_to_dispute(by_staff(person, std::move(key)), request));
  }
  v1::RefundPaymentRequest a_refund(Uuid payment_id, std::int64_t amount) {
    v1::RefundPaymentRequest request;
    request.id = payment_id;
    request.amount = Money(amount, Currency::of("VND"));
    request.reason = "sent back";
    return request;
  }
  Result<v1::Refund> refund(Uuid payment_id, std::int64_t amount, std::string key) {
    return run(module().service.refund_payment(by("return", std::move(key)), a_refund(payment_id, amount)));
  }
  std::string status() { return value("SELECT string_agg(status, ' ' ORDER BY opened_at) FROM dispute"); }
  std::string ledger() {
    return value("SELECT string_agg(account || ' ' || amount, ', ' ORDER BY at, posting_id, line_no) FROM ledger_entry WHERE cause NOT IN ('capture')");
  }
  order::v1::OrderCompleted a_completion(Uuid order_id) {
    order::v1::OrderCompleted event;
    event.order_id = order_id;
    return event;
  }
};

TEST_F(CardDispute, IsOpenedOnceAndToldAndThePaymentSaysSo) {
  const auto request = a_captured_payment(100);
  const std::string id = dispute(request, 60);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(deliver(provider.events().back()));
  EXPECT_EQ(status(), "opened");
  EXPECT_EQ(value("SELECT dispute_state FROM payment"), "open");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.dispute.opened'"), "1");
  EXPECT_EQ(value("SELECT data::jsonb->>'reason_code' FROM outbox WHERE topic = 'payment.dispute.opened'"), "fraudulent");
  EXPECT_EQ(value("SELECT evidence_due_at IS NOT NULL FROM dispute"), "t");
  EXPECT_EQ(count("ledger_entry"), "2") << "nothing is lost yet";
  expect_clean_audit();
}

TEST_F(CardDispute, ThatIsLostIsAChargebackInTheLedgerOnce) {
  const auto request = a_captured_payment(100);
  const std::string id = dispute(request, 60);
  decide(id, false);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(deliver(provider.events().back()));
  EXPECT_EQ(status(), "lost");
  EXPECT_EQ(ledger(), "chargebacks 60, gateway_clearing -60");
  EXPECT_EQ(value("SELECT dispute_state || ' ' || charged_back_amount FROM payment"), "lost 60");
  EXPECT_EQ(value("SELECT data::jsonb->>'result' FROM outbox WHERE topic = 'payment.dispute.closed'"), "lost");
  EXPECT_EQ(refund(request.payment_id, 41, "a").error().reason(), "OVER_REFUND");
  ASSERT_TRUE(refund(request.payment_id, 40, "b"));
  work();
  EXPECT_EQ(provider.ledger().balance(), 0);
  expect_clean_audit();
}

TEST_F(CardDispute, ThatIsWonTakesNothing) {
  const auto request = a_captured_payment(100);
  decide(dispute(request, 100), true);
  EXPECT_EQ(status(), "won");
  EXPECT_EQ(value("SELECT dispute_state FROM payment"), "won");
  EXPECT_EQ(count("ledger_entry"), "2");
  EXPECT_EQ(provider.ledger().balance(), 100);
  expect_clean_audit();
}

TEST_F(CardDispute, ThatTheProviderReversesReturnsTheMoney) {
  const auto request = a_captured_payment(100);
  const std::string id = dispute(request, 100);
  decide(id, false);
  const std::string won = text(R"({"id":"evt_reversed","type":"charge.dispute.closed","data":{"object":{"id":")", id,
                               R"(","amount":100,"currency":"vnd","payment_intent":")", intent_of(request), R"(","reason":"fraudulent","status":"won"}}})");
  ASSERT_TRUE(deliver(won));
  EXPECT_EQ(status(), "lost") << "the provider was asked, and still says lost";
  EXPECT_EQ(provider.calls("get_dispute"), 1);
  provider.reverse_dispute(id);
  ASSERT_TRUE(deliver(provider.events().back()));
  EXPECT_EQ(status(), "won");
  EXPECT_EQ(value("SELECT sum(amount) FROM ledger_entry WHERE account = 'chargebacks'"), "0");
  EXPECT_EQ(value("SELECT charged_back_amount FROM payment"), "0");
  expect_clean_audit();
}

TEST_F(CardDispute, WhoseEndIsHeardFirstIsEnteredWhole) {
  const auto request = a_captured_payment(100);
  const std::string id = provider.open_dispute(intent_of(request), 100);
  const std::string opened = provider.events().back();
  ASSERT_TRUE(provider.decide_dispute(id, false));
  ASSERT_TRUE(deliver(provider.events().back()));
  ASSERT_TRUE(deliver(opened));
  EXPECT_EQ(status(), "lost");
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox WHERE topic LIKE 'payment.dispute%'"),
            "payment.dispute.opened payment.dispute.closed");
  expect_clean_audit();
}

TEST_F(CardDispute, OfMoreThanIsThereOrInAnotherCurrencyChangesNothingAndOpensACase) {
  const auto request = a_captured_payment(100);
  for (const auto& [amount, currency] : {std::pair{"101", "vnd"}, std::pair{"50", "usd"}, std::pair{"0", "vnd"}}) {
    ASSERT_TRUE(deliver(text(R"({"id":"evt_)", amount, currency, R"(","type":"charge.dispute.created","data":{"object":{"id":"dp_)", amount, currency,
                             R"(","amount":)", amount, R"(,"currency":")", currency, R"(","payment_intent":")", intent_of(request),
                             R"(","reason":"fraudulent","status":"needs_response"}}})")));
  }
  EXPECT_EQ(count("dispute"), "0");
  EXPECT_EQ(value("SELECT string_agg(DISTINCT kind, ' ') || ' ' || count(*) FROM payment_case"), "amount_mismatch 3");
}

// --- Refund and chargeback of the same money ---

TEST_F(CardDispute, HoldsRefundsThatWereNotSentAndLetsThemGoWhenItIsWon) {
  const auto request = a_captured_payment(100);
  ASSERT_TRUE(refund(request.payment_id, 30, "before"));
  const std::string id = dispute(request, 70);
  ASSERT_TRUE(refund(request.payment_id, 20, "after")) << "a return's refund is kept for later";
  for (int i = 0; i < 3; ++i) work(minutes(10));
  EXPECT_EQ(provider.calls("refund"), 0);
  EXPECT_EQ(count("refund WHERE held"), "2");
  CallContext staff = by_staff("ann");
  auto ask = a_refund(request.payment_id, 10);
  ask.source = v1::RefundSource::manual;
  const auto refused = run(module().service.refund_payment(staff, ask));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "NOT_REFUNDABLE");
  EXPECT_EQ(refused.error().metadata_json("disputed"), "70");
  expect_clean_audit();
  decide(id, true);
  work();
  EXPECT_EQ(count("refund WHERE status = 'succeeded'"), "2");
  EXPECT_EQ(provider.ledger().balance(), 50);
  expect_clean_audit();
}

TEST_F(CardDispute, ThatIsLostDropsTheRefundsOfTheSameMoneyAndSendsTheOthers) {
  const auto request = a_captured_payment(100);
  ASSERT_TRUE(refund(request.payment_id, 30, "first"));
  ASSERT_TRUE(refund(request.payment_id, 40, "second"));
  decide(dispute(request, 60), false);
  work();
  EXPECT_EQ(value("SELECT string_agg(amount || ' ' || status, ', ' ORDER BY amount) FROM refund"), "30 succeeded, 40 failed");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.refund.failed'"), "1");
  EXPECT_EQ(provider.ledger().balance(), 10);
  expect_clean_audit();
}

TEST_F(CardDispute, OfACancelledOrderEndsWithTheMoneyBackOnce) {
  for (const bool won : {true, false}) {
    const auto request = a_captured_payment(100);
    const std::string id = provider.open_dispute(intent_of(request), 100);
    ASSERT_TRUE(deliver(provider.events().back()));
    ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
    work();
    decide(id, won);
    work();
    EXPECT_EQ(provider.ledger().balance(), 0) << won;
    expect_clean_audit();
  }
}

TEST_F(CardDispute, AndARefundAtOnceNeverBothTakeTheMoney) {
  int charged_back = 0, refunded = 0;
  for (int round = 0; round < 12; ++round) {
    const auto request = a_captured_payment(100);
    const std::string intent = intent_of(request);
    ASSERT_TRUE(refund(request.payment_id, 100, text("r", round)));
    const bool bank_first = round % 3 == 0;
    std::string id;
    if (bank_first) id = provider.open_dispute(intent, 100);
    // The worker takes the refund while the news of the dispute comes in; who is first differs from round to round.
    std::vector<Task<Result<>>> tasks;
    if (bank_first) {
      v1::StripeWebhookRequest news;
      news.body = provider.events().back();
      news.headers["stripe-signature"] = provider.sign(news.body, simulators::StripeSimulatorOptions{}.webhook_secret);
      ASSERT_TRUE(run(module().service.stripe_webhook(by("guest"), news)));
    }
    const auto worker = [this] { return module().worker.run_due(by("payment")); };
    const auto hearer = [this] { return module().worker.run_webhooks(by("payment")); };
    tasks.push_back(round % 2 == 0 ? worker() : hearer());
    tasks.push_back(round % 2 == 0 ? hearer() : worker());
    if (!bank_first) id = provider.open_dispute(intent, 100);
    for (const auto& done : run(when_all(std::move(tasks)))) ASSERT_TRUE(done) << done.error().to_string();
    if (!id.empty() && !bank_first) ASSERT_TRUE(deliver(provider.events().back()));
    if (!id.empty()) {
      ASSERT_TRUE(provider.decide_dispute(id, false));
      ASSERT_TRUE(deliver(provider.events().back()));
    }
    for (int i = 0; i < 3; ++i) work(minutes(6));
    EXPECT_EQ(provider.ledger().find(intent)->refunded + provider.ledger().find(intent)->charged_back, 100) << round;
    (id.empty() ? refunded : charged_back) += 1;
  }
  EXPECT_EQ(value("SELECT sum(refunded_amount + charged_back_amount) FROM payment"), "1200");
  EXPECT_EQ(count("payment_case WHERE kind = 'paid_back_twice'"), "0");
  EXPECT_GT(charged_back, 0);
  expect_clean_audit();
}

TEST_F(CardDispute, ThatComesForRefundedMoneyAfterAllIsInTheLedgerAndAPersonKnows) {
  const auto request = a_captured_payment(100);
  ASSERT_TRUE(refund(request.payment_id, 100, "r"));
  work();
  const auto news = [&](const char* id, const char* status) {
    return text(R"({"id":")", id, R"(","type":"charge.dispute.closed","data":{"object":{"id":"dp_x","amount":100,"currency":"vnd","payment_intent":")",
                intent_of(request), R"(","reason":"fraudulent","status":")", status, R"("}}})");
  };
  ASSERT_TRUE(deliver(news("evt_a", "lost")));
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "paid_back_twice");
  EXPECT_EQ(value("SELECT sum(amount) FROM ledger_entry WHERE account = 'gateway_clearing'"), "-100") << "it did leave twice";
  expect_clean_audit();
}

// --- Answers ---

TEST_F(CardDispute, IsAnsweredWithEvidenceOnce) {
  const auto request = a_captured_payment(100);
  const std::string id = dispute(request, 100);
  std::vector<Task<Result<v1::Dispute>>> tasks;
  for (int i = 0; i < 8; ++i) tasks.push_back(module().dispute_operations.respond_to_dispute(by_staff("ann"), evidence(only())));
  for (const auto& answer : run(when_all(std::move(tasks)))) ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(provider.calls("answer_dispute"), 1);
  EXPECT_EQ(provider.disputes().find(id)->evidence, "signed at the door");
  EXPECT_EQ(status(), "submitted");
  EXPECT_EQ(respond(evidence(only(), "another")).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(respond(evidence(only()), "new key").error().reason(), "DISPUTE_ANSWERED");
  decide(id, true);
  EXPECT_EQ(respond(acceptance(only()), "too late").error().reason(), "DISPUTE_CLOSED");
  v1::GetDisputeRequest get;
  get.id = only();
  const auto shown = run(module().dispute_operations.get_dispute(by_staff("bob"), get));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->status, v1::DisputeStatus::won);
  EXPECT_EQ(shown->response->evidence->explanation, "signed at the door");
  EXPECT_FALSE(shown->response->pending);
}

TEST_F(CardDispute, ThatIsAcceptedIsLostByOurWord) {
  const auto request = a_captured_payment(100);
  (void)dispute(request, 100);
  const auto answered = respond(acceptance(only()));
  ASSERT_TRUE(answered) << answered.error().to_string();
  EXPECT_EQ(answered->status, v1::DisputeStatus::accepted);
  ASSERT_TRUE(deliver(provider.events().back())) << "the provider's own news of it";
  EXPECT_EQ(status(), "accepted");
  EXPECT_EQ(ledger(), "chargebacks 100, gateway_clearing -100");
  EXPECT_EQ(value("SELECT data::jsonb->>'result' FROM outbox WHERE topic = 'payment.dispute.closed'"), "lost");
  expect_clean_audit();
}

TEST_F(CardDispute, WhoseAnswerIsLostIsAnsweredAgainAsOneCall) {
  for (const Fault fault : {Fault::lose_answer, Fault::lose_request, Fault::busy}) {
    const auto request = a_captured_payment(100);
    const std::string id = provider.open_dispute(intent_of(request), 100);
    ASSERT_TRUE(deliver(provider.events().back()));
    const Uuid ours = Uuid::parse(value(text("SELECT id FROM dispute WHERE provider_ref = '", id, "'"))).value();
    provider.misbehave("answer_dispute", fault);
    const auto answered = respond(evidence(ours), id);
    ASSERT_TRUE(answered) << answered.error().to_string();
    EXPECT_TRUE(answered->response->pending);
    clock.move(minutes(2));
    ASSERT_TRUE(run(module().disputes.run_due(by("payment"))));
    EXPECT_EQ(value(text("SELECT status || ' ' || response_state FROM dispute WHERE provider_ref = '", id, "'")), "submitted sent");
    EXPECT_EQ(provider.disputes().find(id)->status, "under_review");
  }
}

TEST_F(CardDispute, PastItsDateTakesNoEvidenceAndWhatTheProviderRefusesMayBeAnsweredAnew) {
  const auto request = a_captured_payment(100);
  const std::string id = dispute(request, 100);
  sql("UPDATE dispute SET evidence_due_at = evidence_due_at + interval '30 days'");  // Our clock says there is time, theirs does not.
  clock.move(hours(24 * 8));
  EXPECT_EQ(respond(evidence(only())).error().reason(), "RESPONSE_REFUSED");
  EXPECT_EQ(value("SELECT response_state || ' ' || status FROM dispute"), "refused opened");
  sql("UPDATE dispute SET evidence_due_at = now()");
  EXPECT_EQ(respond(evidence(only()), "b").error().reason(), "EVIDENCE_OVERDUE");
  ASSERT_TRUE(respond(acceptance(only()), "c"));
  EXPECT_EQ(status(), "accepted");
}

TEST_F(CardDispute, IsListedNewestFirstByPages) {
  for (int i = 0; i < 3; ++i) (void)dispute(a_captured_payment(100), 10);
  v1::ListDisputesRequest ask;
  ask.page_size = 2;
  const auto first = run(module().dispute_operations.list_disputes(by_staff("ann"), ask));
  ASSERT_TRUE(first);
  ASSERT_EQ(first->disputes.size(), 2u);
  ask.page_token = first->next_page_token;
  const auto second = run(module().dispute_operations.list_disputes(by_staff("ann"), ask));
  ASSERT_EQ(second->disputes.size(), 1u);
  EXPECT_GT(first->disputes[1].opened_at, second->disputes[0].opened_at);
  ask.page_token.reset();
  ask.status = v1::DisputeStatus::won;
  EXPECT_TRUE(run(module().dispute_operations.list_disputes(by_staff("ann"), ask))->disputes.empty());
}

// --- What hangs on it ---

TEST_F(CardDispute, FreezesTheEscrowOfItsOrder) {
  for (const bool won : {true, false}) {
    const auto request = a_captured_payment(100'000);
    const std::string id = provider.open_dispute(intent_of(request), 40'000);
    ASSERT_TRUE(deliver(provider.events().back()));
    ASSERT_TRUE(hear(&EventHandlers::on_order_completed, a_completion(request.order_id)));
    clock.move(minutes(10));
    ASSERT_TRUE(run(module().escrow.run_due(by("payment"))));
    const std::string of_order = text(" WHERE order_id = '", request.order_id, "'");
    EXPECT_EQ(value("SELECT frozen_by FROM escrow_release" + of_order), "dispute");
    EXPECT_EQ(count("ledger_entry" + of_order), "2");
    decide(id, won);
    ASSERT_TRUE(run(module().escrow.run_due(by("payment"))));
    ASSERT_TRUE(hear(&EventHandlers::on_order_completed, a_completion(request.order_id))) << "a repeat changes nothing";
    EXPECT_EQ(value("SELECT released_at IS NOT NULL FROM escrow_release" + of_order), "t");
    EXPECT_EQ(value("SELECT sum(amount) FROM ledger_entry" + of_order + " AND account = 'revenue'"), won ? "-100000" : "-60000");
    EXPECT_EQ(value(text("SELECT data::jsonb->'gross'->>'amount' || ' ' || (data::jsonb->'commission'->>'amount') FROM outbox WHERE topic = "
                         "'payment.escrow.released' AND data LIKE '%",
                         request.order_id, "%'")),
              won ? "100000 10000" : "60000 6000");
    expect_clean_audit();
  }
}

TEST_F(CardDispute, ThatWasLostDeniesTheNextPurchaseOfTheSameCustomer) {
  auto request = a_payment("pm_card_visa", 100);
  request.customer_id = Uuid::from_name("customer");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(capture(request.payment_id));
  v1::AssessRiskRequest ask;
  ask.saga_id = Uuid::from_name("saga");
  ask.customer_id = request.customer_id;
  ask.amount = Money(253'000, Currency::of("VND"));
  ask.method = v1::PaymentMethod::card;
  ask.distinct_skus = 1;
  const std::string id = dispute(request, 100);
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "a"), ask))->decision, v1::RiskDecision::allow);
  decide(id, false);
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "b"), ask))->decision, v1::RiskDecision::deny);
  ask.customer_id = Uuid::from_name("somebody else");
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "c"), ask))->decision, v1::RiskDecision::allow);
}

}  // namespace
}  // namespace emporion::payment
