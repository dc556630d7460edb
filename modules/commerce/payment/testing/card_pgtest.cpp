#include "kernel/fault/fault_points.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Fault;

struct CardPayment : PaymentTest {
  template <typename T>
  std::vector<Result<T>> all(std::vector<Task<Result<T>>> tasks) {
    return run(when_all(std::move(tasks)));
  }
  /// Gives the payment up while the provider has a question about it to answer.
  Task<Result<>> give_up_once_asked(Uuid id) {
    while (provider.calls("get") == 0) co_await runtime().yield();
    v1::VoidPaymentRequest request;
    request.id = id;
    request.reason = "checkout aborted";
    EMP_CO_TRY(co_await module().service.void_payment(by("checkout"), request));
    co_return Result<>();
  }
};

TEST_F(CardPayment, IsAuthorizedAndThenCaptured) {
  const auto request = a_payment("pm_card_visa");
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->status_code, 201);
  EXPECT_EQ(created->payment.status, S::authorized);
  EXPECT_EQ(created->payment.card_last4, "4242");
  EXPECT_TRUE(created->payment.auth_expires_at);
  const auto captured = capture(request.payment_id);
  ASSERT_TRUE(captured) << captured.error().to_string();
  EXPECT_EQ(captured->status, S::captured);
  EXPECT_EQ(captured->captured, request.amount);
  EXPECT_EQ(provider.ledger().balance(), 253'000);
  EXPECT_EQ(value("SELECT string_agg(account || ' ' || amount, ', ' ORDER BY line_no) FROM ledger_entry"), "gateway_clearing 253000, escrow:platform -253000");
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox"), "payment.payment.authorized payment.payment.captured");
}

TEST_F(CardPayment, CreatedAHundredTimesAtOnceIsOneRowAndOneCharge) {
  const auto request = a_payment("pm_card_visa");
  std::vector<Task<Result<v1::CreatePaymentResponse>>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(module().service.create_payment(by("checkout"), request));
  int firsts = 0;
  for (const auto& answer : all(std::move(tasks))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->payment.status, S::authorized);
    firsts += answer->status_code == 201;
  }
  EXPECT_EQ(firsts, 1);
  EXPECT_EQ(count("payment"), "1");
  EXPECT_EQ(provider.calls("create"), 1);
  EXPECT_EQ(provider.calls("confirm"), 1);
}

