#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using simulators::Fault;

struct WithStripe : PaymentTest {
  CallContext by_staff(std::string key = "key") {
    CallContext out = by("finance", std::move(key));
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("ann"), .permissions = {"payment.*"}};
    return out;
  }
  /// The last hour, as staff asks for it.
  Result<v1::RunReconciliationResponse> ask(std::string key = "key") {
    v1::RunReconciliationRequest request;
    request.from = clock.now() - hours(1);
    request.to = clock.now();
    request.provider = "stripe";
    return run(module().reconciliation.run_reconciliation(by_staff(std::move(key)), request));
  }
  v1::ReconciliationReport report(Uuid id) {
    v1::GetReconciliationReportRequest request;
    request.id = id;
    return run(module().reconciliation.get_reconciliation_report(by_staff(), request)).value();
  }
  /// Asks and lets it run to its end.
  v1::ReconciliationReport reconcile(const std::string& key) {
    clock.move(seconds(2));  // What was moved this second lies in the span.
    const auto asked = ask(key);
    EXPECT_TRUE(asked) << asked.error().to_string();
    EXPECT_TRUE(run(module().reconciler.run_due(by("payment"))));
    return report(asked->reports.at(0).id);
  }
  std::string charge_of(const v1::CreatePaymentRequest& request) { return "ch_" + stored(request.payment_id).provider_ref.value(); }
  static std::string told(const v1::ReconciliationReport& report) {
    std::string out;
    for (const auto& item : report.items)
      out += text(out.empty() ? "" : ", ", to_string(item.kind), item.noted ? " noted " : " ", item.ours, " | ", item.theirs);
    return out;
  }
  void refund(const v1::CreatePaymentRequest& request, std::int64_t amount) {
    v1::RefundPaymentRequest ask;
    ask.id = request.payment_id;
    ask.amount = Money(amount, Currency::of("VND"));
    ask.reason = "damaged";
    ASSERT_TRUE(run(module().service.refund_payment(by("return", text(request.payment_id)), ask)));
    work();
  }
};

