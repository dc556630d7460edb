#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

/// Sagas as staff see and change them (commerce.md §1.4, §1.6).
struct SagaStaffTest : PlacementTest {
  CallContext staff() {
    CallContext out = guest();
    out.principal.realm = Realm::staff;
    out.principal.id = Uuid::from_name("ops");
    out.principal.permissions = {"checkout.saga.read", "checkout.saga.retry", "checkout.saga.compensate"};
    return out;
  }
  Uuid saga() { return Uuid::parse(value("SELECT id FROM saga ORDER BY created_at DESC LIMIT 1")).value(); }
  Result<v1::Saga> command(Task<Result<v1::Saga>> (v1::CheckoutApi::*operation)(CallContext, v1::SagaCommandRequest),
                           const std::string& reason = "the provider is back") {
    return run((api().*operation)(staff(), {.id = saga(), .reason = reason}));
  }
};

TEST_F(SagaStaffTest, TheLogOfASagaTellsEachTryWithItsKeyItsQuestionAndWhatWasLearned) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  faults.lose("order.create_order");
  const auto placed = confirm(buyer);
  ASSERT_TRUE(placed.has_value()) << placed.error().to_string();
  const auto shown = run(api().get_saga(staff(), {.id = saga()}));
  ASSERT_TRUE(shown.has_value()) << shown.error().to_string();
  EXPECT_EQ(shown->state, v1::SagaState::completed);
  EXPECT_EQ(shown->order_id, placed->order_id);
  ASSERT_EQ(shown->steps.size(), 9u);
  for (const auto& step : shown->steps) {
    EXPECT_EQ(step.direction, "fwd");
    EXPECT_EQ(step.state, "succeeded");
    EXPECT_EQ(step.idem_key, text(saga(), ":", step.step));
    EXPECT_EQ(step.request_sha256.value_or("").size(), 64u) << step.step;
    EXPECT_TRUE(step.finished_at && *step.finished_at >= step.started_at) << step.step;
  }
  EXPECT_NE(shown->steps[3].response->find("\"order_number\":\"EM-"), std::string::npos) << *shown->steps[3].response;
  EXPECT_NE(shown->steps[4].response->find("\"payment_status\":\"authorized\""), std::string::npos) << *shown->steps[4].response;
  v1::ListSagasRequest by_order;
  by_order.order_id = placed->order_id;
  EXPECT_EQ(run(api().list_sagas(staff(), by_order))->sagas.size(), 1u);
  by_order.state = v1::SagaState::stuck;
  EXPECT_EQ(run(api().list_sagas(staff(), by_order))->sagas.size(), 0u);
}

TEST_F(SagaStaffTest, AProvidersSecretIsNotShown) {
  ASSERT_TRUE(confirm(a_buyer("linh", card("pm_3ds"))).has_value());
  const auto shown = run(api().get_saga(staff(), {.id = saga()}));
  EXPECT_EQ(to_json(*shown).find("bank.test"), std::string::npos);
}

TEST_F(SagaStaffTest, AnUndoThatFailsForADayIsStuckUntilStaffLetItRunAgain) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  faults.refuse("payment.capture_payment", Error(ErrorKind::gone, "AUTHORIZATION_EXPIRED", ""));
  faults.down("payment.void_payment", 10'000);
  patience = seconds(1);
  (void)confirm(buyer);
  pass_until("stuck", seconds(1'800), 60);
  EXPECT_EQ(count("outbox WHERE topic = 'checkout.saga.stuck'"), "1");
  const int tries = faults.calls("payment.void_payment");
  pass(hours(2));
  EXPECT_EQ(run(api().get_saga(staff(), {.id = saga()}))->state, v1::SagaState::stuck);
  EXPECT_EQ(faults.calls("payment.void_payment"), tries) << "a stuck saga waits for people";
  faults.clear();
  const auto resumed = command(&v1::CheckoutApi::retry_saga);
  ASSERT_TRUE(resumed.has_value()) << resumed.error().to_string();
  EXPECT_EQ(value("SELECT error FROM saga_step WHERE state = 'note'"), text("retry by staff ", Uuid::from_name("ops"), ": the provider is back"));
  pass_until("failed", seconds(1));
  expect_nothing_left();
  const auto late = command(&v1::CheckoutApi::retry_saga);
  EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(late.error().reason(), "SAGA_TERMINAL");
}

TEST_F(SagaStaffTest, StaffUndoASagaBeforeItsPivotAndNoneBehindIt) {
  ASSERT_TRUE(confirm(a_buyer("linh", card("pm_3ds"))).has_value());
  EXPECT_EQ(command(&v1::CheckoutApi::compensate_saga, "").error().kind(), ErrorKind::invalid_argument) << "a reason is due";
  const auto undone = command(&v1::CheckoutApi::compensate_saga, "the buyer called");
  ASSERT_TRUE(undone.has_value()) << undone.error().to_string();
  pass_until("failed", seconds(1));
  expect_nothing_left();
  EXPECT_EQ(count(text("saga_step WHERE state = 'note' AND error LIKE '%", Uuid::from_name("ops"), ": the buyer called'")), "1");
  // One whose money is taken and whose order is not confirmed yet.
  const auto buyer = a_buyer("minh", card("pm_ok"));
  faults.down("order.confirm_order", 10'000);
  patience = seconds(1);
  (void)confirm(buyer);
  ASSERT_TRUE(testing::eventually(runtime(), [&] { return faults.calls("order.confirm_order") >= 3; }));
  const auto late = command(&v1::CheckoutApi::compensate_saga);
  EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(late.error().reason(), "PAST_PIVOT");
  faults.clear();
  pass_until("completed", seconds(60));
  expect_one_order();
}

}  // namespace
}  // namespace emporion::checkout