TEST_F(CardPayment, WithAReusedIdAndAnotherBodyIsRefusedAndNothingChanges) {
  auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  request.amount = Money(1, Currency::of("VND"));
  EXPECT_EQ(create(request).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(value("SELECT amount FROM payment"), "253000");
}

TEST_F(CardPayment, RepeatedWithAnotherWindowIsTheSamePayment) {
  auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  request.window_ends_at = clock.now() + hours(1);
  EXPECT_EQ(create(request)->status_code, 200);
}

TEST_F(CardPayment, IsTheOnlyLiveOneOfItsOrder) {
  const auto first = a_payment("pm_card_visa");
  ASSERT_TRUE(create(first));
  auto second = a_payment("pm_card_visa");
  second.order_id = first.order_id;
  second.attempt_no = 2;
  const auto refused = create(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "PAYMENT_EXISTS");
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(provider.calls("create"), 1);
}

TEST_F(CardPayment, ThatIsDeclinedSaysSoAndTheNextAttemptMayFollow) {
  auto request = a_payment("pm_card_chargeDeclinedInsufficientFunds");
  const auto declined = create(request);
  ASSERT_TRUE(declined) << declined.error().to_string();
  EXPECT_EQ(declined->payment.status, S::failed);
  EXPECT_EQ(declined->payment.decline->category, v1::DeclineCategory::insufficient_funds);
  EXPECT_EQ(value("SELECT count(*) FROM ledger_entry"), "0");
  auto second = a_payment("pm_card_visa");
  second.order_id = request.order_id;
  second.attempt_no = 2;
  EXPECT_EQ(create(second)->payment.status, S::authorized);
}

TEST_F(CardPayment, WhoseAnswerIsLostIsFoundByThePollerAndNeverChargedTwice) {
  for (const Fault fault : {Fault::lose_answer, Fault::error_500_after}) {
    provider.misbehave("confirm", fault);
    const auto request = a_payment("pm_card_visa");
    const auto created = create(request);
    ASSERT_TRUE(created) << created.error().to_string();
    EXPECT_EQ(created->payment.status, S::processing);
    work(seconds(6));
    EXPECT_EQ(stored(request.payment_id).status, S::authorized);
    EXPECT_EQ(provider.ledger().of_payment(request.payment_id.to_string())->status, "requires_capture");
  }
  EXPECT_EQ(provider.calls("confirm"), 2);
}

TEST_F(CardPayment, WhoseRequestWasLostIsAskedForAgainUnderTheSameKey) {
  provider.misbehave("confirm", Fault::lose_request);
  const auto request = a_payment("pm_card_visa");
  EXPECT_EQ(create(request)->payment.status, S::processing);
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  EXPECT_EQ(provider.ledger().intents(), 1u);
}

TEST_F(CardPayment, WhoseProviderReplaysAFailureForEverEndsByWhatTheProviderShows) {
  provider.misbehave("confirm", Fault::error_500);
  const auto request = a_payment("pm_card_visa");
  EXPECT_EQ(create(request)->payment.status, S::processing);
  work(seconds(6));  // The same key: the same failure again.
  EXPECT_EQ(stored(request.payment_id).status, S::processing);
  work(minutes(10));  // Now the object is given up: definitely not paid.
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(provider.ledger().of_payment(request.payment_id.to_string())->status, "canceled");
}

TEST_F(CardPayment, ThatWasNeverConfirmedEndsThoughItsCancellingIsNotAnswered) {
  for (const Fault fault : {Fault::error_500, Fault::error_500_after}) {
    provider.misbehave("confirm", Fault::error_500);
    provider.misbehave("cancel", fault);
    const auto request = a_payment("pm_card_visa");
    EXPECT_EQ(create(request)->payment.status, S::processing);
    work(seconds(6));
    work(minutes(10));
    EXPECT_EQ(stored(request.payment_id).status, S::expired);
    EXPECT_EQ(provider.ledger().of_payment(request.payment_id.to_string())->status, fault == Fault::error_500 ? "requires_confirmation" : "canceled");
  }
}

TEST_F(CardPayment, WhoseObjectWasMadeWithoutAnAnswerIsMadeOnce) {
  provider.misbehave("create", Fault::lose_answer);
  const auto request = a_payment("pm_card_visa");
  EXPECT_EQ(create(request)->payment.status, S::processing);
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  EXPECT_EQ(provider.ledger().intents(), 1u);
}

TEST_F(CardPayment, WhoseProcessDiesAfterTheConfirmationCatchesUpAfterTheRestart) {
  ASSERT_TRUE(fault::FaultPoints::arm("lose:payment.after_confirm:1"));
  const auto request = a_payment("pm_card_visa");
  EXPECT_EQ(create(request)->payment.status, S::processing);
  fault::FaultPoints::disarm();
  restart();
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  EXPECT_EQ(provider.calls("confirm"), 1);
}

TEST_F(CardPayment, WhoseDriverDiedBeforeAnyCallIsTakenOver) {
  // Given a row whose driver died right after its commit
  auto request = a_payment("pm_card_visa");
  Payment row{.id = request.payment_id, .order_id = request.order_id};
  row.method = "card";
  row.provider = "stripe";
  row.amount = request.amount;
  row.provider_token = "pm_card_visa";
  row.assessment_id = request.assessment_id;
  std::vector<NewPayment> batch;
  batch.push_back({row, Uuid::from_name("digest")});
  ASSERT_TRUE(run(module().store.create_batch(std::move(batch))));
  work(seconds(25));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(CardPayment, CapturedTwiceAtOnceIsCapturedOnce) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  v1::CapturePaymentRequest ask;
  ask.id = request.payment_id;
  std::vector<Task<Result<v1::Payment>>> tasks;
  for (int i = 0; i < 8; ++i) tasks.push_back(module().service.capture_payment(by("checkout"), ask));
  for (const auto& answer : all(std::move(tasks))) ASSERT_TRUE(answer) << answer.error().to_string();
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "2");
  EXPECT_EQ(provider.ledger().balance(), 253'000);
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.payment.captured'"), "1");
}

TEST_F(CardPayment, WhoseCaptureIsNotAnsweredStaysAuthorizedWithTheCapturePending) {
  provider.misbehave("capture", Fault::lose_answer);
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  const auto answer = capture(request.payment_id);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, S::authorized);
  EXPECT_TRUE(answer->capture_pending);
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(provider.ledger().balance(), 253'000);
}

// Else the money would be taken, go back, and the order stand.
TEST_F(CardPayment, BeingCapturedIsNotVoidedByStaff) {
  provider.misbehave("capture", Fault::lose_answer);
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(capture(request.payment_id)->capture_pending);
  v1::VoidPaymentRequest given_up;
  given_up.id = request.payment_id;
  given_up.reason = "by hand";
  CallContext staff = by("");
  staff.principal.realm = Realm::staff;
  EXPECT_EQ(run(module().service.void_payment(staff, given_up)).error().reason(), "USE_REFUND");
  EXPECT_FALSE(stored(request.payment_id).void_requested);
  work(seconds(6));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(provider.ledger().balance(), 253'000);
}

TEST_F(CardPayment, WhoseCaptureFailsFourTimesIsCapturedByTheFifth) {
  provider.misbehave("capture", Fault::busy, 4);
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  EXPECT_EQ(capture(request.payment_id).error().reason(), "PROVIDER_UNAVAILABLE");
  for (const auto pause : {seconds(6), seconds(16), seconds(61), seconds(301)}) work(pause);
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
}

TEST_F(CardPayment, PastItsAuthorizationIsExpiredAndNotTriedAgain) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(provider.lapse(stored(request.payment_id).provider_ref.value()));
  const auto answer = capture(request.payment_id);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "AUTHORIZATION_EXPIRED");
  EXPECT_EQ(answer.error().kind(), ErrorKind::gone);
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(value("SELECT next_run_at IS NULL FROM payment"), "t");
  const int calls = provider.calls("capture");
  work(hours(1));
  EXPECT_EQ(provider.calls("capture"), calls);
}

