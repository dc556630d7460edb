#include "modules/commerce/payment/domain/status.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;

struct MoneyBack : PaymentTest {
  v1::RefundPaymentRequest a_refund(Uuid payment_id, std::optional<std::int64_t> amount) {
    v1::RefundPaymentRequest request;
    request.id = payment_id;
    if (amount) request.amount = Money(*amount, Currency::of("VND"));
    request.source = v1::RefundSource::manual;
    request.reason = "damaged";
    return request;
  }
};

TEST_F(MoneyBack, acceptance_commerce_3_9_9_OfTenRefundsOfSixtyAtOnceOnAHundredOneSucceeds) {
  const auto request = a_captured_payment(100);
  std::vector<Task<Result<v1::Refund>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(module().service.refund_payment(by("return", text("refund-", i)), a_refund(request.payment_id, 60)));
  int done = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    done += answer.has_value();
    if (!answer) EXPECT_EQ(answer.error().reason(), "OVER_REFUND");
  }
  EXPECT_EQ(done, 1);
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::partially_refunded);
  EXPECT_EQ(provider.ledger().balance(), 40);
  expect_clean_audit();
}

TEST_F(MoneyBack, OneKeyTenTimesAtOnceIsOneRefund) {
  const auto request = a_captured_payment(100);
  std::vector<Task<Result<v1::Refund>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(module().service.refund_payment(by("return", "return:1"), a_refund(request.payment_id, 30)));
  std::set<Uuid> ids;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    ids.insert(answer->id);
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(run(module().service.refund_payment(by("return", "return:1"), a_refund(request.payment_id, 31))).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  work();
  EXPECT_EQ(provider.ledger().balance(), 70);
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox WHERE topic LIKE 'payment.refund%'"),
            "payment.refund.requested payment.refund.completed");
}

TEST_F(MoneyBack, OfASagaNeedsNoSource) {
  const auto request = a_captured_payment(100);
  auto ask = a_refund(request.payment_id, std::nullopt);
  ask.source = v1::RefundSource::unspecified;
  const auto refund = run(module().service.refund_payment(by("checkout"), ask));
  ASSERT_TRUE(refund) << refund.error().to_string();
  EXPECT_EQ(refund->source, v1::RefundSource::cancel);
}

TEST_F(MoneyBack, WhoseAnswerIsLostIsRefundedOnce) {
  const auto request = a_captured_payment(100);
  provider.misbehave("refund", simulators::Fault::lose_answer);
  ASSERT_TRUE(run(module().service.refund_payment(by("return"), a_refund(request.payment_id, std::nullopt))));
  work();
  work(minutes(2));
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(provider.ledger().balance(), 0);
  EXPECT_EQ(provider.ledger().refunds(), 1u);
  expect_clean_audit();
}