TEST_F(WithStripe, BooksThatAgreeSayNothingAndTheFeesAreBookedOnce) {
  for (int i = 0; i < 3; ++i) refund(a_captured_payment(10'000), 1'000);
  (void)provider.open_dispute(stored(a_captured_payment(10'000).payment_id).provider_ref.value(), 5'000);
  ASSERT_TRUE(deliver(provider.events().back()));
  for (const char* key : {"a", "b"}) {
    const auto done = reconcile(key);
    EXPECT_EQ(done.status, v1::ReconciliationStatus::done);
    EXPECT_EQ(done.rows_read, 8);
    EXPECT_EQ(told(done), "");
  }
  EXPECT_EQ(value("SELECT sum(amount) || ' ' || count(*) FROM ledger_entry WHERE account = 'fees'"), "400 4");
  EXPECT_EQ(count("recon_row"), "0");
  expect_clean_audit();
}

TEST_F(WithStripe, EachDifferenceIsAnItemAndAnAlarmOnceAndATinyOneIsNoted) {
  const auto lost = a_captured_payment(10'000);
  const auto wrong = a_captured_payment(20'000);
  const auto tiny = a_captured_payment(30'000);
  const auto refunded = a_captured_payment(40'000);
  refund(refunded, 4'000);
  provider.balance().forget(charge_of(lost));
  provider.balance().of(charge_of(wrong))->amount = 19'000;
  provider.balance().of(charge_of(tiny))->amount += 1;
  provider.balance().forget("re_sim_1");
  provider.balance().note("charge", "ch_unknown", 777, "vnd", clock.now().micros_since_epoch() / 1'000'000);
  provider.balance().note("payout", "po_1", -5, "vnd", clock.now().micros_since_epoch() / 1'000'000);
  const auto held = a_payment("pm_card_visa", 50'000);
  ASSERT_TRUE(create(held));
  provider.balance().note("charge", charge_of(held), 50'000, "vnd", clock.now().micros_since_epoch() / 1'000'000);
  const auto first = reconcile("a");
  EXPECT_EQ(first.mismatches, 5) << told(first);
  EXPECT_EQ(first.noted, 1);
  std::multiset<std::string> kinds;
  for (const auto& item : first.items) kinds.insert(std::string(to_string(item.kind)) + (item.noted ? " noted" : ""));
  EXPECT_EQ(kinds,
            (std::multiset<std::string>{"amount_differs", "amount_differs noted", "missing_ours", "missing_theirs", "missing_theirs", "status_differs"}));
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.reconciliation.mismatched'"), "5");
  const auto second = reconcile("b");
  EXPECT_EQ(second.mismatches, 5);
  EXPECT_EQ(count("recon_item"), "6");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.reconciliation.mismatched'"), "5") << "nothing is told twice";
  // What is put right is resolved by the next comparison.
  provider.balance().of(charge_of(wrong))->amount = 20'000;
  EXPECT_EQ(reconcile("c").mismatches, 4);
  EXPECT_EQ(value("SELECT subject FROM recon_item WHERE resolved_at IS NOT NULL"), charge_of(wrong));
}

TEST_F(WithStripe, GoesOnPageByPageWhereItWas) {
  for (int i = 0; i < 130; ++i) provider.balance().note("charge", text("ch_", i), 10, "vnd", clock.now().micros_since_epoch() / 1'000'000);
  clock.move(seconds(2));
  const auto asked = ask();
  ASSERT_TRUE(asked);
  const Uuid id = asked->reports.at(0).id;
  EXPECT_EQ(ask()->reports.at(0).id, id) << "the key makes a repeat the same report";
  // The first page comes, the second does not.
  provider.misbehave("list_balance", Fault::wrong_amount);  // Only so that the second call is the one that is lost.
  provider.misbehave("list_balance", Fault::lose_answer);
  ASSERT_TRUE(run(module().reconciler.run_due(by("payment"))));
  auto seen = report(id);
  EXPECT_EQ(seen.status, v1::ReconciliationStatus::running);
  EXPECT_EQ(seen.rows_read, 100);
  EXPECT_TRUE(seen.error);
  restart();
  clock.move(minutes(5));
  ASSERT_TRUE(run(module().reconciler.run_due(by("payment"))));
  seen = report(id);
  EXPECT_EQ(seen.status, v1::ReconciliationStatus::done);
  EXPECT_EQ(seen.rows_read, 130);
  EXPECT_EQ(seen.mismatches, 130);
}

TEST_F(WithStripe, IsDoneEveryDayAtTwoForTheDayBefore) {
  const auto request = a_captured_payment(10'000);
  provider.balance().forget(charge_of(request));
  const std::int64_t day = 86'400'000'000;
  const UtcTime tomorrow = UtcTime::from_micros((clock.now().micros_since_epoch() / day + 1) * day);
  clock.move(tomorrow + minutes(119) - clock.now());
  ASSERT_TRUE(run(module().reconciler.run_daily(by("payment"))));
  EXPECT_EQ(count("recon_report"), "0") << "not before 02:00";
  clock.move(minutes(2));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run(module().reconciler.run_daily(by("payment"))));
  EXPECT_EQ(count("recon_report"), "1");
  ASSERT_TRUE(run(module().reconciler.run_due(by("payment"))));
  EXPECT_EQ(value("SELECT kind || ' ' || subject FROM recon_item"), text("missing_theirs ", charge_of(request)));
}

TEST_F(WithStripe, OfASpanThatCannotBeIsRefused) {
  v1::RunReconciliationRequest request;
  request.from = clock.now();
  request.to = clock.now() - hours(1);
  EXPECT_EQ(run(module().reconciliation.run_reconciliation(by_staff(), request)).error().reason(), "SPAN_OUT_OF_RANGE");
  request.from = clock.now() - hours(24 * 40);
  EXPECT_EQ(run(module().reconciliation.run_reconciliation(by_staff(), request)).error().reason(), "SPAN_OUT_OF_RANGE");
  request.from = clock.now() - hours(2);
  request.provider = "momo";
  EXPECT_EQ(run(module().reconciliation.run_reconciliation(by_staff(), request)).error().reason(), "PROVIDER_NOT_COMPARED");
}

// --- Upkeep ---

struct Kept : PaymentTest {};

TEST_F(Kept, HeldPaymentsAreAskedForEveryQuarterOfAnHour) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(run(module().upkeep.sync_held(by("payment"))));
  EXPECT_EQ(provider.calls("get"), 0);
  ASSERT_TRUE(provider.lapse(stored(request.payment_id).provider_ref.value()));  // And its message is lost.
  clock.move(minutes(16));
  ASSERT_TRUE(run(module().upkeep.sync_held(by("payment"))));
  EXPECT_EQ(provider.calls("get"), 1);
  EXPECT_EQ(stored(request.payment_id).status, v1::PaymentStatus::expired);
}

TEST_F(Kept, AFailedAttemptIsEndedAtItsProviderOnce) {
  const auto request = a_payment("pm_card_chargeDeclined");
  ASSERT_TRUE(create(request));
  const std::string intent = stored(request.payment_id).provider_ref.value();
  provider.misbehave("cancel", simulators::Fault::busy);
  ASSERT_TRUE(run(module().upkeep.end_left_over(by("payment"))));
  EXPECT_EQ(provider.ledger().find(intent)->status, "requires_payment_method");
  clock.move(minutes(11));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run(module().upkeep.end_left_over(by("payment"))));
  EXPECT_EQ(provider.ledger().find(intent)->status, "canceled");
  EXPECT_EQ(provider.calls("cancel"), 2);
  EXPECT_EQ(stored(request.payment_id).status, v1::PaymentStatus::failed);
}

TEST_F(Kept, TheEndOfAHoldIsToldADayBeforeOnce) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(run(module().upkeep.warn_of_ends(by("payment"))));
  EXPECT_EQ(count("payment_case"), "0");
  clock.move(hours(24 * 6 + 1));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(module().upkeep.warn_of_ends(by("payment"))));
  EXPECT_EQ(value("SELECT string_agg(kind, ' ') FROM payment_case"), "authorization_ends");
}

}  // namespace
}  // namespace emporion::payment