TEST_F(CardPayment, GivenUpTwiceAtOnceIsReleasedOnce) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  v1::VoidPaymentRequest ask;
  ask.id = request.payment_id;
  ask.reason = "aborted";
  std::vector<Task<Result<v1::VoidPaymentResponse>>> tasks;
  for (int i = 0; i < 6; ++i) tasks.push_back(module().service.void_payment(by("checkout"), ask));
  for (const auto& answer : all(std::move(tasks))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_TRUE(answer->payment->void_requested);
  }
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.payment.voided'"), "1");
  EXPECT_TRUE(give_up(request.payment_id));
  EXPECT_EQ(provider.ledger().balance(), 0);
}

TEST_F(CardPayment, WhoseVoidKeepsFailingIsVoidedOnceWhenTheProviderIsBack) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  provider.misbehave("cancel", Fault::busy, 3);
  ASSERT_TRUE(give_up(request.payment_id));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
  for (int i = 0; i < 4; ++i) work(minutes(6));
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
}

TEST_F(CardPayment, ThatWasCapturedIsRefundedAndNotVoided) {
  const auto request = a_captured_payment();
  EXPECT_EQ(give_up(request.payment_id).error().reason(), "USE_REFUND");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
}

TEST_F(CardPayment, WhoseVoidCameFirstIsRefusedWhenItComes) {
  const auto request = a_payment("pm_card_visa");
  const auto tombstone = give_up(request.payment_id);
  ASSERT_TRUE(tombstone) << tombstone.error().to_string();
  EXPECT_FALSE(tombstone->payment);
  EXPECT_EQ(create(request).error().reason(), "PAYMENT_VOIDED");
  EXPECT_EQ(count("payment"), "0");
  EXPECT_EQ(provider.calls("create"), 0);
}

TEST_F(CardPayment, WaitsForItsBuyerAndExpiresWithItsWindow) {
  const auto request = a_payment("pm_card_threeDSecure2Required");
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->payment.status, S::requires_action);
  EXPECT_EQ(created->payment.next_action->type, v1::NextActionType::redirect);
  work(minutes(16));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(provider.ledger().of_payment(request.payment_id.to_string())->status, "canceled");
}