// Stripe forgets the key after a day, and would pay once more.
TEST_F(MoneyBack, WhoseAnswerWasLostADayAgoIsFoundAndNotAskedForAgain) {
  const auto request = a_captured_payment(1'000);
  provider.misbehave("refund", simulators::Fault::lose_answer);
  ASSERT_TRUE(run(module().service.refund_payment(by("return"), a_refund(request.payment_id, 400))));
  work();
  const std::string intent = provider.ledger().of_payment(request.payment_id.to_string())->id;
  for (int i = 0; i < 150; ++i) {  // More than a page has.
    ASSERT_EQ(provider.ledger().refund({{"payment_intent", intent}, {"amount", "1"}, {"reason", "duplicate"}}).status, 200);
  }
  work(hours(25));
  EXPECT_EQ(value("SELECT status FROM refund"), "succeeded");
  EXPECT_EQ(value("SELECT refunded_amount FROM payment"), "400");
  EXPECT_EQ(provider.ledger().refunds(), 151u);
  EXPECT_EQ(provider.ledger().balance(), 450);
}

TEST_F(MoneyBack, ThatWasNotAskedForInADayIsAskedForThen) {
  const auto request = a_captured_payment(1'000);
  provider.misbehave("refund", simulators::Fault::lose_request);
  ASSERT_TRUE(run(module().service.refund_payment(by("return"), a_refund(request.payment_id, 400))));
  work();
  EXPECT_EQ(provider.ledger().balance(), 1'000);
  work(hours(25));
  EXPECT_EQ(value("SELECT status FROM refund"), "succeeded");
  EXPECT_EQ(provider.ledger().balance(), 600);
}

TEST_F(MoneyBack, ThatTheProviderRefusesIsAFailedRefundAndMayBeAskedForAgain) {
  auto request = a_payment("pm_card_refundFail", 100);
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(capture(request.payment_id));
  ASSERT_TRUE(run(module().service.refund_payment(by("return", "a"), a_refund(request.payment_id, 100))));
  work();
  EXPECT_EQ(value("SELECT status FROM refund"), "failed");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_TRUE(run(module().service.refund_payment(by("return", "b"), a_refund(request.payment_id, 100))));
  expect_clean_audit();
}

TEST_F(MoneyBack, OfACancelledOrderIsRefundedWhateverWasNotYet) {
  const auto request = a_captured_payment(100);
  order::v1::OrderLineCancelled line;
  line.order_id = request.order_id;
  line.line_no = 1;
  line.qty = 1;
  line.refund = Money(30, Currency::of("VND"));
  line.seq = 1;
  line.reason = "short";
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, line));
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, line)) << "the key makes a repeat harmless";
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  EXPECT_EQ(value("SELECT string_agg(amount::text, ' ' ORDER BY amount) FROM refund"), "30 70");
  work();
  work(seconds(1));
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(provider.ledger().balance(), 0);
  expect_clean_audit();
}

TEST_F(MoneyBack, OfAnAuthorizedPaymentOfACancelledOrderIsReleased) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  auto second = a_payment("pm_card_visa");
  second.order_id = request.order_id;
  second.attempt_no = 2;
  EXPECT_EQ(create(second).error().reason(), "PAYMENT_VOIDED") << "a cancelled order takes no money any more";
}

TEST_F(MoneyBack, acceptance_commerce_3_9_10_OfABuyerWhoPaysAfterTheCancellationGoesBack) {
  const auto request = a_payment("pm_card_threeDSecure2Required");
  ASSERT_TRUE(create(request));
  const std::string intent = stored(request.payment_id).provider_ref.value();
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  // The buyer is quicker than our worker.
  ASSERT_TRUE(provider.settle(intent, true));
  ASSERT_TRUE(deliver(provider.events().back()));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  EXPECT_EQ(provider.ledger().find(intent)->status, "canceled");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.payment.voided'"), "1");
  expect_clean_audit();
}

TEST_F(MoneyBack, ThatComesAfterTheWindowForAnAttemptThatWasReplacedIsMarkedAndGoesBack) {
  const auto first = a_payment("pm_card_processing");
  ASSERT_TRUE(create(first));
  const std::string intent = stored(first.payment_id).provider_ref.value();
  ASSERT_TRUE(provider.settle(intent, false));
  ASSERT_TRUE(deliver(provider.events().back()));
  EXPECT_EQ(stored(first.payment_id).status, S::failed);
  auto second = a_payment("pm_card_visa");
  second.order_id = first.order_id;
  second.attempt_no = 2;
  EXPECT_EQ(create(second)->payment.status, S::authorized);
  // A success of the first attempt comes after all, as a verified message.
  const std::string late = text(R"({"id":"evt_late","type":"payment_intent.succeeded","data":{"object":{"id":")", intent,
                                R"(","amount":253000,"amount_received":253000,"currency":"vnd",)", R"("status":"succeeded","metadata":{"payment_id":")",
                                first.payment_id, R"("}}}})");
  ASSERT_TRUE(deliver(late));
  EXPECT_EQ(stored(first.payment_id).status, S::captured);
  EXPECT_TRUE(stored(first.payment_id).superseded);
  EXPECT_EQ(value("SELECT source || ' ' || idem_key FROM refund"), text("late late:", first.payment_id));
  EXPECT_EQ(stored(second.payment_id).status, S::authorized);
}

// --- Webhooks ---

TEST_F(MoneyBack, AnEventFiveTimesAndAnOlderFailureAfterItChangeThePaymentOnce) {
  const auto request = a_captured_payment();
  const std::string intent = stored(request.payment_id).provider_ref.value();
  const std::string succeeded = provider.events().back();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(deliver(succeeded));
  const std::string failed = text(R"({"id":"evt_old","type":"payment_intent.payment_failed","data":{"object":{"id":")", intent,
                                  R"(","amount":253000,"amount_received":0,"currency":"vnd",)",
                                  R"("status":"requires_payment_method","last_payment_error":{"code":"card_declined"}}}})");
  ASSERT_TRUE(deliver(failed));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "2");
  EXPECT_EQ(count("webhook_event"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM webhook_event WHERE state = 'ignored'"), "2");
}

TEST_F(MoneyBack, TheNewsOfAWebhookAloneMovesAPayment) {
  const auto request = a_payment("pm_card_threeDSecure2Required");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(provider.settle(stored(request.payment_id).provider_ref.value(), true));
  ASSERT_TRUE(deliver(provider.events().back()));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(MoneyBack, AWebhookWithAWrongSignatureIsRefusedAndNotStored) {
  v1::StripeWebhookRequest request;
  request.body = R"({"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{}}})";
  request.headers["stripe-signature"] = provider.sign(request.body, "whsec_of_somebody_else");
  const auto answer = run(module().service.stripe_webhook(by("guest"), request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "INVALID_SIGNATURE");
  EXPECT_EQ(count("webhook_event"), "0");
}

TEST_F(MoneyBack, AWebhookWithAnotherAmountChangesNothingAndOpensACase) {
  const auto request = a_payment("pm_card_threeDSecure2Required");
  ASSERT_TRUE(create(request));
  const std::string wrong =
      text(R"({"id":"evt_wrong","type":"payment_intent.amount_capturable_updated","data":{"object":{"id":")", stored(request.payment_id).provider_ref.value(),
           R"(","amount":1,"amount_received":0,"currency":"vnd","status":"requires_capture"}}})");
  ASSERT_TRUE(deliver(wrong));
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
}

// --- Cash on delivery ---

struct Cash : MoneyBack {
  shipping::v1::CodCollected a_report(const v1::CreatePaymentRequest& payment, std::int64_t amount, std::string_view parcel = "parcel",
                                      std::optional<std::int64_t> expected = std::nullopt) {
    shipping::v1::CodCollected event;
    event.shipment_id = Uuid::from_name(text(payment.order_id, parcel));
    event.order_id = payment.order_id;
    event.amount = Money(amount, Currency::of("VND"));
    event.expected = Money(expected.value_or(amount), Currency::of("VND"));
    return event;
  }
};