TEST_F(CardPayment, GivenUpWhileItIsAskedForIsReleasedAtOnce) {
  const auto request = a_payment("pm_card_threeDSecure2Required");
  ASSERT_TRUE(create(request));
  clock.move(seconds(61));
  provider.misbehave("get", Fault::slow);
  std::vector<Task<Result<>>> at_once;
  at_once.push_back(module().worker.run_due(by("payment")));
  at_once.push_back(give_up_once_asked(request.payment_id));
  for (const auto& done : all(std::move(at_once))) EXPECT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  EXPECT_EQ(provider.ledger().of_payment(request.payment_id.to_string())->status, "canceled");
}

TEST_F(CardPayment, DoesNotBelieveTheBrowser) {
  const auto request = a_payment("pm_card_threeDSecure2Required");
  ASSERT_TRUE(create(request));
  v1::ReturnFromProviderRequest browser;
  browser.provider = "stripe";
  browser.payment_id = request.payment_id;
  browser.redirect_status = "succeeded";
  const auto answer = run(module().service.return_from_provider(by("guest"), browser));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status_code, 303);
  EXPECT_EQ(answer->location, "https://shop.test/checkout");
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  // But it makes us ask.
  ASSERT_TRUE(provider.settle(stored(request.payment_id).provider_ref.value(), true));
  ASSERT_TRUE(run(module().service.return_from_provider(by("guest"), browser)));
  EXPECT_EQ(stored(request.payment_id).status, S::authorized);
}

TEST_F(CardPayment, WithACardNumberAnywhereIsRefusedAndLeavesNoTrace) {
  auto request = a_payment("pm_card_visa");
  for (auto member : {&v1::CreatePaymentRequest::provider_token, &v1::CreatePaymentRequest::return_url, &v1::CreatePaymentRequest::order_number}) {
    auto bad = request;
    bad.*member = "4111 1111 1111 1111";
    const auto answer = create(bad);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason(), "PAN_NOT_ACCEPTED");
    EXPECT_EQ(answer.error().kind(), ErrorKind::invalid_argument);
  }
  EXPECT_EQ(count("payment"), "0");
  EXPECT_EQ(count("outbox"), "0");
}

TEST_F(CardPayment, AnAnswerWithAnotherAmountChangesNothingAndOpensACase) {
  provider.misbehave("confirm", Fault::wrong_amount);
  const auto request = a_payment("pm_card_visa");
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->payment.status, S::processing);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
}

TEST(StripeKeys, acceptance_commerce_3_9_13_ThatCannotBeMeantStopTheStart) {
  stripe::StripeOptions good{.enabled = true, .base_url = "https://api.stripe.com", .secret_key = "sk_live_51Habcdefgh", .webhook_secret = "whsec_abcdefgh"};
  EXPECT_TRUE(stripe::check_keys(good, true));
  for (const char* key : {"", "sk_live_", "sk_live_placeholder", "sk_test_51Habcdefgh", "sk_live_your_key_here", "changeme"}) {
    auto bad = good;
    bad.secret_key = key;
    EXPECT_EQ(stripe::check_keys(bad, true).error().reason(), "STRIPE_KEYS_INVALID") << key;
    bad.enabled = false;
    EXPECT_TRUE(stripe::check_keys(bad, true)) << "a provider that is off needs no keys";
  }
  auto bad = good;
  bad.webhook_secret = "secret";
  EXPECT_FALSE(stripe::check_keys(bad, true));
  EXPECT_FALSE(stripe::check_keys(good, false)) << "a live key in test mode";
  bad = good;
  bad.publishable_key = "pk_live_51Habcdefgh";
  EXPECT_TRUE(stripe::check_keys(bad, true));
  for (const char* key : {"pk_test_51Habcdefgh", "pk_live_", "sk_live_51Habcdefgh"}) {
    bad.publishable_key = key;
    EXPECT_FALSE(stripe::check_keys(bad, true)) << key;
  }
}

}  // namespace
}  // namespace emporion::payment