TEST_F(Cash, IsPromisedInOneStepAndCapturedByTheCouriersReport) {
  const auto request = a_payment("cod");
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->payment.status, S::pending_collection);
  EXPECT_EQ(create(request)->status_code, 200);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(hear(&EventHandlers::on_cod_collected, a_report(request, 253'000)));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(value("SELECT string_agg(account || ' ' || amount, ', ' ORDER BY line_no) FROM ledger_entry"), "cod_clearing 253000, escrow:platform -253000");
  expect_clean_audit();
}

TEST_F(Cash, FiveThousandShortIsNotCaptured) {
  const auto request = a_payment("cod");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(hear(&EventHandlers::on_cod_collected, a_report(request, 248'000, "parcel", 253'000)));
  EXPECT_EQ(stored(request.payment_id).status, S::pending_collection);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "cod_mismatch");
  v1::CollectCodRequest ask;
  ask.id = request.payment_id;
  ask.amount = Money(248'000, Currency::of("VND"));
  const auto mismatch = run(module().service.collect_cod(by("finance"), ask));
  ASSERT_TRUE(mismatch) << mismatch.error().to_string();
  EXPECT_TRUE(mismatch->mismatch);
  ask.amount = request.amount;
  for (int i = 0; i < 2; ++i) {
    const auto collected = run(module().service.collect_cod(by("finance"), ask));
    ASSERT_TRUE(collected) << collected.error().to_string();
    EXPECT_EQ(collected->payment.status, S::captured);
  }
  expect_clean_audit();
}

TEST_F(Cash, acceptance_commerce_3_9_11_OnAVoidedPaymentOrFiveThousandShortIsNeverCaptured) {
  const auto voided = a_payment("cod");
  ASSERT_TRUE(create(voided));
  ASSERT_TRUE(give_up(voided.payment_id));
  EXPECT_EQ(stored(voided.payment_id).status, S::voided);
  v1::CollectCodRequest ask;
  ask.id = voided.payment_id;
  ask.amount = voided.amount;
  const auto refused = run(module().service.collect_cod(by("finance"), ask));
  EXPECT_EQ(refused.error().reason(), "PAYMENT_STATE");
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  ASSERT_TRUE(hear(&EventHandlers::on_cod_collected, a_report(voided, 253'000)));
  EXPECT_EQ(stored(voided.payment_id).status, S::voided);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "cod_mismatch");

  const auto shorted = a_payment("cod");
  ASSERT_TRUE(create(shorted));
  ask.id = shorted.payment_id;
  ask.amount = Money(248'000, Currency::of("VND"));
  const auto mismatch = run(module().service.collect_cod(by("finance"), ask));
  ASSERT_TRUE(mismatch) << mismatch.error().to_string();
  EXPECT_TRUE(mismatch->mismatch);
  ASSERT_TRUE(hear(&EventHandlers::on_cod_collected, a_report(shorted, 248'000, "parcel", 253'000)));
  EXPECT_EQ(stored(shorted.payment_id).status, S::pending_collection);
  EXPECT_EQ(value("SELECT count(*) FROM payment_case WHERE kind = 'cod_mismatch'"), "3");
  EXPECT_EQ(count("ledger_entry"), "0") << "nothing was captured";
}

TEST_F(Cash, OfTwoParcelsIsCapturedWithTheSecondAndARefusedOneTakesItsPartOff) {
  const auto request = a_payment("cod");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(hear(&EventHandlers::on_cod_collected, a_report(request, 200'000, "A")));
  EXPECT_EQ(stored(request.payment_id).status, S::pending_collection);
  shipping::v1::ShipmentReturnedToSender back;
  back.order_id = request.order_id;
  back.direction = "outbound";
  back.cod = Money(53'000, Currency::of("VND"));
  ASSERT_TRUE(hear(&EventHandlers::on_returned_to_sender, back));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(stored(request.payment_id).captured.amount(), 200'000);
  expect_clean_audit();
}

TEST_F(Cash, RefusedAtTheDoorFailsThePaymentAndRefundsNothing) {
  const auto request = a_payment("cod");
  ASSERT_TRUE(create(request));
  shipping::v1::ShipmentReturnedToSender back;
  back.order_id = request.order_id;
  back.direction = "outbound";
  back.cod = request.amount;
  ASSERT_TRUE(hear(&EventHandlers::on_returned_to_sender, back));
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  EXPECT_EQ(stored(request.payment_id).status, S::failed);
  EXPECT_EQ(count("refund"), "0");
  EXPECT_EQ(count("ledger_entry"), "0");
}

// Order and Shipping are two producers: nobody says whose news comes first.
TEST_F(Cash, RefusedAtTheDoorFailsThePaymentAlsoIfTheCancellationIsHeardFirst) {
  const auto request = a_payment("cod");
  ASSERT_TRUE(create(request));
  auto cancelled = a_cancellation(request.order_id);
  cancelled.came_back = true;
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, cancelled));
  EXPECT_EQ(stored(request.payment_id).status, S::failed);
  shipping::v1::ShipmentReturnedToSender back;
  back.order_id = request.order_id;
  back.direction = "outbound";
  back.cod = request.amount;
  ASSERT_TRUE(hear(&EventHandlers::on_returned_to_sender, back));
  EXPECT_EQ(stored(request.payment_id).status, S::failed);
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.payment.failed'"), "1");
  EXPECT_EQ(count("refund"), "0");
  expect_clean_audit();
}

TEST_F(Cash, OfManyOrdersAtOnceIsPromisedInFewStatements) {
  std::vector<Task<Result<v1::CreatePaymentResponse>>> tasks;
  std::vector<Uuid> ids;
  for (int i = 0; i < 300; ++i) {
    auto request = a_payment("cod");
    ids.push_back(request.payment_id);
    tasks.push_back(module().service.create_payment(by("checkout"), std::move(request)));
  }
  const auto answers = run(when_all(std::move(tasks)));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i]) << answers[i].error().to_string();
    EXPECT_EQ(answers[i]->payment.id, ids[i]);
  }
  EXPECT_EQ(count("payment"), "300");
  EXPECT_LE(std::stoi(value("SELECT count(DISTINCT xmin::text) FROM payment")), 4);
}

// --- Ledger, tables, risk ---

TEST_F(MoneyBack, APostingThatDoesNotBalanceIsRefusedByTheDatabase) {
  const auto request = a_captured_payment();
  auto opened = postgres::BlockingConnection::open(superuser_dsn());
  ASSERT_TRUE(opened);
  const auto answer = opened->run(text("INSERT INTO ledger_entry SELECT gen_random_uuid(), 1, 'revenue', 5, 'VND', '", request.payment_id, "', '",
                                       request.order_id, "', NULL, 'x', now()"));
  EXPECT_FALSE(answer);
  EXPECT_FALSE(opened->run("UPDATE ledger_entry SET amount = amount + 1"));
  EXPECT_EQ(count("ledger_entry"), "2");
}

TEST_F(MoneyBack, TheDatabaseHasTheTableOfTheDomain) {
  std::vector<std::string> rows;
  for (const Status from : all_statuses) {
    for (const Status to : all_statuses) {
      if (has_edge(from, to)) rows.push_back(text(to_string(from), ">", to_string(to)));
    }
  }
  std::sort(rows.begin(), rows.end());
  std::string wanted;
  for (const std::string& row : rows) wanted += (wanted.empty() ? "" : " ") + row;
  EXPECT_EQ(value("SELECT string_agg(from_status || '>' || to_status, ' ' ORDER BY (from_status || '>' || to_status) COLLATE \"C\") FROM payment_transition"),
            wanted);
}

TEST_F(MoneyBack, EachBrokenRowIsNamedByTheAudit) {
  const auto request = a_captured_payment();
  expect_clean_audit();
  const auto broken = [&](std::string_view invariant) {
    for (const AuditCheck& check : audit_checks()) {
      if (check.invariant.starts_with(invariant) && sql(std::string(check.sql)).size() > 0) return true;
    }
    return false;
  };
  sql("ALTER TABLE ledger_entry DISABLE TRIGGER ALL; UPDATE ledger_entry SET amount = amount + 1 WHERE line_no = 1");
  EXPECT_TRUE(broken("P-8 every posting"));
  EXPECT_TRUE(broken("P-8 the ledger"));
  EXPECT_TRUE(broken("P-8 what was captured"));
  sql("UPDATE ledger_entry SET amount = amount - 1 WHERE line_no = 1");
  sql("ALTER TABLE payment DROP CONSTRAINT payment_captured_within_amount; UPDATE payment SET captured_amount = amount + 1");
  EXPECT_TRUE(broken("P-1 captured"));
  sql("UPDATE payment SET captured_amount = amount, superseded = true");
  EXPECT_TRUE(broken("P-7"));
}

TEST_F(MoneyBack, RiskIsScoredOncePerKeyAndVelocityCounts) {
  v1::AssessRiskRequest ask;
  ask.saga_id = Uuid::from_name("saga");
  ask.customer_id = Uuid::from_name("customer");
  ask.amount = Money(253'000, Currency::of("VND"));
  ask.method = v1::PaymentMethod::card;
  ask.distinct_skus = 1;
  const auto first = run(module().service.assess_risk(by("checkout", "saga:risk"), ask));
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->score, 10);
  EXPECT_EQ(first->decision, v1::RiskDecision::allow);
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "saga:risk"), ask))->id, first->id);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(run(module().service.assess_risk(by("checkout", text("k", i)), ask)));
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "eleven"), ask))->score, 35);
  ask.acting_staff_id = Uuid::from_name("staff");
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "staff"), ask))->score, 10);
  ask.facts.user_agent = "4111 1111 1111 1111";
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "pan"), ask)).error().reason(), "PAN_NOT_ACCEPTED");
}

}  // namespace
}  // namespace emporion::payment
